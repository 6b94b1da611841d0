import type { BudgetNews } from '../ledger/budgets/verdict.ts';
import type { Clock, Timers } from '../ports.ts';
import { RetryBudget } from './failures/retry-budget.ts';
import type { HealthBook, PlaceHealth } from './health/health.ts';
import { BurstWatch, type Burst } from './limits/burst.ts';
import { Limiter } from './limits/limiter.ts';
import { PausedAgents } from './limits/paused-agents.ts';
import { Running } from './running.ts';
import { Affinity } from './targets/affinity.ts';

/** What routing knows from one request to the next. It outlives every snapshot: a swap of the settings makes no provider well. */
export interface RoutingState {
  readonly health: HealthBook;
  readonly affinity: Affinity;
  readonly limiter: Limiter;
  readonly running: Running;
  readonly retries: RetryBudget;
  readonly bursts: BurstWatch;
  readonly paused: PausedAgents;
}

/** What a person should hear of. */
export type RoutingNews =
  | { readonly kind: 'health'; readonly place: PlaceHealth }
  | { readonly kind: 'budget'; readonly news: BudgetNews }
  /** Requests come whose token is missing, wrong or revoked. Once for each burst of them. */
  | { readonly kind: 'tokens-refused' }
  /** `paused`: its requests are refused until somebody resumes it. */
  | { readonly kind: 'burst'; readonly burst: Burst; readonly paused: boolean };

export function newRoutingState(clock: Clock, timers: Timers, health: HealthBook): RoutingState {
  return {
    health,
    affinity: new Affinity(clock),
    limiter: new Limiter(clock, timers),
    running: new Running(),
    retries: new RetryBudget(clock),
    bursts: new BurstWatch(clock),
    paused: new PausedAgents(),
  };
}
