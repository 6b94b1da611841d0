import { outputLimitOf } from '../../dialects/model-traits.ts';
import { NO_USAGE, type Usage } from '../../ir/usage.ts';

/** What of a request decides what it can cost. */
export interface RequestSize {
  /** As `RequestFeatures.tokens` estimates it; 0 where the body could not be read. */
  readonly tokens: number;
  /** Of the body. */
  readonly bytes: number;
  /** The most tokens that the request allows for one answer; undefined where it says nothing, 0 where there is no output. */
  readonly outputLimit: number | undefined;
  /** How many answers it wants. */
  readonly answers?: number;
  /** The model that is asked. */
  readonly model: string;
}

/**
 * Estimates count four bytes for a token of text, and three is as low as prose, code and JSON go. Base64 and minified code in texts
 * go lower.
 */
const DENSER = 4 / 3;
const FEWEST_BYTES_PER_TOKEN = 3;

/** Models whose limit is not known are those of small vendors and of one's own; none of them puts out more by default. */
const UNKNOWN_OUTPUT_LIMIT = 65_536;

/**
 * What a request can cost at most, in nano-dollars, or undefined where the price is not known. `price` is asked for the target with its
 * overrides and its service tier.
 *
 * The bound of a budget rests on it: a budget is exceeded at most by what the requests that are under way at the same moment cost more
 * than this. Output cannot be more than the limit, which the provider keeps. Input can be, in what is denser than three bytes a token, or
 * is not in the body (a conversation that the provider stores, a picture at an address); so can what is billed by the piece
 * (searches), which no request limits.
 */
export function worstCase(size: RequestSize, price: (usage: Usage) => number | undefined): number | undefined {
  const input = Math.ceil(size.tokens > 0 ? size.tokens * DENSER : size.bytes / FEWEST_BYTES_PER_TOKEN);
  const modelLimit = outputLimitOf(size.model) ?? UNKNOWN_OUTPUT_LIMIT;
  const output = Math.ceil(Math.min(limitIn(size.outputLimit) ?? modelLimit, modelLimit) * Math.max(1, size.answers ?? 1));
  // Whether the provider will write its cache, and for how long, is not known; the dearest counts. Some books price no such writes.
  const plain = price({ ...NO_USAGE, input, output });
  if (plain === undefined) return undefined;
  const written = [price({ ...NO_USAGE, cacheWrite5m: input, output }), price({ ...NO_USAGE, cacheWrite1h: input, output })];
  return Math.max(plain, ...written.map((nano) => nano ?? 0));
}

/** Agents send what they like. A limit that makes no sense is none; the provider will say so. */
function limitIn(limit: number | undefined): number | undefined {
  return limit !== undefined && Number.isFinite(limit) && limit >= 0 ? limit : undefined;
}
