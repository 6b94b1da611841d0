import { gatewayError } from '../ir/error.ts';
import { undoContentEncoding } from '../wire/content-encoding.ts';
import type { AnswerContext, AnswerSink } from './answer-sink.ts';
import type { AnswerHeaders } from './exchange.ts';
import { CLIENT_CLOSED, type Outcome } from './outcome.ts';
import { untold } from './untold.ts';

/** An error body is small; what is larger is somebody's web page. */
const MAX_ERROR_BYTES = 1024 * 1024;

/** `intercepted`: somebody else takes it from here. */
export type ErrorSink = AnswerSink & { readonly intercepted: boolean };

/** A provider's error in plain bytes, or why there are none. */
export type ErrorBody = Buffer | 'too-large' | 'unreadable';

/**
 * Collects a provider's error. A redirect is refused here: it would lead the agent and its token elsewhere.
 * `intercept` is called with the whole body before anything is sent; true when somebody else takes it from here.
 */
export function errorSink(
  context: AnswerContext,
  status: number,
  headers: AnswerHeaders,
  intercept: (body: Buffer) => boolean,
  tell: (body: ErrorBody) => Outcome,
): ErrorSink {
  const { provider } = context;
  const chunks: Buffer[] = [];
  let size = 0;
  let intercepted = false;

  const read = (): ErrorBody => {
    if (size > MAX_ERROR_BYTES) return 'too-large';
    const encoding = headers['content-encoding'];
    // Decoded, because a key cannot be found in what is compressed.
    const body = undoContentEncoding(Buffer.concat(chunks), encoding && String(encoding), MAX_ERROR_BYTES);
    return typeof body === 'string' ? 'unreadable' : Buffer.from(body.buffer, body.byteOffset, body.length);
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
      const body = read();
      if (typeof body !== 'string' && intercept(body)) {
        intercepted = true;
        return { settled: 'error', status, billable: false, error: `upstream-${status}` };
      }
      if (status >= 400) return tell(body);
      return untold(
        context,
        gatewayError(
          'upstream-broken',
          `"${provider}" answered with a redirect (${status}), which is never followed. Check its base URL.`,
        ),
      );
    },
    breakOff: ({ error, failure }) => untold(context, error, { failure }),
    gone: () => ({ settled: 'aborted', status: CLIENT_CLOSED, billable: false }),
  };
}
