import type { Codec } from '../../dialects/codec.ts';
import type { AnswerContext } from '../answer-sink.ts';
import { errorRecord, failureOfAnswer } from '../error-record.ts';
import { errorSink, type ErrorSink } from '../error-sink.ts';
import type { AnswerHeaders } from '../exchange.ts';
import { untold } from '../untold.ts';
import { retryHints } from './retry-hints.ts';

/** A provider's error in the agent's dialect: its words, the type and status that the agent knows, and the hints when to come again. */
export function convertedError(
  context: AnswerContext,
  codec: Pick<Codec, 'readError'>,
  status: number,
  headers: AnswerHeaders,
  intercept: (body: Buffer) => boolean,
): ErrorSink {
  return errorSink(context, status, headers, intercept, (body) => {
    const json = typeof body === 'string' ? undefined : errorRecord(body.toString());
    const error = codec.readError(status, json);
    return untold(context, error, {
      code: `upstream-${status}`,
      failure: failureOfAnswer(error, status, headers, json, context.now()),
      headers: retryHints(headers, json),
    });
  });
}
