import { pickMembers } from '../../wire/json-members.ts';
import type { SseEvent } from '../../wire/sse-event.ts';
import type { DialectQuirks, Metered, StreamMeter, StreamState } from '../dialect.ts';
import { asRecord, listAt, parseRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { failedBy } from '../stream-failure.ts';
import { readUsage, usageIn, type ChatUsage } from './usage.ts';

export function streamMeter(quirks: DialectQuirks): StreamMeter {
  return new ChatMeter(quirks);
}

export function meterWhole(body: Uint8Array, quirks: DialectQuirks): Metered | undefined {
  const answer = pickMembers(body, ['usage', 'x_groq', 'model', 'service_tier']);
  const read = readUsage(usageIn(answer), quirks);
  return read && metered(read, 'reported', textAt(answer, 'model'), textAt(answer, 'service_tier'));
}

export function isAddedUsageEvent(event: SseEvent): boolean {
  const { data } = event;
  if (!hasValue(data, '"usage"')) return false;
  const chunk = parseRecord(data);
  // Some servers write a NaN among the counts. An agent that did not ask for them must not stumble over what is no JSON.
  if (chunk === undefined) return NO_CHOICES.test(data);
  const choices = chunk['choices'];
  return Array.isArray(choices) && choices.length === 0 && recordAt(chunk, 'usage') !== undefined;
}

const NO_CHOICES = /"choices":\s*\[\s*\]/;

function metered(
  { counts, whole, bill }: ChatUsage,
  source: 'reported' | 'partial',
  model: string | undefined,
  tier: string | undefined,
): Metered {
  return { usage: { ...counts, source: whole ? source : 'partial' }, model, tier, ...bill };
}

class ChatMeter implements StreamMeter {
  readonly #quirks: DialectQuirks;
  #state: StreamState = { phase: 'open' };
  #usage: ChatUsage | undefined;
  /** Usage seen with the last choice or after it; what came before may be an interim count. */
  #final = false;
  #model: string | undefined;
  #tier: string | undefined;

  constructor(quirks: DialectQuirks) {
    this.#quirks = quirks;
  }

  get state(): StreamState {
    return this.#state;
  }

  observe(event: SseEvent): void {
    const { data } = event;
    if (data === '' || this.#state.phase === 'failed') return;
    if (data.startsWith('[DONE]')) {
      this.#state = { phase: 'finished' };
      this.#final = true;
      return;
    }
    if (this.#model !== undefined && !canMatter(data)) return;
    const chunk = parseRecord(data);
    if (chunk !== undefined) this.#read(chunk);
  }

  total(): Metered | undefined {
    if (this.#usage === undefined) return undefined;
    const reported = this.#final && this.#state.phase === 'finished';
    return metered(this.#usage, reported ? 'reported' : 'partial', this.#model, this.#tier);
  }

  #read(chunk: JsonRecord): void {
    this.#model = textAt(chunk, 'model') ?? this.#model;
    this.#tier = textAt(chunk, 'service_tier') ?? this.#tier;
    const finishing = listAt(chunk, 'choices').some((choice) => textAt(asRecord(choice), 'finish_reason') !== undefined);
    const usage = readUsage(usageIn(chunk), this.#quirks);
    if (usage !== undefined) {
      this.#usage = usage;
      this.#final = finishing || this.#state.phase === 'finished';
    }
    // A finished answer is whole, and an error after it changes nothing; but OpenRouter finishes with "error" and says it beside.
    const error = this.#state.phase === 'open' ? errorOf(chunk) : undefined;
    if (error !== undefined) this.#state = failedBy(error);
    else if (finishing) this.#state = { phase: 'finished' };
  }
}

/** With `include_usage` every chunk says `"usage":null`, and most say `"finish_reason":null`: those are not worth parsing. */
function canMatter(data: string): boolean {
  return hasValue(data, '"usage"') || hasValue(data, '"finish_reason"') || data.includes('"error"');
}

/** Whether a key is followed by anything but null. Inside a JSON text its quotes would be escaped, so prose cannot match. */
function hasValue(data: string, key: string): boolean {
  for (let at = data.indexOf(key); at !== -1; at = data.indexOf(key, at)) {
    at += key.length;
    let value = at;
    while (data[value] === ':' || data[value] === ' ') value++;
    if (!data.startsWith('null', value)) return true;
  }
  return false;
}

function errorOf(chunk: JsonRecord): JsonRecord | string | undefined {
  // Older vLLM: the error is the chunk itself.
  if (chunk['object'] === 'error') return chunk;
  return recordAt(chunk, 'error') ?? textAt(chunk, 'error');
}
