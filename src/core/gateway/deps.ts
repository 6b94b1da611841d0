import type { AuditEvent } from '../ledger/audit/audit-event.ts';
import type { BudgetKeeper } from '../ledger/budgets/budget-keeper.ts';
import type { Ledger } from '../ledger/records.ts';
import type { Usage } from '../ir/usage.ts';
import type { Clock, Log, Random, Timers, Upstream } from '../ports.ts';
import type { Target } from '../routing/resolve-target.ts';
import type { RefusedTokens } from '../routing/limits/refused-tokens.ts';
import type { RoutingNews, RoutingState } from '../routing/routing-state.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import type { StreamTiming } from './answer-sink.ts';
import type { RunningRequests } from './running-requests.ts';
import type { CarryMemory } from './translate/carry-memory.ts';
import type { ConversationIssuers } from './translate/foreign-state.ts';

/** What the pipeline works with; built once per gateway by `host/run-gateway.ts`. */
export interface GatewayDeps {
  /** The current snapshot; each request reads it once. */
  readonly snapshot: () => Snapshot;
  readonly upstreamFor: (kind: 'dial' | 'demo') => Upstream;
  readonly ledger: Ledger;
  readonly budgets: Pick<BudgetKeeper, 'any' | 'reserve' | 'release'>;
  /** What models signed and agents do not send back. */
  readonly carries: CarryMemory;
  readonly issuers: ConversationIssuers;
  /** What places and agents are like; outlives every snapshot. */
  readonly routing: RoutingState;
  /** Those on their way. Left out: nobody wants to see them. */
  readonly running?: Pick<RunningRequests, 'enter' | 'leave'>;
  readonly refusedTokens: Pick<RefusedTokens, 'refused'>;
  /** It is recorded. Waits for nothing and never throws. */
  readonly audit: (event: AuditEvent) => void;
  /** Somebody should hear of it. Must not throw. */
  readonly tell: (news: RoutingNews) => void;
  /** Nano-dollars; undefined: unpriced. `at`: milliseconds since the epoch. `tier`: as an answer told it. */
  readonly price: (target: Target, usage: Usage, at: number, agent?: string, tier?: string) => number | undefined;
  readonly newId: () => string;
  readonly workspace: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  /** `STREAM_TIMING` when left out; tests are in more of a hurry. */
  readonly streamTiming?: StreamTiming;
}
