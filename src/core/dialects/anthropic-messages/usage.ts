import { plus, tokenCount, unitsOf, type Usage } from '../../ir/usage.ts';
import type { Metered } from '../dialect.ts';
import { billOf } from '../provider-bill.ts';
import { asRecord, listAt, recordAt, textAt, type JsonRecord } from '../read-json.ts';

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
  readonly webFetches: number;
  /** The rounds in which the provider made the conversation shorter: billed, and not in the counters above. */
  readonly compaction: readonly JsonRecord[];
  /** The output was counted at the end. What `message_start` says of it is a token or two. */
  readonly outputCounted: boolean;
  readonly speed: string | undefined;
  /** `us` where the request ran in a region that costs more. */
  readonly region: string | undefined;
  readonly bill: { readonly billedNano?: number };
}

const NONE: Counters = {
  input: 0,
  cacheRead: 0,
  cacheWrite: 0,
  split: undefined,
  output: 0,
  thinking: 0,
  webSearches: 0,
  webFetches: 0,
  compaction: [],
  outputCounted: false,
  speed: undefined,
  region: undefined,
  bill: {},
};

/**
 * Takes a `usage` object over what was known. `atStart` is the one in `message_start`. The one reading for streams and whole
 * answers. Undefined while nothing usable has been said.
 *
 * Kimi and Qwen count cached tokens as input at the start, where they name none of them, and apart from it at the end: the end replaces
 * the start, so it needs no telling (bifrost #5510, PR #5355). Of one that broke off before, all of the input counts as new.
 */
export function takeUsage(before: Counters | undefined, usage: JsonRecord | undefined, atStart: boolean): Counters | undefined {
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
  const tools = recordAt(usage, 'server_tool_use');
  const rounds = listAt(usage, 'iterations').map(asRecord);
  const bill = billOf(usage);
  return {
    input: (saysInput ? input : undefined) ?? old.input,
    cacheRead: (saysInput ? cacheRead : undefined) ?? old.cacheRead,
    cacheWrite: (saysInput ? cacheWrite : undefined) ?? old.cacheWrite,
    split: split ?? old.split,
    output: output ?? old.output,
    thinking: tokenCount(recordAt(usage, 'output_tokens_details')?.['thinking_tokens']) ?? old.thinking,
    webSearches: tokenCount(tools?.['web_search_requests']) ?? old.webSearches,
    webFetches: tokenCount(tools?.['web_fetch_requests']) ?? old.webFetches,
    compaction: rounds.length === 0 ? old.compaction : rounds.filter((round) => round !== undefined).filter(isCompaction),
    outputCounted: old.outputCounted || (!atStart && output !== undefined),
    speed: (textAt(usage, 'speed') === 'fast' ? 'fast' : textAt(usage, 'service_tier')) ?? old.speed,
    region: textAt(usage, 'inference_geo') ?? old.region,
    bill: bill.billedNano === undefined ? old.bill : bill,
  };
}

function isCompaction(round: JsonRecord): boolean {
  return round['type'] === 'compaction';
}

/** What the counters amount to. `ended` is false for a stream that broke off, whose counts are its last word and not the whole. */
export function meteredOf(counters: Counters, model: string | undefined, ended: boolean): Metered {
  const { speed, region, bill } = counters;
  const usage = usageOf(counters, 'reported');
  const whole = ended && counters.outputCounted && counters.input + counters.cacheRead + counters.cacheWrite > 0;
  const tier = region === 'us' ? `${speed ?? 'standard'}+us` : speed;
  return { usage: whole ? usage : { ...usage, source: 'partial' }, model, tier, ...bill };
}

function usageOf(counters: Counters, source: Usage['source']): Usage {
  const { input, cacheRead, cacheWrite, output, webSearches, webFetches } = counters;
  const cacheWrite1h = longWrites(counters);
  const usage: Usage = {
    input,
    cacheRead,
    cacheWrite5m: cacheWrite - cacheWrite1h,
    cacheWrite1h,
    output,
    reasoningWithinOutput: Math.min(counters.thinking, output),
    units: unitsOf({ webSearches, webFetches }),
    source,
  };
  return counters.compaction.reduce(withRound, usage);
}

/** A round of compaction has its own counters, which the totals leave out (Anthropic, "Compaction": sum over the iterations). */
function withRound(usage: Usage, round: JsonRecord): Usage {
  const counters = takeUsage(undefined, round, false);
  return counters === undefined ? usage : plus(usage, usageOf(counters, usage.source));
}

/** The last total comes without a split, and is larger when server tools went round again: what was all long stays so. */
function longWrites({ cacheWrite, split }: Counters): number {
  if (split === undefined) return 0;
  return split.short === 0 && split.long > 0 ? cacheWrite : Math.min(split.long, cacheWrite);
}
