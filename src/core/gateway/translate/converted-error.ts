import type { Codec } from '../../dialects/codec.ts';
import { asRecord, listAt, parseRecord, type JsonRecord } from '../../dialects/read-json.ts';
import { redactText } from '../../wire/redact.ts';
import { answerError } from '../answer-error.ts';
import type { AnswerContext } from '../answer-sink.ts';
import { errorSink, type ErrorSink } from '../error-sink.ts';
import type { AnswerHeaders } from '../exchange.ts';
import { retryHints } from './retry-hints.ts';

/** A provider's error in the agent's dialect: its words, the type and status that the agent knows, and the hints when to come again. */
export function convertedError(
  context: AnswerContext,
  codec: Pick<Codec, 'readError'>,
  status: number,
  headers: AnswerHeaders,
  intercept: (body: Buffer) => boolean,
): ErrorSink {
  const { answer, dialect, secrets } = context;
  return errorSink(context, status, headers, intercept, (body) => {
    const json = typeof body === 'string' ? undefined : errorRecord(body.toString());
    const error = codec.readError(status, json);
    const told = { ...error, message: redactText(error.message, secrets) };
    answerError(answer, dialect, told, { ...retryHints(headers, json), ...context.ownHeaders() });
    return { settled: 'error', status: error.status, billable: false, error: `upstream-${status}` };
  });
}

/** Google puts its error into a list where a stream was asked for. */
function errorRecord(text: string): JsonRecord | undefined {
  return parseRecord(text) ?? asRecord(listAt(parseRecord(`{"list":${text || '[]'}}`), 'list')[0]);
}
