import type { Metered } from '../dialects/dialect.ts';
import type { Ledger, SettledAs } from '../ledger/records.ts';
import type { Clock } from '../ports.ts';

/** How a request ended, as the answering side saw it. */
export interface Outcome {
  readonly settled: SettledAs;
  /** The status the agent saw; 499 where it left before there was one. */
  readonly status: number;
  readonly metered?: Metered | undefined;
  /** True when the provider worked on the request, so that an unmetered one costs an estimate. */
  readonly billable: boolean;
  readonly error?: string | undefined;
}

/** The status booked for an agent that left before any was sent. Nothing is ever answered with it. */
export const CLIENT_CLOSED = 499;

/** One open row of the ledger and the figures that its settlement needs. However many ends are reported, the first one counts. */
export class Settling {
  readonly #ledger: Ledger | undefined;
  readonly #clock: Clock;
  readonly #startedAt: number;
  #firstByteMs: number | undefined;
  #settled = false;
  bytesOut = 0;
  attempts = 0;
  readonly id: string;

  /** Without a ledger nothing is booked: counting tokens and listing models cost nothing. */
  constructor(ledger: Ledger | undefined, clock: Clock, id: string, startedAt: number) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.id = id;
    this.#startedAt = startedAt;
  }

  sawBytes(count: number): void {
    this.#firstByteMs ??= this.#clock.monotonic() - this.#startedAt;
    this.bytesOut += count;
  }

  settle(outcome: Outcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#ledger?.settle({
      id: this.id,
      settled: outcome.settled,
      status: outcome.status,
      attempts: this.attempts,
      firstByteMs: this.#firstByteMs,
      totalMs: this.#clock.monotonic() - this.#startedAt,
      bytesOut: this.bytesOut,
      usage: outcome.metered?.usage,
      tier: outcome.metered?.tier,
      billable: outcome.billable,
      error: outcome.error,
    });
  }
}
