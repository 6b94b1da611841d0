import { tokenCount, unitsOf, type Usage } from '../../ir/usage.ts';
import { withoutCached } from '../cached-input.ts';
import { mediaUnits, type MediaTokens } from '../media-units.ts';
import { asRecord, listAt, recordAt, textAt, type JsonRecord } from '../read-json.ts';

/** The counts as told so far; a later chunk replaces what it repeats. */
export interface Counts {
  readonly prompt?: number | undefined;
  readonly cached?: number | undefined;
  readonly toolUse?: number | undefined;
  readonly candidates?: number | undefined;
  readonly thoughts?: number | undefined;
  readonly audio: MediaTokens;
  readonly image: MediaTokens;
  /** A count was there and could not be believed. */
  readonly refused: boolean;
}

export function takeCounts(before: Counts | undefined, usage: JsonRecord | undefined): Counts | undefined {
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
    audio: media(usage, 'AUDIO', before?.audio),
    image: media(usage, 'IMAGE', before?.image),
    refused: refuses(usage, 'candidatesTokenCount', candidates) || refuses(usage, 'thoughtsTokenCount', thoughts),
  };
}

/** Zeros are left out by protobuf, so a missing count is none; but one that is no count is not. */
function refuses(usage: JsonRecord | undefined, name: string, count: number | undefined): boolean {
  const value = usage?.[name];
  return count === undefined && value !== undefined && value !== null;
}

function media(usage: JsonRecord | undefined, modality: string, before: MediaTokens | undefined): MediaTokens {
  return {
    sent: modalityCount(usage, 'promptTokensDetails', modality) ?? before?.sent,
    cached: modalityCount(usage, 'cacheTokensDetails', modality) ?? before?.cached,
    made: modalityCount(usage, 'candidatesTokensDetails', modality) ?? before?.made,
  };
}

function modalityCount(usage: JsonRecord | undefined, field: string, modality: string): number | undefined {
  const entry = listAt(usage, field)
    .map(asRecord)
    .find((detail) => textAt(detail, 'modality') === modality);
  return tokenCount(entry?.['tokenCount']);
}

/** What was searched for. Chunks of a stream repeat it, and so a query counts once. */
export function takeSearches(queries: Set<string>, chunk: JsonRecord): void {
  for (const candidate of listAt(chunk, 'candidates')) {
    const grounding = recordAt(asRecord(candidate), 'groundingMetadata');
    for (const query of listAt(grounding, 'webSearchQueries')) if (typeof query === 'string' && query !== '') queries.add(query);
  }
}

/**
 * Cached tokens are inside the prompt's, those of tool use beside it; thoughts are beside the candidates'. `final` is false for a stream
 * that broke off.
 */
export function usageOf(counts: Counts, searches: number, final: boolean): Usage {
  const { prompt = 0, cached = 0, toolUse = 0, candidates = 0, thoughts = 0, audio, image, refused } = counts;
  const { input, cacheRead } = withoutCached(prompt, cached, 0);
  const output = candidates + thoughts;
  return {
    input: input + toolUse,
    cacheRead,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    output,
    reasoningWithinOutput: thoughts,
    units: {
      ...mediaUnits({ input, cacheRead, output: candidates }, audio, image),
      ...unitsOf({ webSearches: searches, groundedPrompts: searches > 0 ? 1 : 0 }),
    },
    source: final && !refused && input + cacheRead > 0 ? 'reported' : 'partial',
  };
}

/** Vertex names it by traffic, such as ON_DEMAND_PRIORITY. */
export function tierOf(usage: JsonRecord | undefined): string | undefined {
  const traffic = textAt(usage, 'trafficType');
  if (traffic === undefined) return textAt(usage, 'serviceTier')?.toLowerCase();
  return traffic.startsWith('ON_DEMAND_') ? traffic.slice('ON_DEMAND_'.length).toLowerCase() : undefined;
}
