import type { Clock, Timer, Timers } from '../../ports.ts';
import { FairQueue } from './fair-queue.ts';
import type { Limits, LimitRefusal, LimitUsage, Ticket, Waiting } from './limiter.ts';
import { TokenBucket } from './token-bucket.ts';

const SOONEST_TOLD_MS = 1000;
const LONGEST_TOLD_MS = 24 * 60 * 60_000;

/** A timer looks again at the latest after this time; Node fires at once what is longer than 24 days. */
const LONGEST_TIMER_MS = 60 * 60_000;

/** Weight of the latest duration: the last ten or so make up nearly all of the mean. */
const LATEST = 0.2;

interface Expected {
  readonly limit: LimitRefusal['limit'];
  readonly ms: number;
}

/** One scope with limits: who runs, who waits, and what of the rates is left. */
export class ScopeGate {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #running = new Set<Run>();
  readonly #queue = new FairQueue<Waiter>();
  #limits: Limits;
  #requests: TokenBucket | undefined;
  #tokens: TokenBucket | undefined;
  /** How long requests ran of late; undefined until the first has left. */
  #meanMs: number | undefined;
  /** Only while the first in the queue waits for a rate: a slot is announced by whoever leaves it. */
  #timer: Timer | undefined;

  constructor(clock: Clock, timers: Timers, limits: Limits) {
    this.#clock = clock;
    this.#timers = timers;
    this.#limits = limits;
    const now = clock.monotonic();
    this.#requests = resized(undefined, limits.requestsPerMinute, now);
    this.#tokens = resized(undefined, limits.tokensPerMinute, now);
  }

