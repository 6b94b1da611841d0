import type { Metered, StreamState } from '../dialects/dialect.ts';
import { asRecord, parseRecord } from '../dialects/read-json.ts';
import { failedBy } from '../dialects/stream-failure.ts';
import { refusal } from '../dialects/upstream-refusal.ts';
import { gatewayError } from '../ir/error.ts';
import { failureOfError } from '../routing/failures/failure-of.ts';
import { undoContentEncoding } from '../wire/content-encoding.ts';
import { pickMembers } from '../wire/json-members.ts';
import { KeyWatch } from '../wire/key-watch.ts';
import { redact } from '../wire/redact.ts';
import { SseScanner } from '../wire/sse-scanner.ts';
import type { AnswerContext, AnswerSink } from './answer-sink.ts';
import type { AnswerHeaders } from './exchange.ts';
import { isRefused, refusedContent } from './content-refusal.ts';
import { CLIENT_CLOSED, type Outcome } from './outcome.ts';
import { untold } from './untold.ts';
import { truncatedError } from './upstream-trouble.ts';

/** Beyond this an answer still passes, but is not kept for reading its usage: it is then estimated. */
const MAX_METERED_BYTES = 64 * 1024 * 1024;

/** Where a stream was asked for, JSON waits for its end up to here: an error is small. */
const MAX_HELD_BYTES = 1024 * 1024;
/**
 * Any JSON waits up to here, unless more is promised: it comes in one piece when the model has finished, so that costs no time, and until
 * then another attempt can answer.
 */
const MAX_WAITING_BYTES = 64 * 1024;

const OPEN_ARRAY = 0x5b;

/** What the bytes of an answer say once they are all there. `open`: they were cut. Undefined: they cannot be read. */
type Reading =
  | {
      readonly body: Uint8Array;
      readonly state: StreamState;
      /** Asked for when the answer is on its way: the agent does not wait for our sums. */
      readonly metered: () => Metered | undefined;
    }
  | undefined;

/**
 * An answer that came whole, or one whose bytes cannot be read on the way (a provider that compresses although it was asked not
 * to): chunks pass at once, usage is read at the end. Two kinds of JSON wait for their end: what is small, and what comes where a
 * stream was asked for. Either may be an error under status 200; an agent that reads events would take it for an empty answer.
 */
