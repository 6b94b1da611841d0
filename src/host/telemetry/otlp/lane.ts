import type { Timer } from '../../../core/ports.ts';
import { post, type Posting, type Way } from './post.ts';
import type { Trouble } from './trouble.ts';

/** What goes to the collector in one request. Exactly one of the three is called. */
export interface Cargo {
  readonly body: Uint8Array;
  taken(reply: Uint8Array): void;
  /** It was not taken and may be loaded again. */
  back(): void;
  /** It will never be taken. */
  refused(): void;
}

export interface Depot {
  readonly path: '/v1/traces' | '/v1/metrics';
  /** How much the collector does not have yet. */
  readonly unsent: number;
  /** Milliseconds until something wants to be sent; undefined: nothing does. */
  dueIn(): number | undefined;
  /** Undefined: nothing to send. */
  load(): Promise<Cargo | undefined>;
}

const FIRST_BACK_OFF_MS = 1000;
const LONGEST_BACK_OFF_MS = 60_000;
/** A collector that asks for more is tried all the same. */
const LONGEST_WAIT_MS = 10 * 60_000;

/** Brings one kind of telemetry to the collector, one request at a time, and waits longer after each failure. */
export class Lane {
  readonly #way: Way;
  readonly #depot: Depot;
  readonly #trouble: Trouble;
  readonly #fraction: () => number;
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #notBefore = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #sending: Promise<void> | undefined;
  #posting: Posting | undefined;
  #closed = false;
  /** No time is left to send anything more. */
  #late = false;

  /** `fraction`: chance, in [0, 1), so that many gateways do not come at the same moment. */
  constructor(way: Way, depot: Depot, trouble: Trouble, fraction: () => number) {
    this.#way = way;
    this.#depot = depot;
    this.#trouble = trouble;
    this.#fraction = fraction;
  }

  /** Looks when the next request is due. To be called whenever the depot's wish may have become a sooner one. */
  wake(): void {
    const inMs = this.#depot.dueIn();
    if (inMs === undefined || this.#closed || this.#sending !== undefined) return;
    const { clock, timers } = this.#way;
    const now = clock.monotonic();
    const at = Math.max(now + inMs, this.#notBefore);
    if (at >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = timers.after(at - now, () => this.#run());
  }

  /** Sends what there is, as far as it is taken within that time. Nothing is sent afterwards. */
  async close(patienceMs: number): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    const cut = this.#way.timers.after(patienceMs, () => {
      this.#late = true;
      this.#posting?.end();
    });
    await this.#sending;
    while (!this.#late && this.#depot.unsent > 0 && (await this.#sendOne()));
    cut.cancel();
    this.#trouble.closed(this.#depot.unsent);
  }

  #run(): void {
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.#sending = this.#sendOne().then(() => {
      this.#sending = undefined;
      this.wake();
    });
  }

  /** True where something was taken. Never rejects. */
  async #sendOne(): Promise<boolean> {
    try {
      const cargo = await this.#depot.load();
      if (cargo === undefined) return false;
      this.#posting = post(this.#way, this.#depot.path, cargo.body);
      const posted = await this.#posting.outcome;
      if (posted.kind === 'taken') {
        this.#failures = 0;
        this.#trouble.taken();
        cargo.taken(posted.reply);
        return true;
      }
      this.#trouble.failed(posted.why);
      this.#waitAfterFailure(posted.kind === 'later' ? posted.waitMs : undefined);
      if (posted.kind === 'later') cargo.back();
      else cargo.refused();
    } catch {
      this.#trouble.failed('internal');
      this.#waitAfterFailure(undefined);
    } finally {
      this.#posting = undefined;
    }
    return false;
  }

  #waitAfterFailure(askedMs: number | undefined): void {
    const backOff = Math.min(FIRST_BACK_OFF_MS * 2 ** this.#failures, LONGEST_BACK_OFF_MS);
    this.#failures += 1;
    const waitMs = Math.min(askedMs ?? 0, LONGEST_WAIT_MS);
    this.#notBefore = this.#way.clock.monotonic() + Math.max(waitMs, backOff * (0.5 + this.#fraction() / 2));
  }
}
