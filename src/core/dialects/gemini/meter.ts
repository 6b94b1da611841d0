import { asBuffer, pickMembers } from '../../wire/json-members.ts';
import type { SseEvent } from '../../wire/sse-event.ts';
import type { DialectQuirks, Metered, StreamMeter, StreamState } from '../dialect.ts';
import { asRecord, listAt, parseRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { failedBy } from '../stream-failure.ts';
import { takeCounts, takeSearches, tierOf, usageOf, type Counts } from './usage.ts';

export function streamMeter(_quirks?: DialectQuirks): StreamMeter {
  return new GeminiMeter();
}

/** Without `alt=sse` a stream is one JSON array of chunks, and passes as a whole answer. */
export function meterWhole(body: Uint8Array, _quirks: DialectQuirks): Metered | undefined {
  // Candidates may hold pictures and are parsed only where they tell of searches.
  const searched = asBuffer(body).includes(GROUNDING);
  const answer = pickMembers(body, ['usageMetadata', 'modelVersion', ...(searched ? ['candidates'] : [])]);
  const meter = new GeminiMeter();
  for (const chunk of answer === undefined ? parseArray(body) : [answer]) meter.read(chunk);
  return meter.whole();
}

export function isAddedUsageEvent(): boolean {
  return false;
}

const GROUNDING = '"groundingMetadata"';

class GeminiMeter implements StreamMeter {
  #state: StreamState = { phase: 'open' };
  #counts: Counts | undefined;
  /** Counts that came with the finish reason, or after it. */
  #final = false;
  #model: string | undefined;
  #tier: string | undefined;
  #searches = new Set<string>();

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
    takeSearches(this.#searches, chunk);
    const counts = takeCounts(this.#counts, usage);
    if (counts === undefined || counts === this.#counts) return;
    this.#counts = counts;
    this.#final = this.#state.phase === 'finished';
  }

  total(): Metered | undefined {
    return this.#metered(this.#final);
  }

  /** What came in one piece has no last word to wait for. */
  whole(): Metered | undefined {
    return this.#metered(true);
  }

  #metered(final: boolean): Metered | undefined {
    if (this.#counts === undefined) return undefined;
    return { usage: usageOf(this.#counts, this.#searches.size, final), model: this.#model, tier: this.#tier };
  }
}

/** Nearly every chunk carries counts; those of a long function call only a traffic type. */
function canMatter(data: string): boolean {
  return (
    data.includes('TokenCount"') ||
    data.includes('"finishReason"') ||
    data.includes('"blockReason"') ||
    data.includes('"error"') ||
    data.includes(GROUNDING)
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

function parseArray(body: Uint8Array): readonly JsonRecord[] {
  const chunks = listAt(parseRecord(`{"chunks":${asBuffer(body).toString()}}`), 'chunks');
  return chunks.map(asRecord).filter((chunk) => chunk !== undefined);
}
