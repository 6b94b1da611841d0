import type { Anomaly } from '../ledger/anomalies/anomaly.ts';
import type { BudgetNews } from '../ledger/budgets/verdict.ts';
import type { Clock, Timers } from '../ports.ts';
import { RetryBudget } from './failures/retry-budget.ts';
import type { HealthBook, PlaceHealth } from './health/health.ts';
import { BurstWatch, type Burst } from './limits/burst.ts';
import { Limiter } from './limits/limiter.ts';
import { PausedAgents } from './limits/paused-agents.ts';
import { KeysInUse } from './keys-in-use.ts';
import { Running } from './running.ts';
import { Affinity } from './targets/affinity.ts';

/** What routing knows from one request to the next. It outlives every snapshot: a swap of the settings makes no provider well. */
export interface RoutingState {
  readonly health: HealthBook;
  readonly affinity: Affinity;
  readonly limiter: Limiter;
  readonly running: Running;
  readonly inUse: KeysInUse;
  readonly retries: RetryBudget;
  readonly bursts: BurstWatch;
  readonly paused: PausedAgents;
}

/** What a person should hear of. */
export type RoutingNews =
  | { readonly kind: 'health'; readonly place: PlaceHealth }
  /** The provider refuses the new value of a key that was rotated, so a request went with the former one. */
  | { readonly kind: 'former-value'; readonly key: string; readonly provider: string; readonly status: number }
  | { readonly kind: 'budget'; readonly news: BudgetNews }
  /** Requests come whose token is missing, wrong or revoked. Once for each burst of them. */
  | { readonly kind: 'tokens-refused' }
  /** `paused`: its requests are refused until somebody resumes it. */
  | { readonly kind: 'burst'; readonly burst: Burst; readonly paused: boolean }
  | { readonly kind: 'anomaly'; readonly anomaly: Anomaly; readonly paused: boolean };

/** Undefined: nobody was paused. */
export function agentPausedBy(news: RoutingNews): string | undefined {
  if (news.kind === 'burst') return news.paused ? news.burst.agent : undefined;
  return news.kind === 'anomaly' && news.paused ? news.anomaly.agent : undefined;
}

export function newRoutingState(clock: Clock, timers: Timers, health: HealthBook): RoutingState {
  return {
    health,
    affinity: new Affinity(clock),
    limiter: new Limiter(clock, timers),
    running: new Running(),
    inUse: new KeysInUse(),
    retries: new RetryBudget(clock),
    bursts: new BurstWatch(clock),
    paused: new PausedAgents(),
  };
}
