import { gatewayError } from '../ir/error.ts';
import { undoContentEncoding } from '../wire/content-encoding.ts';
import { redact } from '../wire/redact.ts';
import { answerError } from './answer-error.ts';
import type { AnswerContext, AnswerSink } from './answer-sink.ts';
import type { AnswerHeaders } from './exchange.ts';
import { CLIENT_CLOSED, type Outcome } from './settle-once.ts';
import { upstreamError } from './upstream-trouble.ts';

/** An error body is small; what is larger is somebody's web page. */
export const MAX_ERROR_BYTES = 1024 * 1024;

/** `intercepted`: somebody else takes it from here. */
export type ErrorSink = AnswerSink & { readonly intercepted: boolean };

/**
 * A provider's error passes as it came, status and hints included, because agents act on its words. Two things may not pass:
 * the key, which some providers echo, and a redirect, which would lead the agent and its token elsewhere.
 */
export function errorAnswer(
  context: AnswerContext,
  status: number,
  headers: AnswerHeaders,
  /** Called with the whole body before it is sent; true when somebody else takes it from here. */
  intercept: (body: Buffer) => boolean,
): ErrorSink {
  const { answer, dialect, provider, secrets } = context;
  const chunks: Buffer[] = [];
  let size = 0;
  let intercepted = false;

  const refuse = (code: 'upstream-broken', message: string): Outcome => {
    const error = gatewayError(code, message);
    answerError(answer, dialect, error, context.ownHeaders());
    return { settled: 'error', status: error.status, billable: false, error: code };
  };

  return {
    get intercepted() {
      return intercepted;
    },
    data(chunk) {
      size += chunk.length;
      if (size <= MAX_ERROR_BYTES) chunks.push(chunk);
    },
    end() {
      const outcome: Outcome = { settled: 'error', status, billable: false, error: `upstream-${status}` };
      // Decoded, because a key cannot be found in what is compressed.
      const { 'content-length': _length, 'content-encoding': encoding, ...rest } = headers;
      const body = undoContentEncoding(
        Buffer.concat(chunks),
        encoding === undefined ? undefined : String(encoding),
        MAX_ERROR_BYTES,
      );
      if (typeof body !== 'string' && intercept(Buffer.from(body))) {
        intercepted = true;
        return outcome;
      }
      if (status < 400) {
        return refuse(
          'upstream-broken',
          `"${provider}" answered with a redirect (${status}), which is never followed. Check its base URL.`,
        );
      }
      if (size > MAX_ERROR_BYTES) {
        return refuse(
          'upstream-broken',
          `"${provider}" answered with status ${status} and far too long a text. Check its base URL.`,
        );
      }
      if (typeof body === 'string') {
        return refuse(
          'upstream-broken',
          `"${provider}" answered with status ${status} in an encoding that cannot be read. Try again.`,
        );
      }
      const clean = redact(body, secrets);
      answer.begin(status, { ...rest, ...context.ownHeaders(), 'content-length': String(clean.length) });
      if (clean.length > 0) context.write(clean);
      answer.end();
      return outcome;
    },
    fail(failure) {
      const error = upstreamError(failure, provider, context.host);
      answerError(answer, dialect, error, context.ownHeaders());
      return { settled: 'error', status: error.status, billable: false, error: error.code };
    },
    gone: () => ({ settled: 'aborted', status: CLIENT_CLOSED, billable: false }),
  };
}
