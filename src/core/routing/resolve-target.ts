import { isGatewayError, type GatewayError } from '../ir/error.ts';
import type { Provider } from '../providers/provider.ts';
import type { Agent } from './agent.ts';
import { unruledRoute } from './rules/find-route.ts';
import type { Snapshot } from './snapshot.ts';

/** The provider and model that will serve a request; the key is chosen per attempt. */
export interface Target {
  readonly provider: Provider;
  /** The model as the provider knows it. */
  readonly model: string;
}

/** The first target of this agent where no rule is asked: for those who know a model's name and nothing of the request. */
export function resolveTarget(snapshot: Snapshot, agent: Agent, requested: string): Target | GatewayError {
  const route = unruledRoute(snapshot, agent, requested);
  if (isGatewayError(route)) return route;
  const target = route.first.choices[0]?.target;
  if (target === undefined) throw new Error('a route leads nowhere');
  return target;
}
