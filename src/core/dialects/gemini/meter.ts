import { tokenCount, type Usage } from '../../ir/usage.ts';
import { pickMembers } from '../../wire/json-members.ts';
import type { SseEvent } from '../../wire/sse-event.ts';
import { withoutCached } from '../cached-input.ts';
import type { DialectQuirks, Metered, StreamMeter, StreamState } from '../dialect.ts';
import { asRecord, listAt, parseRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { failedBy } from '../stream-failure.ts';

export function streamMeter(_quirks?: DialectQuirks): StreamMeter {
  return new GeminiMeter();
}

/** Without `alt=sse` a stream is one JSON array of chunks, and passes as a whole answer. */
export function meterWhole(body: Uint8Array, _quirks: DialectQuirks): Metered | undefined {
  const answer = pickMembers(body, ['usageMetadata', 'modelVersion']);
  const meter = new GeminiMeter();
  for (const chunk of answer === undefined ? parseArray(body) : [answer]) meter.read(chunk);
  const metered = meter.total();
  return metered && { ...metered, usage: { ...metered.usage, source: 'reported' } };
}

export function isAddedUsageEvent(): boolean {
  return false;
}

/** The counts as told so far; a later chunk replaces what it repeats. */
interface Counts {
  readonly prompt?: number | undefined;
  readonly cached?: number | undefined;
  readonly toolUse?: number | undefined;
  readonly candidates?: number | undefined;
  readonly thoughts?: number | undefined;
}

class GeminiMeter implements StreamMeter {
  #state: StreamState = { phase: 'open' };
  #counts: Counts | undefined;
  /** Counts that came with the finish reason, or after it. */
  #final = false;
  #model: string | undefined;
  #tier: string | undefined;

  get state(): StreamState {
    return this.#state;
  }

  observe(event: SseEvent): void {
    if (this.#state.phase === 'failed' || !canMatter(event.data)) return;
    const chunk = parseRecord(event.data);
    if (chunk !== undefined) this.read(chunk);
  }

  read(chunk: JsonRecord): void {
    if (this.#state.phase === 'open') this.#state = stateAfter(chunk);
    this.#model = textAt(chunk, 'modelVersion') ?? this.#model;
    const usage = recordAt(chunk, 'usageMetadata');
    this.#tier = tierOf(usage) ?? this.#tier;
    const counts = takeCounts(this.#counts, usage);
    if (counts === undefined || counts === this.#counts) return;
    this.#counts = counts;
    this.#final = this.#state.phase === 'finished';
  }

  total(): Metered | undefined {
    if (this.#counts === undefined) return undefined;
    return { usage: usageOf(this.#counts, this.#final ? 'reported' : 'partial'), model: this.#model, tier: this.#tier };
  }
}

/** Nearly every chunk carries counts; those of a long function call only a traffic type. */
function canMatter(data: string): boolean {
  return (
    data.includes('TokenCount"') || data.includes('"finishReason"') || data.includes('"blockReason"') || data.includes('"error"')
  );
}

function stateAfter(chunk: JsonRecord): StreamState {
  const error = recordAt(chunk, 'error');
  if (error !== undefined) return failedBy(error);
  const finished =
    listAt(chunk, 'candidates').some((candidate) => isReason(textAt(asRecord(candidate), 'finishReason'))) ||
    isReason(textAt(recordAt(chunk, 'promptFeedback'), 'blockReason'));
  return finished ? { phase: 'finished' } : { phase: 'open' };
}

/** FINISH_REASON_UNSPECIFIED is the default of the enum, and says that there is none. */
function isReason(reason: string | undefined): boolean {
  return reason !== undefined && !reason.endsWith('_UNSPECIFIED');
}

function takeCounts(before: Counts | undefined, usage: JsonRecord | undefined): Counts | undefined {
  const prompt = tokenCount(usage?.['promptTokenCount']);
  const cached = tokenCount(usage?.['cachedContentTokenCount']);
  const toolUse = tokenCount(usage?.['toolUsePromptTokenCount']);
  const candidates = tokenCount(usage?.['candidatesTokenCount']);
  const thoughts = tokenCount(usage?.['thoughtsTokenCount']);
  if ((prompt ?? cached ?? toolUse ?? candidates ?? thoughts) === undefined) return before;
  return {
    prompt: prompt ?? before?.prompt,
    cached: cached ?? before?.cached,
    toolUse: toolUse ?? before?.toolUse,
    candidates: candidates ?? before?.candidates,
    thoughts: thoughts ?? before?.thoughts,
  };
}

/** Cached tokens are inside the prompt's, those of tool use beside it; thoughts are beside the candidates'. */
function usageOf(counts: Counts, source: Usage['source']): Usage {
  const { prompt = 0, cached = 0, toolUse = 0, candidates = 0, thoughts = 0 } = counts;
  const { input, cacheRead } = withoutCached(prompt, cached, 0);
  return {
    input: input + toolUse,
    cacheRead,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    output: candidates + thoughts,
    reasoningWithinOutput: thoughts,
    units: {},
    source,
  };
}

/** Vertex names it by traffic, such as ON_DEMAND_PRIORITY. */
function tierOf(usage: JsonRecord | undefined): string | undefined {
  const traffic = textAt(usage, 'trafficType');
  if (traffic === undefined) return textAt(usage, 'serviceTier')?.toLowerCase();
  return traffic.startsWith('ON_DEMAND_') ? traffic.slice('ON_DEMAND_'.length).toLowerCase() : undefined;
}

function parseArray(body: Uint8Array): readonly JsonRecord[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  const chunks = listAt(parseRecord(`{"chunks":${bytes.toString()}}`), 'chunks');
  return chunks.map(asRecord).filter((chunk) => chunk !== undefined);
}
