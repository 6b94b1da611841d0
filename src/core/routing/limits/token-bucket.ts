const MINUTE_MS = 60_000;

/** Far below one request or token: what adding up fractions leaves behind must keep nobody waiting. */
const CRUMB = 1e-6;

/**
 * One rate. Holds a minute's worth and refills evenly, so a minute sees at most twice the rate (a full bucket, and what flows in), and
 * the long run never more than the rate. Kept as what was spent and not as what is left: a change of the limit then needs no
 * translation, and the room that a higher one makes is there at once. Times are monotonic milliseconds.
 */
export class TokenBucket {
  #perMinute: number;
  /** Flows off evenly. More than `perMinute` is debt. */
  #spent = 0;
  #at: number;

  constructor(perMinute: number, now: number) {
    this.#perMinute = perMinute;
    this.#at = now;
  }

  resize(perMinute: number, now: number): void {
    this.#drain(now);
    // A thousand spent of a thousand would take a rate of ten 100 minutes to make good, for what was allowed when it was spent. So a
    // full minute stays a full minute. What fits into the lower limit is kept, or requests of an old and a new configuration that
    // take turns would wash it away.
    if (this.#spent > perMinute && perMinute < this.#perMinute) {
      this.#spent = Math.max(perMinute, (this.#spent * perMinute) / this.#perMinute);
    }
    this.#perMinute = perMinute;
  }

  /**
   * Milliseconds until so much can be taken after `ahead` has been; 0 for now. More than a whole minute's worth waits for a full
   * bucket, since it would never fit.
   */
  msUntil(amount: number, ahead: number, now: number): number {
    this.#drain(now);
    const over = this.#spent + ahead + Math.min(amount, this.#perMinute) - this.#perMinute;
    return over <= CRUMB ? 0 : (over * MINUTE_MS) / this.#perMinute;
  }

  /** Negative amounts are given back. More than is left makes debt. */
  take(amount: number, now: number): void {
    this.#drain(now);
    this.#spent = Math.max(0, this.#spent + amount);
  }

  /** Negative in debt. */
  left(now: number): number {
    this.#drain(now);
    return this.#perMinute - this.#spent;
  }

  isFull(now: number): boolean {
    this.#drain(now);
    return this.#spent <= CRUMB;
  }

  #drain(now: number): void {
    if (this.#spent > 0) this.#spent = Math.max(0, this.#spent - ((now - this.#at) * this.#perMinute) / MINUTE_MS);
    this.#at = now;
  }
}
