const HALF_LIFE_MS = 30_000;
const HALF_LIFE_SAMPLES = 8;
/** Share of the old value that one sample leaves, however soon it follows. */
const KEPT_PER_SAMPLE = 2 ** (-1 / HALF_LIFE_SAMPLES);
/** Then the place counts as unknown, so that one that was slow is tried again. */
const UNKNOWN_AFTER_MS = 5 * 60_000;

/** A failure is counted as a slow answer: how long it took is not known here, and a quick refusal is not a quick answer. */
const LEAST_PENALTY_MS = 5000;
const MOST_PENALTY_MS = 60_000;

/**
 * Time to the first output, in milliseconds, as a peak-sensitive exponentially weighted mean: a slow answer counts at once and in
 * full, fast ones bring it down by and by, half of the way in 8 answers or in 30 s, whichever is sooner. Without answers it falls
 * back to the plain mean, so that one stray slow answer does not keep everybody away. Times are monotonic.
 */
export class Latency {
  /** The plain mean; undefined while there were only failures. */
  #mean: number | undefined;
  /** Never below the mean. */
  #peak: number | undefined;
  #at = 0;

  observe(milliseconds: number, now: number): void {
    if (!(milliseconds >= 0 && milliseconds < Number.POSITIVE_INFINITY)) return;
    const before = this.read(now);
    if (before === undefined) {
      this.#mean = milliseconds;
      this.#peak = milliseconds;
    } else {
      const kept = Math.min(faded(now - this.#at), KEPT_PER_SAMPLE);
      this.#mean = this.#mean === undefined ? milliseconds : milliseconds + (this.#mean - milliseconds) * kept;
      this.#peak = Math.max(this.#mean, milliseconds >= before ? milliseconds : milliseconds + (before - milliseconds) * kept);
    }
    this.#at = now;
  }

  failed(now: number): void {
    const before = this.read(now);
    if (before === undefined) this.#mean = undefined;
    const penalty = Math.min(Math.max(LEAST_PENALTY_MS, 2 * (before ?? 0)), MOST_PENALTY_MS);
    this.#peak = Math.max(before ?? 0, penalty);
    this.#at = now;
  }

  read(now: number): number | undefined {
    const idle = now - this.#at;
    if (this.#peak === undefined || idle >= UNKNOWN_AFTER_MS) return undefined;
    return this.#mean === undefined ? this.#peak : this.#mean + (this.#peak - this.#mean) * faded(idle);
  }
}

function faded(idleMs: number): number {
  return 2 ** (-idleMs / HALF_LIFE_MS);
}