export function wholeAnswer(context: AnswerContext, status: number, headers: AnswerHeaders, askedForStream: boolean): AnswerSink {
  const { answer, dialect, quirks, provider } = context;
  const type = String(headers['content-type'] ?? '');
  const encoding = headers['content-encoding'] === undefined ? undefined : String(headers['content-encoding']);
  const chunks: Buffer[] = [];
  let size = 0;
  const mostHeld = askedForStream ? MAX_HELD_BYTES : MAX_WAITING_BYTES;
  const promised = Number(headers['content-length'] ?? Number.NaN);
  let holds = type.includes('json') && (askedForStream || !(promised > MAX_WAITING_BYTES));

  const refuse = (message: string): Outcome => untold(context, gatewayError('upstream-broken', message));

  if (type.includes('text/html')) {
    const refuseAsPage = () => refuse(`"${provider}" answered with a web page instead of an API answer. Check its base URL.`);
    return {
      data() {},
      end: refuseAsPage,
      breakOff: refuseAsPage,
      gone: () => ({ settled: 'aborted', status: CLIENT_CLOSED, billable: false }),
    };
  }

  const passHeld = (): void => {
    holds = false;
    answer.begin(status, { ...headers, ...context.ownHeaders() });
    const watch = new KeyWatch(context.secrets);
    context.write(watch.pass(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)));
    const rest = watch.rest();
    if (rest.length > 0) context.write(rest);
  };

  const passRedacted = (body: Uint8Array): void => {
    const clean = redact(body, context.secrets);
    const { 'content-encoding': _, ...rest } = headers;
    answer.begin(status, { ...rest, ...context.ownHeaders(), 'content-length': String(clean.length) });
    context.write(clean);
  };

  const read = (): Reading => {
    if (size > MAX_METERED_BYTES) return undefined;
    const all = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
    const body = undoContentEncoding(all, encoding, MAX_METERED_BYTES);
    if (body === 'unreadable') return undefined;
    if (body === 'corrupt') return { body: Buffer.alloc(0), metered: () => undefined, state: { phase: 'open' } };
    if (type.includes('text/event-stream')) {
      const meter = dialect.streamMeter(quirks);
      new SseScanner().push(body, (event) => meter.observe(event));
      return { body, metered: () => meter.total(), state: meter.state };
    }
    return { body, metered: () => dialect.meterWhole(body, quirks), state: stateOf(body, type) };
  };

  const isRefusedJson = (body: Uint8Array): boolean => {
    const json = type.includes('json') ? parseRecord(Buffer.from(body).toString()) : undefined;
    return json !== undefined && isRefused(dialect.id, json);
  };

  const failed = ({ body, metered }: NonNullable<Reading>, state: Extract<StreamState, { phase: 'failed' }>): Outcome => {
    const { status: meant, code, message } = state;
    const error = refusal({ status: meant, code, type: undefined, message });
    const known = { metered: metered(), billable: false, code: 'upstream-error' };
    if (!answer.begun && askedForStream) return untold(context, error, known);
    const outcome = { ...untold(context, error, known), status };
    const tell = (): void => {
      if (!answer.begun) passRedacted(body);
      answer.end();
    };
    if (!answer.begun) return { ...outcome, tell };
    tell();
    return { ...outcome, tell: undefined };
  };

  return {
    data(chunk) {
      size += chunk.length;
      const kept = size <= MAX_METERED_BYTES;
      if (kept) chunks.push(chunk);
      if (holds && size <= mostHeld && !(askedForStream && chunks[0]?.[0] === OPEN_ARRAY)) return;
      if (!answer.begun && kept) passHeld();
      else context.write(chunk);
    },
    end() {
      if (size === 0) return refuse(`"${provider}" answered with status ${status} and nothing else. Try again.`);
      const reading = read();
      if (reading?.state.phase === 'open') {
        const error = truncatedError(provider);
        const cut = { settled: 'truncated', metered: reading.metered(), billable: true } as const;
        if (!answer.begun) return untold(context, error, cut);
        answer.destroy();
        return { ...cut, status, error: error.code, failure: failureOfError(error, {}) };
      }
      if (reading?.state.phase === 'failed') return failed(reading, reading.state);
      if (!answer.begun && reading !== undefined && context.refusalMoves && isRefusedJson(reading.body))
        return refusedContent(context, reading.metered());
      if (!answer.begun) passHeld();
      answer.end();
      return { status, metered: reading?.metered(), billable: true, settled: 'done' };
    },
    breakOff({ error, failure, settled }) {
      const known = { settled: settled(size > 0), billable: true, failure };
      if (!answer.begun) return untold(context, error, known);
      answer.destroy();
      return { ...known, status, error: failure.code };
    },
    // The agent may hang up on the last promised byte, before the provider's end is seen here: that is a success.
    gone: () =>
      answer.begun && size === promised
        ? { settled: 'done', status, metered: read()?.metered(), billable: true }
        : { settled: 'aborted', status: answer.begun ? status : CLIENT_CLOSED, billable: true },
  };
}

/** JSON that does not end in a bracket was cut, however politely its connection was closed. */
function stateOf(body: Uint8Array, type: string): StreamState {
  if (!type.includes('json')) return { phase: 'finished' };
  const last = body[body.findLastIndex((byte) => byte > 0x20)];
  if (last !== 0x7d && last !== 0x5d) return { phase: 'open' };
  // Looking for the word first spares nearly every answer the scan.
  if (!Buffer.from(body.buffer, body.byteOffset, body.length).includes('"error"')) return { phase: 'finished' };
  const error = pickMembers(body, ['error'])?.['error'];
  const failed = asRecord(error) ?? (typeof error === 'string' && error !== '' ? error : undefined);
  return failed === undefined ? { phase: 'finished' } : failedBy(failed);
}
