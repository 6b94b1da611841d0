import type { Timer, Timers } from '../ports.ts';
import type { Exchange } from './exchange.ts';

/** What can end a request at any moment: its agent goes away, its time is over, or somebody stops it. */
export type Interruption = 'gone' | 'deadline' | 'cancelled';

/** Tells whatever is going on (the queue, an attempt, a pause between two) at once that the request is over. */
export class RequestLife {
  readonly #deadline: Timer;
  readonly #timers: Timers;
  #listener: ((why: Interruption) => void) | undefined;
  #over: Interruption | undefined;

  constructor(exchange: Pick<Exchange, 'onGone'>, timers: Timers, totalMs: number) {
    this.#timers = timers;
    this.#deadline = timers.after(totalMs, () => this.#interrupt('deadline'));
    exchange.onGone(() => this.#interrupt('gone'));
  }

  get over(): Interruption | undefined {
    return this.#over;
  }

  /** One thing goes on at a time: a later listener replaces the former. Must not be called when it is over. */
  during(listener: (why: Interruption) => void): void {
    this.#listener = listener;
  }

  /** Resolves with why it was cut short; undefined after the whole time. */
  pause(milliseconds: number): Promise<Interruption | undefined> {
    if (this.#over !== undefined) return Promise.resolve(this.#over);
    return new Promise((resolve) => {
      const timer = this.#timers.after(milliseconds, () => resolve(undefined));
      this.during((why) => {
        timer.cancel();
        resolve(why);
      });
    });
  }

  /** Somebody stops it. The agent is there and is told. */
  cancel(): void {
    this.#interrupt('cancelled');
  }

  /** The request has been settled. */
  end(): void {
    this.#deadline.cancel();
    this.#listener = undefined;
  }

  #interrupt(why: Interruption): void {
    if (this.#over !== undefined) return;
    this.#over = why;
    this.#listener?.(why);
  }
}
