import type { Clock, Timers } from '../../ports.ts';
import { ScopeGate } from './scope-gate.ts';

export interface Limits {
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
  readonly concurrent?: number | undefined;
  /** The most that may wait; 0: nobody. */
  readonly queue: number;
  /** The longest that anybody waits, in milliseconds. */
  readonly queueMs: number;
}

/** What is limited together: an agent, or a key. */
export interface Scope {
  /** `agent/claude-code`, `key/anthropic/work`. */
  readonly name: string;
  readonly limits: Limits;
}

/** Somebody is in, and has to leave. */
export interface Ticket {
  readonly kind: 'entered';
  /**
   * Frees the place and corrects the count to what was really used; undefined: the estimate stands. Only the first call counts, so that
   * every way a request can end may call it.
   */
  leave(actualTokens: number | undefined): void;
}

export interface LimitRefusal {
  readonly kind: 'refused';
  /** The one that would have taken longest. */
  readonly limit: 'requests' | 'tokens' | 'concurrent';
  /** When it is worth coming again: milliseconds, at least 1000, at most a day. Exact for rates, an estimate for concurrency. */
  readonly waitMs: number;
  /** The queue had no room; else the wait would have been, or was, longer than `queueMs`. */
  readonly queueFull: boolean;
}

export interface Waiting {
  readonly kind: 'waiting';
  readonly entered: Promise<Ticket | LimitRefusal>;
  /**
   * The agent went away: its place in the queue is free at once. `entered` then resolves with a refusal, so that whoever awaits it comes
   * to its end. Where a ticket was granted a moment before, that ticket is left, with its estimate: no slot leaks between the two. So it
   * is for those who wait, and does nothing but `leave` for those who are in.
   */
  cancel(): void;
}

/** How a scope stands, for people. */
export interface LimitUsage {
  /** Whole requests and tokens left this minute, negative in debt. Undefined: no such limit, or unused for so long that all is left. */
  readonly requestsLeft: number | undefined;
  readonly tokensLeft: number | undefined;
  readonly running: number;
  readonly waiting: number;
}

/** Not counted at all: what entered a scope before it had limits is not counted when it gets some. */
const UNLIMITED: Ticket = { kind: 'entered', leave: () => undefined };

const UNUSED: LimitUsage = { requestsLeft: undefined, tokensLeft: undefined, running: 0, waiting: 0 };

/** Scopes that are kept before the first look for those that need not be. */
const FEW_SCOPES = 64;

/**
 * Limits of agents and keys: requests and tokens per minute, and how many run at once, with a bounded and fair queue. On the path of
 * every request: 0.2 microseconds to enter and leave with all three limits, 0.01 without any, 0.9 to be refused or to wait and go away
 * again behind 64 who wait (Node 24, two cores).
 *
 * Limits come with each call, since the configuration may have changed meanwhile. The latest that were shown hold for the whole scope,
 * also for those who wait in it; only how long a waiter waits is fixed when it comes.
 */
export class Limiter {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #gates = new Map<string, ScopeGate>();
  #sweepAt = FEW_SCOPES;

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock;
    this.#timers = timers;
  }

  /**
   * `flow`: who shares the scope and takes turns with others: a session of an agent, an agent of a key. `tokens`: the estimate; what is
   * no positive number counts as none.
   */
  enter({ name, limits }: Scope, flow: string, tokens: number): Ticket | LimitRefusal | Waiting {
    let gate = this.#gates.get(name);
    if (isUnlimited(limits)) {
      // Limits were taken away while somebody waited for them.
      gate?.adopt(limits);
      return UNLIMITED;
    }
    gate ??= this.#open(name, limits);
    return gate.enter(limits, flow, tokens > 0 && tokens < Infinity ? tokens : 0);
  }

  /** Without waiting, and without any effect: a change of limits counts from the next `enter`. */
  couldEnter({ name, limits }: Scope, tokens: number): boolean {
    return isUnlimited(limits) || (this.#gates.get(name)?.couldEnter(tokens > 0 && tokens < Infinity ? tokens : 0) ?? true);
  }

  usage(name: string): LimitUsage {
    const gate = this.#gates.get(name);
    return gate === undefined || gate.isIdle() ? UNUSED : gate.usage();
  }

  #open(name: string, limits: Limits): ScopeGate {
    // Memory stays within twice the scopes that were used in the last minute or so, without a timer, and each look is paid for by as
    // many new scopes as it looks at.
    if (this.#gates.size >= this.#sweepAt) {
      for (const [idle, gate] of this.#gates) if (gate.isIdle()) this.#gates.delete(idle);
      this.#sweepAt = Math.max(FEW_SCOPES, this.#gates.size * 2);
    }
    const gate = new ScopeGate(this.#clock, this.#timers, limits);
    this.#gates.set(name, gate);
    return gate;
  }
}

function isUnlimited(limits: Limits): boolean {
  return limits.requestsPerMinute === undefined && limits.tokensPerMinute === undefined && limits.concurrent === undefined;
}
