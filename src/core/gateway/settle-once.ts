import type { EarlierTry, Ledger, OpenedRequest, Served } from '../ledger/records.ts';
import type { RouteTrace } from '../ledger/route-trace.ts';
import type { Clock } from '../ports.ts';
import type { Outcome } from './outcome.ts';

/** How the request came to where it went. */
export interface Way {
  /** Undefined: nobody answered, or the agent did not wait for it. */
  readonly served?: Served;
  readonly earlier?: readonly EarlierTry[];
  readonly trace?: RouteTrace;
  readonly class?: string;
  readonly inputTokens?: number;
}

/** What is known of a request before it is known where it goes. */
export type Unserved = Omit<OpenedRequest, keyof Served | 'stream'>;

/**
 * The row of one request in the ledger: opened before the first provider is asked, settled once, however many ends are reported. What was
 * never opened is not booked.
 */
export class Settling {
  readonly #ledger: Ledger | undefined;
  readonly #clock: Clock;
  readonly #request: Unserved;
  readonly #startedAt: number;
  #firstByteMs: number | undefined;
  #opened = false;
  #outcome: Outcome | undefined;
  bytesOut = 0;
  attempts = 0;

  /** Without a ledger nothing is booked: counting tokens and listing models cost nothing. */
  constructor(ledger: Ledger | undefined, clock: Clock, request: Unserved, startedAt: number) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#request = request;
    this.#startedAt = startedAt;
  }

  get id(): string {
    return this.#request.id;
  }

  get elapsedMs(): number {
    return this.#clock.monotonic() - this.#startedAt;
  }

  /** Whether it is booked at all. */
  get booked(): boolean {
    return this.#ledger !== undefined;
  }

  get opened(): boolean {
    return this.#opened;
  }

  /** How it was settled; undefined until then. */
  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  /** Resolves when it is on disk that the request will be asked. Nothing the second time. */
  async open(served: Served, stream: boolean): Promise<void> {
    if (this.#opened) return;
    this.#opened = true;
    await this.#ledger?.open({ ...this.#request, ...served, stream });
  }

  /** Bytes went to the agent. */
  sawBytes(count: number): void {
    this.#firstByteMs ??= this.elapsedMs;
    this.bytesOut += count;
  }

  settle(outcome: Outcome, way: Way = {}): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    if (!this.#opened) return;
    this.#ledger?.settle({
      ...way,
      id: this.id,
      settled: outcome.settled,
      status: outcome.status,
      attempts: this.attempts,
      firstByteMs: this.#firstByteMs,
      totalMs: this.elapsedMs,
      bytesOut: this.bytesOut,
      usage: outcome.metered?.usage,
      tier: outcome.metered?.tier,
      ...(outcome.metered?.billedNano === undefined ? {} : { billedNano: outcome.metered.billedNano }),
      billable: outcome.billable,
      error: outcome.error,
    });
  }
}
