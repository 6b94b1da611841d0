/**
 * Tokens of one answer in disjoint buckets: every billed token is in exactly one, so cost is a plain sum.
 * `reasoningWithinOutput` is a note on `output`, not a bucket.
 */
export interface Usage {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly output: number;
  readonly reasoningWithinOutput: number;
  /** What is billed apart from plain text, by `UnitName`. Only what there was is in it. */
  readonly units: Readonly<Record<string, number>>;
  /** `reported`: the provider's final word. `partial`: its last word before the stream broke off. `estimated`: ours. */
  readonly source: 'reported' | 'partial' | 'estimated';
}

export const NO_USAGE: Usage = {
  input: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output: 0,
  reasoningWithinOutput: 0,
  units: {},
  source: 'estimated',
};

/**
 * Tokens of sound and pictures are notes on a bucket, as reasoning is on `output`: each is at most its bucket, and the rest of the bucket
 * is text. So every sum of buckets stays the provider's own total, and where sound has no price of its own it costs what text does.
 * `audioInput`, `imageInput` are within `input`; `audioCacheRead`, `imageCacheRead` within `cacheRead`; `audioOutput`, `imageOutput` within
 * `output`. The others are pieces: `webSearches` and `fileSearches` are calls that the provider made, `groundedPrompts` requests for which
 * it searched at all (older Gemini models bill these), `webFetches` pages read (no provider charges for them).
 */
export type UnitName =
  | 'audioInput'
  | 'imageInput'
  | 'audioCacheRead'
  | 'imageCacheRead'
  | 'audioOutput'
  | 'imageOutput'
  | 'webSearches'
  | 'fileSearches'
  | 'groundedPrompts'
  | 'webFetches';

/** Leaves out what there was none of. */
export function unitsOf(counts: Readonly<Partial<Record<UnitName, number | undefined>>>): Usage['units'] {
  const units: Record<string, number> = {};
  for (const [name, count] of Object.entries(counts)) if (count !== undefined && count > 0) units[name] = count;
  return units;
}

/** All tokens that went in. Prices rise at a threshold of this sum. */
export function totalInput({ input, cacheRead, cacheWrite5m, cacheWrite1h }: Usage): number {
  return input + cacheRead + cacheWrite5m + cacheWrite1h;
}

const TRUST: readonly Usage['source'][] = ['reported', 'partial', 'estimated'];

/** What two attempts used together; known no better than the worse of the two. */
export function plus(a: Usage, b: Usage): Usage {
  const units: Record<string, number> = { ...a.units };
  for (const [name, count] of Object.entries(b.units)) units[name] = (units[name] ?? 0) + count;
  return {
    input: a.input + b.input,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite5m: a.cacheWrite5m + b.cacheWrite5m,
    cacheWrite1h: a.cacheWrite1h + b.cacheWrite1h,
    output: a.output + b.output,
    reasoningWithinOutput: a.reasoningWithinOutput + b.reasoningWithinOutput,
    units,
    source: TRUST.indexOf(a.source) > TRUST.indexOf(b.source) ? a.source : b.source,
  };
}

/** Ten of the largest context windows: server tools go round several times in one request. */
const MOST_TOKENS = 100_000_000;

/** A token count as providers send it: absent, null, negative, NaN, fractional or absurd values are refused. */
export function tokenCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= MOST_TOKENS ? value : undefined;
}
