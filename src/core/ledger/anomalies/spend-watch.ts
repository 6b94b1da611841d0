import type { SpendAnomaly } from './anomaly.ts';
import { Minutes } from './minutes.ts';
import { Past } from './past.ts';

/** Two weeks of an agent that works seven hours a day. */
const QUARTERS = 400;
/** Before so many, nothing is usual. */
const LEAST_QUARTERS = 12;
/** One of its dearest: of fifty quarters one is dearer. Of fewer than fifty it is the dearest of all. */
const HIGH = 0.98;
const TIMES_HIGH = 4;
/** 20 cents a minute, for a quarter of an hour. Nothing below is worth a word. */
const LEAST_NANO = 3_000_000_000;
/** A few huge requests are no loop. */
const LEAST_REQUESTS = 5;

/**
 * What one agent spends: in the last quarter of an hour against its own quarters, of which only those count in which it spent anything.
 * Costs have heavy tails and come in bursts, so neither mean nor deviation says what is usual; a high percentile does, and needs no
 * more than the roll-ups hold. What spends very fast is over the limit long before the quarter is.
 */
export class SpendWatch {
  readonly #spent = new Minutes();
  readonly #requests = new Minutes();
  readonly #past = new Past(QUARTERS);
  #quarterNano = 0;
  #limit = Infinity;

  saw(costNano: number, now: number): void {
    this.#spent.add(costNano, now);
    this.#requests.add(costNano > 0 ? 1 : 0, now);
    this.#quarterNano += costNano;
  }

  /** A quarter of an hour is over. */
  closeQuarter(): void {
    this.learn(this.#quarterNano);
    this.#quarterNano = 0;
  }

  /** What was near the limit or beyond it enters the past as half of it: what lasts becomes usual by and by, a loop does not at once. */
  learn(quarterNano: number): void {
    if (quarterNano <= 0) return;
    this.#past.add(Math.min(quarterNano, this.#limit / 2));
    if (this.#past.size >= LEAST_QUARTERS) this.#limit = Math.max(LEAST_NANO, TIMES_HIGH * this.#past.quantile(HIGH));
  }

  isOver(): boolean {
    return this.#spent.total >= this.#limit && this.#requests.total >= LEAST_REQUESTS;
  }

  isCalm(): boolean {
    return this.#spent.total < this.#limit / 2;
  }

  describe(agent: string): SpendAnomaly {
    const { since, minutes, amount } = this.#spent.onset();
    return { kind: 'spend', agent, since, spentNano: amount, minutes, usualNano: this.#past.quantile(HIGH) };
  }
}
