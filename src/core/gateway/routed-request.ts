import type { Dialect } from '../dialects/dialect.ts';
import type { Endpoint } from '../dialects/endpoints.ts';
import type { RequestFeatures } from '../ir/features.ts';
import type { Agent } from '../routing/agent.ts';
import type { Route } from '../routing/rules/route.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import type { Exchange } from './exchange.ts';
import type { Asked } from './plan.ts';
import type { RequestLife } from './request-life.ts';
import type { Settling } from './settle-once.ts';
import type { TryLog } from './try-log.ts';

/** A request that knows where it may go, and everything that goes there with it. */
export interface RoutedRequest {
  readonly exchange: Exchange;
  readonly snapshot: Snapshot;
  readonly agent: Agent;
  /** The agent's. */
  readonly dialect: Dialect;
  readonly endpoint: Extract<Endpoint, { kind: 'found' }>;
  readonly asked: Asked;
  readonly route: Route;
  readonly session: string | undefined;
  /** Who is to stay with one target; undefined: nobody. */
  readonly bond: string | undefined;
  /** Estimate of the input. Read from the body when first asked for, as the features are. */
  readonly tokens: () => number;
  readonly features: () => RequestFeatures;
  /** What it is about, for the ledger. */
  readonly className: () => string | undefined;
  /** A budget sent it here, instead of where it belongs. */
  readonly downgraded?: boolean;
  readonly life: RequestLife;
  readonly settling: Settling;
  readonly log: TryLog;
}
