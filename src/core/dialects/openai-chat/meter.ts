import { tokenCount, type Usage } from '../../ir/usage.ts';
import { pickMembers } from '../../wire/json-members.ts';
import type { SseEvent } from '../../wire/sse-event.ts';
import { withoutCached } from '../cached-input.ts';
import type { DialectQuirks, Metered, StreamMeter, StreamState } from '../dialect.ts';
import { asRecord, listAt, parseRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { failedBy } from '../stream-failure.ts';

export function streamMeter(quirks: DialectQuirks): StreamMeter {
  return new ChatMeter(quirks);
}

export function meterWhole(body: Uint8Array, quirks: DialectQuirks): Metered | undefined {
  const answer = pickMembers(body, ['usage', 'x_groq', 'model', 'service_tier']);
  const usage = readUsage(usageOf(answer), quirks);
  return usage && { usage: { ...usage, source: 'reported' }, model: textAt(answer, 'model'), tier: textAt(answer, 'service_tier') };
}

export function isAddedUsageEvent(event: SseEvent): boolean {
  const { data } = event;
  if (!hasValue(data, '"usage"')) return false;
  const chunk = parseRecord(data);
  const choices = chunk?.['choices'];
  return Array.isArray(choices) && choices.length === 0 && recordAt(chunk, 'usage') !== undefined;
}

class ChatMeter implements StreamMeter {
  readonly #quirks: DialectQuirks;
  #state: StreamState = { phase: 'open' };
  #usage: Counts | undefined;
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
    return { usage: { ...this.#usage, source: reported ? 'reported' : 'partial' }, model: this.#model, tier: this.#tier };
  }

  #read(chunk: JsonRecord): void {
    this.#model = textAt(chunk, 'model') ?? this.#model;
    this.#tier = textAt(chunk, 'service_tier') ?? this.#tier;
    const finishing = listAt(chunk, 'choices').some((choice) => textAt(asRecord(choice), 'finish_reason') !== undefined);
    const usage = readUsage(usageOf(chunk), this.#quirks);
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

type Counts = Omit<Usage, 'source'>;

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

/** Groq keeps it in a field of its own while it streams. */
function usageOf(chunk: JsonRecord | undefined): JsonRecord | undefined {
  return recordAt(chunk, 'usage') ?? recordAt(recordAt(chunk, 'x_groq'), 'usage');
}

/** One reading for streams and whole answers, and for every provider that speaks Chat. Undefined where nothing usable is said. */
function readUsage(usage: JsonRecord | undefined, quirks: DialectQuirks): Counts | undefined {
  if (usage === undefined) return undefined;
  const inDetails = recordAt(usage, 'prompt_tokens_details');
  const hit = tokenCount(usage['prompt_cache_hit_tokens']);
  const miss = tokenCount(usage['prompt_cache_miss_tokens']);
  const cacheRead =
    tokenCount(inDetails?.['cached_tokens']) ??
    hit ??
    tokenCount(usage['cached_tokens']) ??
    tokenCount(usage['cache_read_input_tokens']) ??
    0;
  const cacheWrite = tokenCount(inDetails?.['cache_write_tokens']) ?? tokenCount(usage['cache_creation_input_tokens']) ?? 0;
  const prompt =
    tokenCount(usage['prompt_tokens']) ?? (hit === undefined && miss === undefined ? undefined : (hit ?? 0) + (miss ?? 0));
  const output = outputOf(usage, prompt, quirks);
  if (prompt === undefined && output === undefined) return undefined;
  const buckets = withoutCached(prompt ?? 0, cacheRead, cacheWrite);
  return {
    input: buckets.input,
    cacheRead: buckets.cacheRead,
    // OpenAI has one kind of cache write; the price book keeps it under the short one.
    cacheWrite5m: buckets.cacheWrite,
    cacheWrite1h: 0,
    output: output ?? 0,
    reasoningWithinOutput: Math.min(reasoningOf(usage), output ?? 0),
    units: {},
  };
}

function reasoningOf(usage: JsonRecord): number {
  return tokenCount(recordAt(usage, 'completion_tokens_details')?.['reasoning_tokens']) ?? 0;
}

function outputOf(usage: JsonRecord, prompt: number | undefined, quirks: DialectQuirks): number | undefined {
  const completion = tokenCount(usage['completion_tokens']);
  const total = tokenCount(usage['total_tokens']);
  const reasoning = reasoningOf(usage);
  const rest = total === undefined || prompt === undefined || total < prompt ? undefined : total - prompt;
  if (completion === undefined) return rest;
  if (quirks.outputIsTotalMinusPrompt === true) return rest ?? completion + reasoning;
  // The same habit shows in the numbers where nobody told us: a part cannot be larger than its whole, and a sum proves it.
  if (reasoning > completion || (reasoning > 0 && rest === completion + reasoning)) return rest ?? completion + reasoning;
  return completion;
}
