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

/** A token count as providers send it: absent, null, negative, NaN, fractional or absurd values are refused. */
export function tokenCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= 1_000_000_000 ? value : undefined;
}
