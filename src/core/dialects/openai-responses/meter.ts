import { tokenCount, type Usage } from '../../ir/usage.ts';
import { pickMembers } from '../../wire/json-members.ts';
import type { SseEvent } from '../../wire/sse-event.ts';
import { withoutCached } from '../cached-input.ts';
import type { DialectQuirks, Metered, StreamMeter, StreamState } from '../dialect.ts';
import { parseRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { failedBy } from '../stream-failure.ts';

export function streamMeter(_quirks?: DialectQuirks): StreamMeter {
  return new ResponsesMeter();
}

export function meterWhole(body: Uint8Array, _quirks: DialectQuirks): Metered | undefined {
  const answer = pickMembers(body, ['usage', 'model', 'service_tier']);
  const usage = readUsage(recordAt(answer, 'usage'));
  return usage && { usage: { ...usage, source: 'reported' }, model: textAt(answer, 'model'), tier: textAt(answer, 'service_tier') };
}

export function isAddedUsageEvent(): boolean {
  return false;
}

/** Also remembers what an error event of ours must repeat: readers refuse a stream that changes its response id. */
export class ResponsesMeter implements StreamMeter {
  #state: StreamState = { phase: 'open' };
  #usage: Counts | undefined;
  #model: string | undefined;
  #tier: string | undefined;
  #responseId: string | undefined;
  #last: SseEvent | undefined;

  get state(): StreamState {
    return this.#state;
  }

  get responseId(): string | undefined {
    return this.#responseId;
  }

  get model(): string | undefined {
    return this.#model;
  }

  /** Read from the last event only when asked for: nearly every stream ends without it. */
  get nextSequenceNumber(): number {
    const last = this.#last && parseRecord(this.#last.data)?.['sequence_number'];
    return typeof last === 'number' && Number.isSafeInteger(last) ? last + 1 : 0;
  }

  observe(event: SseEvent): void {
    const name = event.name;
    if (name === '' && event.data === '') return;
    this.#last = event;
    if (this.#state.phase === 'finished') return;
    if (name !== '' && this.#responseId !== undefined && !isTerminal(name)) return;
    const message = parseRecord(event.data);
    if (message !== undefined) this.#read(name === '' ? textAt(message, 'type') : name, message);
  }

  total(): Metered | undefined {
    if (this.#usage === undefined) return undefined;
    const source = this.#state.phase === 'open' ? 'partial' : 'reported';
    return { usage: { ...this.#usage, source }, model: this.#model, tier: this.#tier };
  }

  #read(type: string | undefined, message: JsonRecord): void {
    const response = recordAt(message, 'response');
    this.#responseId ??= textAt(response, 'id');
    this.#model = textAt(response, 'model') ?? this.#model;
    // The first events repeat the tier that was asked for (`auto`), the last names the one that served.
    this.#tier = textAt(response, 'service_tier') ?? this.#tier;
    this.#usage = readUsage(recordAt(response, 'usage')) ?? this.#usage;
    if (type === 'response.completed' || type === 'response.incomplete') {
      if (this.#state.phase === 'open') this.#state = { phase: 'finished' };
    } else if (type === 'error') this.#fail(recordAt(message, 'error') ?? message);
    else if (type === 'response.failed') this.#fail(recordAt(response, 'error'));
  }

  #fail(error: JsonRecord | undefined): void {
    // OpenAI says it twice, as `error` and as `response.failed`.
    if (this.#state.phase === 'open') this.#state = failedBy(error);
  }
}

type Counts = Omit<Usage, 'source'>;

function isTerminal(name: string): boolean {
  return name === 'response.completed' || name === 'response.incomplete' || name === 'response.failed' || name === 'error';
}

/** One reading for streams and whole answers. Cached and cache-write tokens are inside the input, reasoning inside the output. */
function readUsage(usage: JsonRecord | undefined): Counts | undefined {
  const total = tokenCount(usage?.['input_tokens']);
  const output = tokenCount(usage?.['output_tokens']);
  if (total === undefined && output === undefined) return undefined;
  const details = recordAt(usage, 'input_tokens_details');
  const cacheRead = tokenCount(details?.['cached_tokens']) ?? 0;
  const buckets = withoutCached(total ?? 0, cacheRead, tokenCount(details?.['cache_write_tokens']) ?? 0);
  const reasoning = tokenCount(recordAt(usage, 'output_tokens_details')?.['reasoning_tokens']) ?? 0;
  return {
    input: buckets.input,
    cacheRead: buckets.cacheRead,
    cacheWrite5m: buckets.cacheWrite,
    cacheWrite1h: 0,
    output: output ?? 0,
    reasoningWithinOutput: Math.min(reasoning, output ?? 0),
    units: {},
  };
}
