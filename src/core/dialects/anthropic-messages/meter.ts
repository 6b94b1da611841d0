import { pickMembers } from '../../wire/json-members.ts';
import type { SseEvent } from '../../wire/sse-event.ts';
import type { Metered, StreamMeter, StreamState } from '../dialect.ts';
import { parseRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { failedBy } from '../stream-failure.ts';
import { meteredOf, takeUsage, type Counters } from './usage.ts';

export function streamMeter(): StreamMeter {
  return new MessagesMeter();
}

export function meterWhole(body: Uint8Array): Metered | undefined {
  const answer = pickMembers(body, ['usage', 'model']);
  const counters = takeUsage(undefined, recordAt(answer, 'usage'), false);
  return counters && meteredOf(counters, textAt(answer, 'model'), true);
}

export function isAddedUsageEvent(): boolean {
  return false;
}

class MessagesMeter implements StreamMeter {
  #state: StreamState = { phase: 'open' };
  #counters: Counters | undefined;
  #model: string | undefined;

  get state(): StreamState {
    return this.#state;
  }

  observe(event: SseEvent): void {
    if (this.#state.phase !== 'open') return;
    const name = event.name;
    if (name === '') this.#observeNameless(event.data);
    else if (name === 'message_stop') this.#state = { phase: 'finished' };
    else if (name === 'message_start' || name === 'message_delta' || name === 'error') this.#read(name, parseRecord(event.data));
  }

  total(): Metered | undefined {
    return this.#counters && meteredOf(this.#counters, this.#model, this.#state.phase === 'finished');
  }

  /** Servers that leave the `event:` line out are told by `type`. */
  #observeNameless(data: string): void {
    if (!data.includes('"message_') && !data.includes('"error"')) return;
    const message = parseRecord(data);
    const type = textAt(message, 'type');
    if (type === 'message_stop') this.#state = { phase: 'finished' };
    else if (type !== undefined) this.#read(type, message);
  }

  #read(type: string, message: JsonRecord | undefined): void {
    if (type === 'message_start') {
      const start = recordAt(message, 'message');
      this.#model = textAt(start, 'model') ?? this.#model;
      this.#counters = takeUsage(this.#counters, recordAt(start, 'usage'), true);
    } else if (type === 'message_delta') {
      this.#counters = takeUsage(this.#counters, recordAt(message, 'usage'), false);
    } else if (type === 'error') {
      this.#state = failedBy(recordAt(message, 'error') ?? message);
    }
  }
}
