import type { Clock, Timer, Timers } from '../../ports.ts';
import { TokenBucket } from './token-bucket.ts';

/** What an honest client with an old token may fail in a minute and still be told in full why. */
const TOLD_PER_MINUTE = 60;
const SUM_MS = 60_000;
/** A single request is nothing to speak of: something on this machine looked who is there. */
const WORTH_A_WORD = 3;

export interface Refusal {
  /** Too many have failed of late: say less, cheaply. */
  readonly slowed: boolean;
}

interface Hearers {
  /** Requests that were refused since it was called last: the first at once, then what a minute brings. */
  readonly sum: (requests: number) => void;
  /** Once for each burst, when it is more than a stray request. A burst is over after a minute without any. */
  readonly burst: () => void;
}

/**
 * Requests that were refused for their token. All come from loopback, so there is one bucket for all; it is asked only after a token was
 * found to be wrong, and nobody with a good one ever waits for it.
 */
export class RefusedTokens {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #hearers: Hearers;
  readonly #bucket: TokenBucket;
  #timer: Timer | undefined;
  #unsaid = 0;
  #inBurst = 0;

  constructor(clock: Clock, timers: Timers, hearers: Hearers) {
    this.#clock = clock;
    this.#timers = timers;
    this.#hearers = hearers;
    this.#bucket = new TokenBucket(TOLD_PER_MINUTE, clock.monotonic());
  }

  refused(): Refusal {
    const now = this.#clock.monotonic();
    const slowed = this.#bucket.msUntil(1, 0, now) > 0;
    if (!slowed) this.#bucket.take(1, now);
    this.#unsaid++;
    if (++this.#inBurst === WORTH_A_WORD) this.#hearers.burst();
    if (this.#timer === undefined) this.#say();
    return { slowed };
  }

  /** What is left is told. */
  close(): void {
    this.#timer?.cancel();
    if (this.#unsaid > 0) this.#hearers.sum(this.#unsaid);
    this.#unsaid = 0;
  }

  #say(): void {
    this.#hearers.sum(this.#unsaid);
    this.#unsaid = 0;
    this.#timer = this.#timers.after(SUM_MS, () => this.#minutePassed());
  }

  #minutePassed(): void {
    if (this.#unsaid > 0) return this.#say();
    this.#timer = undefined;
    this.#inBurst = 0;
  }
}
