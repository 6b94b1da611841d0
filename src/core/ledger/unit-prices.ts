import { totalInput, type Usage } from '../ir/usage.ts';

/** What a calculation costs in nano-dollars; undefined where it cannot be priced. Slow: about 18 us in the price package. */
export type Calculate = (usage: Pick<Usage, Bucket>) => number | undefined;

type Bucket = 'input' | 'cacheRead' | 'cacheWrite5m' | 'cacheWrite1h' | 'output';

const BUCKETS: readonly Bucket[] = ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'output'];
const NOTHING = { input: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 0 } as const;
/** Enough that a price of a thousandth of a nano-dollar a token is seen, and below every known tier. */
const PROBE = 10_000;

/** Nano-dollars a token, by bucket, and for the request itself. They hold while the whole input is below `below` tokens. */
export interface UnitPrices {
  readonly request: number;
  readonly tokens: readonly number[];
  readonly below: number;
}

/**
 * Asks the price package once what a token of each bucket costs, so that a request is a sum of products (under 1 us). Undefined where
 * the package's prices are not that simple; then it is asked each time. `firstTier` is where the first higher price begins.
 */
export function probeUnitPrices(calculate: Calculate, firstTier: number): UnitPrices | undefined {
  if (firstTier <= PROBE) return undefined;
  const request = calculate(NOTHING);
  if (request === undefined) return undefined;
  const tokens: number[] = [];
  for (const bucket of BUCKETS) {
    const [once, twice] = [PROBE / 2, PROBE].map((count) => calculate({ ...NOTHING, [bucket]: count }));
    if (once === undefined || twice === undefined || twice - request !== 2 * (once - request)) return undefined;
    tokens.push((twice - request) / PROBE);
  }
  return { request, tokens, below: firstTier };
}

/** Nano-dollars for the request itself and for its tokens, not rounded; undefined where these prices do not hold. */
export function tokensByUnits(
  { request, tokens, below }: UnitPrices,
  usage: Usage,
): { readonly request: number; readonly tokens: number } | undefined {
  if (totalInput(usage) >= below) return undefined;
  let nano = 0;
  for (let at = 0; at < BUCKETS.length; at++) nano += (tokens[at] ?? 0) * usage[BUCKETS[at] ?? 'input'];
  return { request, tokens: nano };
}
