import { NO_USAGE } from '../ir/usage.ts';
import type { CandidatesContext } from '../routing/targets/candidates.ts';
import type { Agent } from '../routing/agent.ts';
import type { Scope } from '../routing/limits/limiter.ts';
import type { Target } from '../routing/resolve-target.ts';
import type { Key } from '../routing/snapshot.ts';
import type { GatewayDeps } from './deps.ts';
import type { RoutedRequest } from './routed-request.ts';
import { closestDialect } from './translate/plan-translation.ts';

/** Answers are short beside what agents send: about 1 to 20 in coding sessions. Only comparisons rest on it. */
const OUTPUT_SHARE = 1 / 20;
const LEAST_OUTPUT = 200;

type ForCandidates = Pick<RoutedRequest, 'snapshot' | 'agent' | 'endpoint' | 'bond' | 'tokens'>;

export function candidatesContext(
  { routing, random, clock, price }: Pick<GatewayDeps, 'routing' | 'random' | 'clock' | 'price'>,
  { snapshot, agent, endpoint, bond, tokens }: ForCandidates,
): CandidatesContext {
  return {
    snapshot,
    agent,
    conversation: bond,
    health: routing.health,
    affinity: routing.affinity,
    random,
    clock,
    tokens,
    originOf({ provider }: Target) {
      const { endpoints } = provider;
      const closest = closestDialect(endpoint.dialect, provider);
      return (endpoints.get(endpoint.dialect) ?? (closest === undefined ? undefined : endpoints.get(closest)))?.origin;
    },
    price: (target) =>
      price(
        target,
        { ...NO_USAGE, input: tokens(), output: Math.max(LEAST_OUTPUT, Math.ceil(tokens() * OUTPUT_SHARE)) },
        clock.now(),
        agent.id,
      ),
    couldEnter: (key, estimate) => key.limits === undefined || routing.limiter.couldEnter(scopeOfKey(key), estimate),
    running: (place) => routing.running.at(place),
  };
}

export function agentScope(id: string): string {
  return `agent/${id}`;
}

export function keyScope(id: string): string {
  return `key/${id}`;
}

/** Made once for a snapshot: a name that is put together afresh has to be hashed before it is found. */
const SCOPES = new WeakMap<Agent | Key, Scope>();

export function scopeOfAgent(agent: Agent): Scope {
  return SCOPES.get(agent) ?? newScope(agent, agentScope(agent.id));
}

export function scopeOfKey(key: Key): Scope {
  return SCOPES.get(key) ?? newScope(key, keyScope(key.id));
}

function newScope(of: Agent | Key, name: string): Scope {
  const scope = { name, limits: of.limits };
  SCOPES.set(of, scope);
  return scope;
}
