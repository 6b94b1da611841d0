import type { Metered } from '../dialects/dialect.ts';
import type { SettledAs } from '../ledger/records.ts';
import type { Failure } from '../routing/failures/failure.ts';

/** How an attempt ended, as the answering side saw it. */
export interface Outcome {
  readonly settled: SettledAs;
  /** The status the agent saw, or would see; 499 where it left before there was one. */
  readonly status: number;
  readonly metered?: Metered | undefined;
  /** True when the provider worked on the request, so that an unmetered one costs an estimate. */
  readonly billable: boolean;
  readonly error?: string | undefined;
  /** Set where the provider failed. */
  readonly failure?: Failure | undefined;
  /**
   * Set where the agent has heard nothing yet: another attempt may still answer it. Else this tells it, once, with what it has to know
   * about coming again.
   */
  readonly tell?: (() => void) | undefined;
}

/** The status booked for an agent that left before any was sent. Nothing is ever answered with it. */
export const CLIENT_CLOSED = 499;
