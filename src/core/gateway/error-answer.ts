import { CODECS } from '../dialects/codecs.ts';
import { gatewayError } from '../ir/error.ts';
import { toldHints } from '../routing/failures/told-hints.ts';
import { redact } from '../wire/redact.ts';
import type { AnswerContext } from './answer-sink.ts';
import { errorRecord, failureOfAnswer } from './error-record.ts';
import { errorSink, type ErrorSink } from './error-sink.ts';
import type { AnswerHeaders } from './exchange.ts';
import { untold } from './untold.ts';

/** A provider's error passes as it came, status and hints included, because agents act on its words; but for the key, which some echo. */
export function errorAnswer(
  context: AnswerContext,
  status: number,
  headers: AnswerHeaders,
  intercept: (body: Buffer) => boolean,
): ErrorSink {
  const { answer, provider, secrets } = context;
  return errorSink(context, status, headers, intercept, (body) => {
    if (typeof body === 'string') {
      const what =
        body === 'too-large' ? 'far too long a text. Check its base URL.' : 'a text in an encoding that cannot be read. Try again.';
      return untold(context, gatewayError('upstream-broken', `"${provider}" answered with status ${status} and ${what}`));
    }
    const json = errorRecord(body.toString());
    const { 'content-length': _length, 'content-encoding': _encoding, ...rest } = headers;
    const failure = failureOfAnswer(CODECS[context.spoken.id].readError(status, json), status, headers, json, context.now());
    return {
      settled: 'error',
      status,
      billable: false,
      error: `upstream-${status}`,
      failure,
      tell() {
        const clean = redact(body, secrets);
        answer.begin(status, {
          ...rest,
          ...toldHints(failure, rest),
          ...context.ownHeaders(),
          'content-length': String(clean.length),
        });
        if (clean.length > 0) context.write(clean);
        answer.end();
      },
    };
  });
}
