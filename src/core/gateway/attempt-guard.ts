import type { DialectId } from '../ir/dialect.ts';
import { streamedTokens } from '../ledger/book-entry.ts';
import type { Clock, Timer, Timers } from '../ports.ts';

/** How long an attempt may take over what, in milliseconds. */
export interface Patience {
  readonly firstByte: number;
  readonly idle: number;
  /** Streams only; undefined: as long as the other two allow. */
  readonly firstOutput: number | undefined;
  readonly tokensPerSecond: number | undefined;
}

export type Impatience = 'first-byte-timeout' | 'idle-timeout' | 'no-output' | 'too-slow';

/** Long enough that a pause for thought between two paragraphs is none. */
const WINDOW_MS = 30_000;

/** Watches one attempt. Time in which the agent does not read counts for nobody. */
export class AttemptGuard {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #patience: Patience;
  readonly #dialect: DialectId;
  readonly #trip: (why: Impatience) => void;
  /** One for the whole attempt. It looks whether it is time, and else sleeps on: nothing is armed anew for each piece of an answer. */
  #silence: Timer;
  /** Monotonic milliseconds: of the last byte, or of the beginning. */
  #heardAt: number;
  #output: Timer | undefined;
  #window: Timer | undefined;
  #windowBytes = 0;
  #paused = false;
  #pausedInWindow = false;
  #answered = false;
  #stopped = false;

  constructor(
    clock: Clock,
    timers: Timers,
    patience: Patience,
    spoken: DialectId,
    stream: boolean,
    trip: (why: Impatience) => void,
  ) {
    this.#clock = clock;
    this.#heardAt = clock.monotonic();
    this.#timers = timers;
    this.#patience = patience;
    this.#dialect = spoken;
    this.#trip = trip;
    this.#silence = this.#sleep(Math.min(patience.firstByte, patience.idle));
    const { firstOutput } = patience;
    if (stream && firstOutput !== undefined) this.#output = timers.after(firstOutput, () => this.#impatient('no-output'));
  }

  /** Bytes came; 0 for the status line. */
  heard(bytes: number): void {
    this.#windowBytes += bytes;
    this.#answered = true;
    this.#heardAt = this.#clock.monotonic();
  }

  sawOutput(): void {
    this.#output?.cancel();
    const { tokensPerSecond } = this.#patience;
    if (tokensPerSecond === undefined || this.#stopped) return;
    this.#windowBytes = 0;
    this.#window = this.#timers.after(WINDOW_MS, () => this.#judge(tokensPerSecond));
  }

  paused(): void {
    this.#paused = true;
    this.#pausedInWindow = true;
    this.#silence.cancel();
  }

  resumed(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#stopped) return;
    this.#heardAt = this.#clock.monotonic();
    this.#silence = this.#sleep(this.#patience.idle);
  }

  stop(): void {
    this.#stopped = true;
    this.#silence.cancel();
    this.#output?.cancel();
    this.#window?.cancel();
  }

  #sleep(milliseconds: number): Timer {
    return this.#timers.after(milliseconds, () => this.#wake());
  }

  #wake(): void {
    const left = this.#heardAt + (this.#answered ? this.#patience.idle : this.#patience.firstByte) - this.#clock.monotonic();
    if (left <= 0) this.#impatient(this.#answered ? 'idle-timeout' : 'first-byte-timeout');
    else this.#silence = this.#sleep(Math.ceil(left));
  }

  #judge(tokensPerSecond: number): void {
    const tokens = streamedTokens(this.#windowBytes, this.#dialect);
    if (!this.#pausedInWindow && tokens < (tokensPerSecond * WINDOW_MS) / 1000) return this.#impatient('too-slow');
    this.#windowBytes = 0;
    this.#pausedInWindow = this.#paused;
    this.#window?.refresh();
  }

  #impatient(why: Impatience): void {
    if (this.#stopped) return;
    this.stop();
    this.#trip(why);
  }
}
