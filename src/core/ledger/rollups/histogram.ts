/**
 * Times in buckets, so that those of many requests can be added up and still tell their percentiles. Milliseconds below ten have a bucket
 * each; above, each bucket is a fifth wider than the one before. Its value is the one that is equally far from both ends (9.1 %), so that
 * a percentile is within 10 % of the true one. Six decades in 84 buckets: the last holds everything from 100 minutes on.
 */
export type Histogram = number[];

const BUCKETS = 84;
const EXACT = 10;
const RATIO = 1.2;
/** The least whole milliseconds of each bucket; computed once, since logarithms would err at the edges. */
const FLOORS = Array.from({ length: BUCKETS }, (_, at) => (at < EXACT ? at : Math.ceil(EXACT * RATIO ** (at - EXACT))));

export function newHistogram(): Histogram {
  return new Array<number>(BUCKETS).fill(0);
}

export function addTime(histogram: Histogram, milliseconds: number): void {
  const bucket = bucketOf(milliseconds);
  histogram[bucket] = (histogram[bucket] ?? 0) + 1;
}

/** Milliseconds below or at which that share of the requests lies (nearest rank); undefined where there are none. */
export function percentile(histogram: Histogram, share: number): number | undefined {
  let total = 0;
  for (const count of histogram) total += count;
  if (total === 0) return undefined;
  const rank = Math.ceil(share * total);
  let below = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    below += histogram[bucket] ?? 0;
    if (below >= rank) return valueOf(bucket);
  }
  return undefined;
}

/** All times together, in milliseconds. */
export function sumOfTimes(histogram: Histogram): number {
  let sum = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const count = histogram[bucket] ?? 0;
    if (count > 0) sum += count * valueOf(bucket);
  }
  return sum;
}

/**
 * As it is kept: for each bucket that is not empty one character that is no digit, and behind it the count where it is not one: `9F3H`.
 * Texts that are joined are the histogram of all their requests, so that SQLite's group_concat can add up a thousand rows.
 */
export function histogramText(histogram: Histogram): string {
  let text = '';
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const count = histogram[bucket] ?? 0;
    if (count > 0) text += String.fromCharCode(codeOf(bucket)) + (count === 1 ? '' : String(count));
  }
  return text;
}

/** Adds what a text holds. */
export function addHistogramText(histogram: Histogram, text: string): void {
  let bucket = -1;
  let count = 0;
  for (let at = 0; at <= text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) {
      count = count * 10 + code - ZERO;
      continue;
    }
    if (bucket >= 0) histogram[bucket] = (histogram[bucket] ?? 0) + (count === 0 ? 1 : count);
    bucket = code < ZERO ? code - FIRST_CODE : code - FIRST_CODE - 10;
    count = 0;
  }
}

/** Of two texts one, each bucket once: what is joined again and again would grow without end. */
export function mergeHistogramTexts(a: string, b: string): string {
  if (a === '' || b === '') return a + b;
  const both = newHistogram();
  addHistogramText(both, a);
  addHistogramText(both, b);
  return histogramText(both);
}

/** Printable ASCII without the digits: 15 characters before them, 69 behind. */
const FIRST_CODE = 33;
const ZERO = 48;
const NINE = 57;

function codeOf(bucket: number): number {
  const code = FIRST_CODE + bucket;
  return code < ZERO ? code : code + 10;
}

function bucketOf(milliseconds: number): number {
  const whole = Math.max(0, Math.round(milliseconds));
  if (whole < EXACT) return whole;
  let bucket = Math.min(BUCKETS - 1, EXACT + Math.floor(Math.log(whole / EXACT) / Math.log(RATIO)));
  // The logarithm may be off by one at an edge.
  if (whole < (FLOORS[bucket] ?? 0)) bucket--;
  else if (bucket < BUCKETS - 1 && whole >= (FLOORS[bucket + 1] ?? 0)) bucket++;
  return bucket;
}

/** Between `low` and `high` the value with the same relative distance to both is their harmonic mean. */
function valueOf(bucket: number): number {
  if (bucket < EXACT) return bucket;
  const low = EXACT * RATIO ** (bucket - EXACT);
  return Math.round((2 * RATIO * low) / (1 + RATIO));
}
