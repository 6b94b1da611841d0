import { gatewayError, isGatewayError, type GatewayError } from '../../ir/error.ts';
import type { Agent } from '../agent.ts';
import { poolOf } from '../pools.ts';
import type { Snapshot } from '../snapshot.ts';
import { allowedOf } from './allow-list.ts';
import { matchRules, type RuleRequest } from './match-rule.ts';
import type { Fallback, Pool, Route } from './route.ts';

/**
 * Where a request of this agent may go: the first of its rules that matches, else `unruledRoute`. A reference that leads nowhere is an
 * error and falls back to nothing: another model in its place would hide the mistake.
 * Worked out once for a snapshot: without rules it takes 30 nanoseconds after that, with 20 rules what `matchRules` takes.
 */
export function findRoute(snapshot: Snapshot, agent: Agent, request: RuleRequest): Route | GatewayError {
  const rule = matchRules(agent.rules, request);
  const routes = routesOf(snapshot, agent);
  return rule === undefined ? routes.asked(request.model) : routes.ruled(rule);
}

/**
 * Which model serves this agent where no rule does, first that applies:
 * 1. the agent's own `model`, whatever it asked for (title and router calls ask for models nobody chose);
 * 2. the alias that it asked for;
 * 3. the model it asked for, on the agent's own `provider`;
 * 4. `agent/<name>`: the model that serves that agent;
 * 5. `provider/model`, naming a configured provider.
 */
export function unruledRoute(snapshot: Snapshot, agent: Agent, requested: string): Route | GatewayError {
  return routesOf(snapshot, agent).asked(requested);
}

/** Agents are made with their snapshot and live as long as it does. */
const known = new WeakMap<Agent, AgentRoutes>();

function routesOf(snapshot: Snapshot, agent: Agent): AgentRoutes {
  const found = known.get(agent);
  if (found !== undefined && found.snapshot === snapshot) return found;
  const routes = new AgentRoutes(snapshot, agent);
  known.set(agent, routes);
  return routes;
}

/** Agents ask for a handful of models; one that asks for ever new ones must not fill the memory. */
const MOST_REMEMBERED = 100;

/** What has been worked out for one agent on one snapshot. */
class AgentRoutes {
  readonly snapshot: Snapshot;
  readonly #agent: Agent;
  readonly #fallbacks: readonly Fallback[];
  readonly #ruled: (Route | GatewayError | undefined)[] = [];
  readonly #asked = new Map<string, Route | GatewayError>();

  constructor(snapshot: Snapshot, agent: Agent) {
    this.snapshot = snapshot;
    this.#agent = agent;
    this.#fallbacks = agent.fallbacks.flatMap(({ to, on }) => {
      const pool = poolOf(snapshot, to);
      const allowed = pool === undefined ? undefined : allowedOf(agent.allow, pool);
      return allowed === undefined || allowed.choices.length === 0 ? [] : [{ pool: allowed, on }];
    });
  }

  ruled(index: number): Route | GatewayError {
    return (this.#ruled[index] ??= this.#route(named(this.snapshot, this.#agent.rules[index]?.to ?? ''), index));
  }

  asked(requested: string): Route | GatewayError {
    // Everything it asks for has the same answer.
    const key = this.#agent.model === undefined ? requested : '';
    const found = this.#asked.get(key);
    if (found !== undefined) return found;
    if (this.#asked.size >= MOST_REMEMBERED) this.#asked.clear();
    const route = this.#route(unruled(this.snapshot, this.#agent, requested), undefined);
    this.#asked.set(key, route);
    return route;
  }

  #route(pool: Pool | GatewayError, rule: number | undefined): Route | GatewayError {
    if (isGatewayError(pool)) return pool;
    const first = allowedOf(this.#agent.allow, pool);
    if (first.choices.length > 0) return { first, fallbacks: this.#fallbacks, rule };
    // A target that may not be asked is one that cannot be asked: that is what fallbacks for errors are for.
    const instead = this.#fallbacks.find(({ on }) => on.includes('error'));
    if (instead === undefined) return forbidden(this.#agent, pool);
    return { first: instead.pool, fallbacks: this.#fallbacks.filter((fallback) => fallback !== instead), rule };
  }
}

function unruled(snapshot: Snapshot, agent: Agent, requested: string): Pool | GatewayError {
  const lead = leadOf(snapshot, agent, requested);
  if (isGatewayError(lead)) return lead;
  if (lead.by === 'agent-provider') return onProvider(snapshot, agent.provider ?? '', requested);
  return named(snapshot, lead.reference);
}

/** By what a target is found where no rule takes the request; in the order of `unruledRoute`. */
export type FoundBy = 'agent-model' | 'alias' | 'agent-provider' | 'other-agent' | 'requested';

export interface Lead {
  readonly by: FoundBy;
  /** An alias or `provider/model`; it may lead nowhere. */
  readonly reference: string;
}

export function leadOf(snapshot: Snapshot, agent: Agent, requested: string): Lead | GatewayError {
  if (agent.model !== undefined) return { by: 'agent-model', reference: agent.model };
  if (snapshot.aliases.has(requested)) return { by: 'alias', reference: requested };
  if (agent.provider !== undefined) return { by: 'agent-provider', reference: `${agent.provider}/${requested}` };
  if (!requested.startsWith('agent/')) return { by: 'requested', reference: requested };
  const other = snapshot.agents.get(requested.slice('agent/'.length));
  if (other?.model !== undefined) return { by: 'other-agent', reference: other.model };
  return gatewayError(
    'model-not-found',
    `"${requested}" names no agent with a model of its own. Choose a model for that agent first.`,
  );
}

function named(snapshot: Snapshot, reference: string): Pool | GatewayError {
  const pool = poolOf(snapshot, reference);
  if (pool !== undefined) return pool;
  if (reference.endsWith('/') && snapshot.providers.has(reference.slice(0, -1))) return noModel();
  return gatewayError(
    'model-not-found',
    `No provider serves the model "${reference}" for this agent. Ask for "provider/model" with one of the configured providers ` +
      `(${[...snapshot.providers.keys()].join(', ') || 'there are none yet'})${aliasesOf(snapshot)}, or choose a model for the agent in Gatehouse.`,
  );
}

function onProvider(snapshot: Snapshot, id: string, model: string): Pool | GatewayError {
  const pool = poolOf(snapshot, `${id}/${model}`);
  if (pool !== undefined) return pool;
  return snapshot.providers.has(id)
    ? noModel()
    : gatewayError(
        'model-not-found',
        `This agent is set to the provider "${id}", which is not configured. Choose a model for it in Gatehouse.`,
      );
}

function aliasesOf({ aliases }: Snapshot): string {
  return aliases.size === 0 ? '' : ` or for an alias (${[...aliases.keys()].join(', ')})`;
}

function noModel(): GatewayError {
  return gatewayError('bad-request', 'The request names no model, and no model is chosen for this agent in Gatehouse.');
}

function forbidden({ id, allow = [] }: Agent, { reference }: Pool): GatewayError {
  const list = allow.map(({ pattern }) => pattern).join(', ') || 'which is empty';
  return gatewayError(
    'forbidden',
    `"${reference}" is not on the allow-list of the agent "${id}" (${list}). ` +
      `Ask for a model that is, or add this one to "agents.${id}.allow" in the settings of Gatehouse.`,
  );
}