  enter(limits: Limits, flow: string, tokens: number): Ticket | LimitRefusal | Waiting {
    if (limits !== this.#limits) this.adopt(limits);
    const now = this.#clock.monotonic();
    if (this.#queue.size > 0) this.#letIn(now);
    // Nobody overtakes those who wait, not even with a request that would fit: a large one would wait for ever.
    if (this.#queue.size === 0 && this.#fits(tokens, now)) return this.#admit(tokens, now);
    const expected = this.#expected(flow, this.#queue.lengthOf(flow), tokens, now);
    const full = this.#queue.size >= limits.queue;
    if (expected.ms > limits.queueMs) return refusal(expected, full);
    if (full) {
      const giving = limits.queue > 0 ? this.#queue.givesWayTo(flow) : undefined;
      if (giving === undefined) return refusal(expected, true);
      this.#turnAway(giving, true, now);
    }
    const waiter = new Waiter(this, flow, tokens);
    waiter.deadline = this.#timers.after(limits.queueMs, () => this.expire(waiter));
    this.#queue.push(flow, waiter);
    this.#arm(now);
    return waiter;
  }

  couldEnter(tokens: number): boolean {
    return this.#queue.size === 0 && this.#fits(tokens, this.#clock.monotonic());
  }

  adopt(limits: Limits): void {
    const now = this.#clock.monotonic();
    this.#limits = limits;
    this.#requests = resized(this.#requests, limits.requestsPerMinute, now);
    this.#tokens = resized(this.#tokens, limits.tokensPerMinute, now);
    if (this.#queue.size > 0) this.#letIn(now);
  }

  /** Nothing would be lost by forgetting it, but a guess at how long requests run. */
  isIdle(): boolean {
    const now = this.#clock.monotonic();
    return (
      this.#running.size === 0 &&
      this.#queue.size === 0 &&
      (this.#requests?.isFull(now) ?? true) &&
      (this.#tokens?.isFull(now) ?? true)
    );
  }

  usage(): LimitUsage {
    const now = this.#clock.monotonic();
    return {
      requestsLeft: whole(this.#requests?.left(now)),
      tokensLeft: whole(this.#tokens?.left(now)),
      running: this.#running.size,
      waiting: this.#queue.size,
    };
  }

  left(run: Run, actualTokens: number | undefined): void {
    if (!this.#running.delete(run)) return;
    const now = this.#clock.monotonic();
    const ran = now - run.since;
    this.#meanMs = this.#meanMs === undefined ? ran : this.#meanMs + (ran - this.#meanMs) * LATEST;
    // What entered while there was no limit of tokens was not counted, so there is nothing to correct.
    if (run.counted !== undefined && actualTokens !== undefined && actualTokens >= 0 && actualTokens < Infinity) {
      this.#tokens?.take(actualTokens - run.counted, now);
    }
    if (this.#queue.size > 0) this.#letIn(now);
  }

  cancel(waiter: Waiter): void {
    if (waiter.outcome?.kind === 'entered') return waiter.outcome.leave(undefined);
    if (waiter.outcome !== undefined) return;
    const now = this.#clock.monotonic();
    this.#turnAway(waiter, false, now);
    // It may have been a large one that the others waited behind.
    this.#letIn(now);
  }

  expire(waiter: Waiter): void {
    const now = this.#clock.monotonic();
    // What it waits for may be there in this very moment, and the timer for that come second.
    this.#letIn(now);
    if (waiter.outcome !== undefined) return;
    this.#turnAway(waiter, false, now);
    this.#letIn(now);
  }

  #fits(tokens: number, now: number): boolean {
    const { concurrent } = this.#limits;
    return (
      (concurrent === undefined || this.#running.size < concurrent) &&
      (this.#requests === undefined || this.#requests.msUntil(1, 0, now) === 0) &&
      (this.#tokens === undefined || this.#tokens.msUntil(tokens, 0, now) === 0)
    );
  }

  #admit(tokens: number, now: number): Run {
    this.#requests?.take(1, now);
    this.#tokens?.take(tokens, now);
    const run = new Run(this, now, this.#tokens === undefined ? undefined : tokens);
    this.#running.add(run);
    return run;
  }

  #letIn(now: number): void {
    for (let first = this.#queue.peek(); first !== undefined && this.#fits(first.tokens, now); first = this.#queue.peek()) {
      this.#queue.take();
      first.settle(this.#admit(first.tokens, now));
    }
    this.#arm(now);
  }

  #arm(now: number): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const first = this.#queue.peek();
    if (first === undefined) return;
    const ms = Math.max(this.#requests?.msUntil(1, 0, now) ?? 0, this.#tokens?.msUntil(first.tokens, 0, now) ?? 0);
    // Rounded up, or the timer would come a fraction of a millisecond too early, and again.
    if (ms > 0)
      this.#timer = this.#timers.after(Math.min(Math.ceil(ms), LONGEST_TIMER_MS), () => this.#letIn(this.#clock.monotonic()));
  }

  #turnAway(waiter: Waiter, queueFull: boolean, now: number): void {
    const index = this.#queue.indexOf(waiter.flow, waiter);
    const expected = this.#expected(waiter.flow, index, waiter.tokens, now);
    this.#queue.remove(waiter.flow, waiter);
    waiter.settle(refusal(expected, queueFull));
  }

  /** When the one at this place of its flow gets in, if nobody comes in between. */
  #expected(flow: string, index: number, tokens: number, now: number): Expected {
    let ahead = 0;
    let tokensAhead = 0;
    this.#queue.visitAhead(flow, index, (waiter) => {
      ahead += 1;
      tokensAhead += waiter.tokens;
    });
    const forRequests = this.#requests?.msUntil(1, ahead, now) ?? 0;
    const forTokens = this.#tokens?.msUntil(tokens, tokensAhead, now) ?? 0;
    const forSlot = this.#msUntilSlot(ahead, now);
    if (forSlot >= forRequests && forSlot >= forTokens) return { limit: 'concurrent', ms: forSlot };
    return forTokens >= forRequests ? { limit: 'tokens', ms: forTokens } : { limit: 'requests', ms: forRequests };
  }

  /**
   * Requests of agents run from half a second (a title) to many minutes, so how long one has run says little about when it ends, except
   * that one which is far beyond the mean will not end soon. So each running one is taken to leave at a rate of one per mean, or
   * one per the time it has run where that is longer. Before the first has left nothing is known, and nothing speaks against waiting.
   */
  #msUntilSlot(ahead: number, now: number): number {
    const { concurrent } = this.#limits;
    if (concurrent === undefined) return 0;
    const leavesNeeded = ahead + 1 - (concurrent - this.#running.size);
    if (leavesNeeded <= 0) return 0;
    let leavesPerMs = 0;
    for (const { since } of this.#running) leavesPerMs += 1 / Math.max(this.#meanMs ?? 0, now - since, 1);
    return leavesNeeded / leavesPerMs;
  }
}

class Run implements Ticket {
  readonly kind = 'entered';
  readonly since: number;
  /** Tokens taken in advance; undefined where they are not limited. */
  readonly counted: number | undefined;
  readonly #gate: ScopeGate;

  constructor(gate: ScopeGate, since: number, counted: number | undefined) {
    this.#gate = gate;
    this.since = since;
    this.counted = counted;
  }

  leave(actualTokens: number | undefined): void {
    this.#gate.left(this, actualTokens);
  }
}

class Waiter implements Waiting {
  readonly kind = 'waiting';
  readonly flow: string;
  readonly tokens: number;
  readonly entered: Promise<Ticket | LimitRefusal>;
  outcome: Ticket | LimitRefusal | undefined;
  deadline: Timer | undefined;
  readonly #gate: ScopeGate;
  readonly #resolve: (outcome: Ticket | LimitRefusal) => void;

  constructor(gate: ScopeGate, flow: string, tokens: number) {
    this.#gate = gate;
    this.flow = flow;
    this.tokens = tokens;
    const { promise, resolve } = Promise.withResolvers<Ticket | LimitRefusal>();
    this.entered = promise;
    this.#resolve = resolve;
  }

  settle(outcome: Ticket | LimitRefusal): void {
    this.outcome = outcome;
    this.deadline?.cancel();
    this.#resolve(outcome);
  }

  cancel(): void {
    this.#gate.cancel(this);
  }
}

function resized(bucket: TokenBucket | undefined, perMinute: number | undefined, now: number): TokenBucket | undefined {
  if (perMinute === undefined) return undefined;
  if (bucket === undefined) return new TokenBucket(perMinute, now);
  bucket.resize(perMinute, now);
  return bucket;
}

function refusal({ limit, ms }: Expected, queueFull: boolean): LimitRefusal {
  return { kind: 'refused', limit, waitMs: Math.min(Math.max(Math.ceil(ms), SOONEST_TOLD_MS), LONGEST_TOLD_MS), queueFull };
}

function whole(left: number | undefined): number | undefined {
  // Fractions that ought to be nothing would otherwise show a full bucket with one missing.
  return left === undefined ? undefined : Math.floor(left + 1e-6);
}
