import type { Codec } from '../../dialects/codec.ts';
import { asRecord, listAt, parseRecord, type JsonRecord } from '../../dialects/read-json.ts';
import { gatewayError } from '../../ir/error.ts';
import { undoContentEncoding } from '../../wire/content-encoding.ts';
import { redactText } from '../../wire/redact.ts';
import { answerError } from '../answer-error.ts';
import type { AnswerContext } from '../answer-sink.ts';
import { MAX_ERROR_BYTES, type ErrorSink } from '../error-answer.ts';
import type { AnswerHeaders } from '../exchange.ts';
import { retryHints } from './retry-hints.ts';
import { CLIENT_CLOSED } from '../settle-once.ts';
import { upstreamError } from '../upstream-trouble.ts';

/** A provider's error in the agent's dialect: its words, the type and status that the agent knows, and the hints when to come again. */
export function convertedError(
  context: AnswerContext,
  codec: Pick<Codec, 'readError'>,
  status: number,
  headers: AnswerHeaders,
  intercept: (body: Buffer) => boolean,
): ErrorSink {
  const { answer, dialect, provider, host } = context;
  const chunks: Buffer[] = [];
  let size = 0;
  let intercepted = false;
  return {
    get intercepted() {
      return intercepted;
    },
    data(chunk) {
      size += chunk.length;
      if (size <= MAX_ERROR_BYTES) chunks.push(chunk);
    },
    end() {
      const encoding = headers['content-encoding'];
      const decoded = undoContentEncoding(Buffer.concat(chunks), encoding && String(encoding), MAX_ERROR_BYTES);
      const body = typeof decoded === 'string' ? Buffer.alloc(0) : Buffer.from(decoded);
      const outcome = { settled: 'error', billable: false, error: `upstream-${status}` } as const;
      if (intercept(body)) {
        intercepted = true;
        return { ...outcome, status };
      }
      if (status < 400) {
        const error = gatewayError(
          'upstream-broken',
          `"${provider}" answered with a redirect (${status}), which is never followed. Check its base URL.`,
        );
        answerError(answer, dialect, error, context.ownHeaders());
        return { ...outcome, status: error.status };
      }
      const json = errorRecord(body.toString());
      const error = codec.readError(status, json);
      const told = { ...error, message: redactText(error.message, context.secrets) };
      answerError(answer, dialect, told, { ...retryHints(headers, json), ...context.ownHeaders() });
      return { ...outcome, status: error.status };
    },
    fail(failure) {
      const error = upstreamError(failure, provider, host);
      answerError(answer, dialect, error, context.ownHeaders());
      return { settled: 'error', status: error.status, billable: false, error: error.code };
    },
    gone: () => ({ settled: 'aborted', status: CLIENT_CLOSED, billable: false }),
  };
}

/** Google puts its error into a list where a stream was asked for. */
function errorRecord(text: string): JsonRecord | undefined {
  return parseRecord(text) ?? asRecord(listAt(parseRecord(`{"list":${text || '[]'}}`), 'list')[0]);
}
