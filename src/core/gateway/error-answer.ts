import { gatewayError } from '../ir/error.ts';
import { redact } from '../wire/redact.ts';
import type { AnswerContext } from './answer-sink.ts';
import { errorSink, refuseWith, type ErrorSink } from './error-sink.ts';
import type { AnswerHeaders } from './exchange.ts';

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
      return refuseWith(context, gatewayError('upstream-broken', `"${provider}" answered with status ${status} and ${what}`));
    }
    const { 'content-length': _length, 'content-encoding': _encoding, ...rest } = headers;
    const clean = redact(body, secrets);
    answer.begin(status, { ...rest, ...context.ownHeaders(), 'content-length': String(clean.length) });
    if (clean.length > 0) context.write(clean);
    answer.end();
    return { settled: 'error', status, billable: false, error: `upstream-${status}` };
  });
}
