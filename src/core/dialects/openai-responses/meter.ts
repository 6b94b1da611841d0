import { asBuffer, pickMembers } from '../../wire/json-members.ts';
import type { SseEvent } from '../../wire/sse-event.ts';
import type { DialectQuirks, Metered, StreamMeter, StreamState } from '../dialect.ts';
import { parseRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { failedBy } from '../stream-failure.ts';
import { readUsage, tellsOfSearches, type ResponseUsage } from './usage.ts';

export function streamMeter(_quirks?: DialectQuirks): StreamMeter {
  return new ResponsesMeter();
}

export function meterWhole(body: Uint8Array, _quirks: DialectQuirks): Metered | undefined {
  const members = ['usage', 'model', 'service_tier', ...(tellsOfSearches(asBuffer(body)) ? ['output'] : [])];
  const answer = pickMembers(body, members);
  const read = readUsage(answer);
  return read && metered(read, true, textAt(answer, 'model'), textAt(answer, 'service_tier'));
}

function metered(
  { counts, whole, bill }: ResponseUsage,
  ended: boolean,
  model: string | undefined,
  tier: string | undefined,
): Metered {
  return { usage: { ...counts, source: ended && whole ? 'reported' : 'partial' }, model, tier, ...bill };
}

export function isAddedUsageEvent(): boolean {
  return false;
}

/** Also remembers what an error event of ours must repeat: readers refuse a stream that changes its response id. */
export class ResponsesMeter implements StreamMeter {
  #state: StreamState = { phase: 'open' };
  #usage: ResponseUsage | undefined;
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
    return this.#usage && metered(this.#usage, this.#state.phase !== 'open', this.#model, this.#tier);
  }

  #read(type: string | undefined, message: JsonRecord): void {
    const response = recordAt(message, 'response');
    this.#responseId ??= textAt(response, 'id');
    this.#model = textAt(response, 'model') ?? this.#model;
    // The first events repeat the tier that was asked for (`auto`), the last names the one that served.
    this.#tier = textAt(response, 'service_tier') ?? this.#tier;
    this.#usage = readUsage(response) ?? this.#usage;
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

function isTerminal(name: string): boolean {
  return name === 'response.completed' || name === 'response.incomplete' || name === 'response.failed' || name === 'error';
}
