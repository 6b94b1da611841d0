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
  /** Things billed by the piece, by name: `webSearches`, `audioInput`, ... */
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

/** A token count as providers send it: absent, null, negative, NaN, fractional or absurd values are refused. */
export function tokenCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= 1_000_000_000 ? value : undefined;
}
