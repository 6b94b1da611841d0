import { gatewayError } from '../ir/error.ts';
import { undoContentEncoding } from '../wire/content-encoding.ts';
import { SseScanner } from '../wire/sse-scanner.ts';
import type { Metered } from '../dialects/dialect.ts';
import { answerError } from './answer-error.ts';
import type { AnswerContext, AnswerSink } from './answer-sink.ts';
import type { AnswerHeaders } from './exchange.ts';
import { CLIENT_CLOSED } from './settle-once.ts';
import { settledAsOf } from './upstream-trouble.ts';

/** Beyond this an answer still passes, but is not kept for reading its usage: it is then estimated. */
const MAX_METERED_BYTES = 64 * 1024 * 1024;

/**
 * An answer that came whole, or one whose bytes cannot be read on the way (a provider that compresses although it was asked not
 * to): every chunk passes at once, usage is read at the end.
 */
export function wholeAnswer(context: AnswerContext, status: number, headers: AnswerHeaders): AnswerSink {
  const { answer, dialect, quirks, provider } = context;
  const type = String(headers['content-type'] ?? '');
  const encoding = headers['content-encoding'] === undefined ? undefined : String(headers['content-encoding']);
  const chunks: Buffer[] = [];
  let size = 0;

  if (type.includes('text/html')) return notAnApi(context);
  answer.begin(status, { ...headers, ...context.ownHeaders() });

  const metered = (): Metered | undefined => {
    if (size === 0 || size > MAX_METERED_BYTES) return undefined;
    const body = undoContentEncoding(Buffer.concat(chunks), encoding, MAX_METERED_BYTES);
    if (body === undefined) return undefined;
    if (!type.includes('text/event-stream')) return dialect.meterWhole(body, quirks);
    const meter = dialect.streamMeter(quirks);
    new SseScanner().push(body, (event) => meter.observe(event));
    return meter.total();
  };

  return {
    data(chunk) {
      size += chunk.length;
      if (size <= MAX_METERED_BYTES) chunks.push(chunk);
      context.write(chunk);
    },
    end() {
      answer.end();
      return { settled: 'done', status, metered: metered(), billable: true };
    },
    fail(failure) {
      answer.destroy();
      return { settled: settledAsOf(failure, true), status, billable: true, error: `upstream-${failure}` };
    },
    // The agent may hang up on the last promised byte, before the provider's end is seen here: that is a success.
    gone: () =>
      size === Number(headers['content-length'])
        ? { settled: 'done', status, metered: metered(), billable: true }
        : { settled: 'aborted', status, billable: true },
  };

  function notAnApi({ ownHeaders }: AnswerContext): AnswerSink {
    const error = gatewayError('upstream-broken', `"${provider}" answered with a web page instead of an API answer. Check its base URL.`);
    const refuse = () => {
      answerError(answer, dialect, error, ownHeaders());
      return { settled: 'error', status: error.status, billable: false, error: error.code } as const;
    };
    return { data() {}, end: refuse, fail: refuse, gone: () => ({ settled: 'aborted', status: CLIENT_CLOSED, billable: false }) };
  }
}
