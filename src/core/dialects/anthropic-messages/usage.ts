import { tokenCount, type Usage } from '../../ir/usage.ts';
import type { DialectQuirks } from '../dialect.ts';
import { recordAt, textAt, type JsonRecord } from '../read-json.ts';

/** The counters as the provider has told them so far. Each is cumulative: a later one replaces an earlier one. */
export interface Counters {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** How the cache writes were split by lifetime when that was last said. */
  readonly split: { readonly short: number; readonly long: number } | undefined;
  readonly output: number;
  readonly thinking: number;
  readonly webSearches: number;
  /** The input still holds what was read from the cache or written to it (Kimi and Qwen, at the start of a stream). */
  readonly inputIncludesCache: boolean;
  readonly tier: string | undefined;
}

const NONE: Counters = {
  input: 0,
  cacheRead: 0,
  cacheWrite: 0,
  split: undefined,
  output: 0,
  thinking: 0,
  webSearches: 0,
  inputIncludesCache: false,
  tier: undefined,
};

/**
 * Takes a `usage` object over what was known. `atStart` is the one in `message_start`. The one reading for streams and whole
 * answers. Undefined while nothing usable has been said.
 */
export function takeUsage(
  before: Counters | undefined,
  usage: JsonRecord | undefined,
  atStart: boolean,
  quirks: DialectQuirks,
): Counters | undefined {
  const input = tokenCount(usage?.['input_tokens']);
  const cacheRead = tokenCount(usage?.['cache_read_input_tokens']);
  const output = tokenCount(usage?.['output_tokens']);
  const creation = recordAt(usage, 'cache_creation');
  const short = tokenCount(creation?.['ephemeral_5m_input_tokens']);
  const long = tokenCount(creation?.['ephemeral_1h_input_tokens']);
  const split = short === undefined && long === undefined ? undefined : { short: short ?? 0, long: long ?? 0 };
  const written = tokenCount(usage?.['cache_creation_input_tokens']);
  // Some leave the total out, or at 0, where they give the split.
  const cacheWrite = split === undefined ? written : Math.max(written ?? 0, split.short + split.long);
  if (input === undefined && cacheRead === undefined && cacheWrite === undefined && output === undefined) return before;

  const old = before ?? NONE;
  // No request has an empty input: translating proxies end their streams with zeros for what they do not know.
  const saysInput = (input ?? 0) + (cacheRead ?? 0) + (cacheWrite ?? 0) > 0;
  return {
    input: (saysInput ? input : undefined) ?? old.input,
    cacheRead: (saysInput ? cacheRead : undefined) ?? old.cacheRead,
    cacheWrite: (saysInput ? cacheWrite : undefined) ?? old.cacheWrite,
    split: split ?? old.split,
    output: output ?? old.output,
    thinking: tokenCount(recordAt(usage, 'output_tokens_details')?.['thinking_tokens']) ?? old.thinking,
    webSearches: tokenCount(recordAt(usage, 'server_tool_use')?.['web_search_requests']) ?? old.webSearches,
    inputIncludesCache:
      saysInput && input !== undefined ? atStart && quirks.startInputIncludesCache === true : old.inputIncludesCache,
    tier: (textAt(usage, 'speed') === 'fast' ? 'fast' : textAt(usage, 'service_tier')) ?? old.tier,
  };
}

export function usageOf(counters: Counters, source: Usage['source']): Usage {
  const { input, cacheRead, cacheWrite, output, inputIncludesCache } = counters;
  const cacheWrite1h = longWrites(counters);
  const cached = cacheRead + cacheWrite;
  return {
    input: inputIncludesCache && cached <= input ? input - cached : input,
    cacheRead,
    cacheWrite5m: cacheWrite - cacheWrite1h,
    cacheWrite1h,
    output,
    reasoningWithinOutput: Math.min(counters.thinking, output),
    units: counters.webSearches > 0 ? { webSearches: counters.webSearches } : {},
    source,
  };
}

/** The last total comes without a split, and is larger when server tools went round again: what was all long stays so. */
function longWrites({ cacheWrite, split }: Counters): number {
  if (split === undefined) return 0;
  return split.short === 0 && split.long > 0 ? cacheWrite : Math.min(split.long, cacheWrite);
}
