import type { DialectId } from '../ir/dialect.ts';
import { streamedTokens } from '../ledger/book-entry.ts';
import type { Timer, Timers } from '../ports.ts';

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
  readonly #timers: Timers;
  readonly #patience: Patience;
  readonly #dialect: DialectId;
  readonly #trip: (why: Impatience) => void;
  #silence: Timer;
  #output: Timer | undefined;
  #window: Timer | undefined;
  #windowBytes = 0;
  #paused = false;
  #pausedInWindow = false;
  #answered = false;
  #stopped = false;

  constructor(timers: Timers, patience: Patience, spoken: DialectId, stream: boolean, trip: (why: Impatience) => void) {
    this.#timers = timers;
    this.#patience = patience;
    this.#dialect = spoken;
    this.#trip = trip;
    this.#silence = timers.after(patience.firstByte, () => this.#impatient('first-byte-timeout'));
    const { firstOutput } = patience;
    if (stream && firstOutput !== undefined) this.#output = timers.after(firstOutput, () => this.#impatient('no-output'));
  }

  /** Bytes came; 0 for the status line. */
  heard(bytes: number): void {
    this.#windowBytes += bytes;
    if (this.#answered) return this.#silence.refresh();
    this.#answered = true;
    this.#awaitMore();
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
    this.#paused = false;
    if (!this.#stopped && this.#answered) this.#awaitMore();
  }

  stop(): void {
    this.#stopped = true;
    this.#silence.cancel();
    this.#output?.cancel();
    this.#window?.cancel();
  }

  #awaitMore(): void {
    this.#silence.cancel();
    this.#silence = this.#timers.after(this.#patience.idle, () => this.#impatient('idle-timeout'));
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
