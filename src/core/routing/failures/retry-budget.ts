import type { Clock } from '../../ports.ts';

/** In fifths of a retry, so that what requests deposit stays whole. */
const RETRY = 5;
const DEPOSIT = 1;
const MOST = 10 * RETRY;
/** One retry in ten seconds. */
const TRICKLE_PER_MS = RETRY / 10_000;

/**
 * Keeps our own retries below about a fifth of the requests. A provider in trouble gets 6 to 33 requests for each failing call from the
 * agents alone; without a budget ours would multiply them just when it can bear them least. A few are saved for bad moments, and time
 * brings one now and then, so that a quiet gateway can always retry.
 */
export class RetryBudget {
  readonly #clock: Clock;
  #saved = MOST;
  #at: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#at = clock.monotonic();
  }

  /** An agent's request has come in: not each attempt at it. */
  request(): void {
    this.#save(DEPOSIT);
  }

  /** True where a retry may be made; it is spent then. */
  take(): boolean {
    this.#save(0);
    if (this.#saved < RETRY) return false;
    this.#saved -= RETRY;
    return true;
  }

  #save(deposit: number): void {
    const now = this.#clock.monotonic();
    this.#saved = Math.min(MOST, this.#saved + deposit + (now - this.#at) * TRICKLE_PER_MS);
    this.#at = now;
  }
}
