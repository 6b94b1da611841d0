import { DIALECTS } from '../dialects/by-id.ts';
import { NO_FEATURES } from '../dialects/read-features.ts';
import type { ListedModel } from '../dialects/dialect.ts';
import type { Endpoint } from '../dialects/endpoints.ts';
import type { DialectId } from '../ir/dialect.ts';
import type { Provider } from '../providers/provider.ts';
import type { Agent } from '../routing/agent.ts';
import type { Pool } from '../routing/rules/route.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import { keysFor } from '../routing/targets/order-keys.ts';
import type { GatewayDeps } from './deps.ts';
import type { Exchange } from './exchange.ts';
import { headersWithoutTarget } from './own-headers.ts';
import { RequestLife } from './request-life.ts';
import { RouteRun } from './route-run.ts';
import { Settling } from './settle-once.ts';
import { TryLog } from './try-log.ts';

/**
 * The agent's models. One with a model of its own has exactly that one; one that picks from a provider gets the provider's own
 * list, or in another dialect than the provider's the models configured for it (Codex asks for something else under that path and gets
 * our own);
 * one that is free to choose gets every configured model and every agent's route.
 */
export async function answerModels(
  deps: GatewayDeps,
  snapshot: Snapshot,
  exchange: Exchange,
  agent: Agent,
  endpoint: Extract<Endpoint, { kind: 'found' }>,
  id: string,
): Promise<void> {
  const dialect = DIALECTS[endpoint.dialect];
  const provider = agent.model === undefined && agent.provider !== undefined ? snapshot.providers.get(agent.provider) : undefined;
  if (provider !== undefined && endpoint.dialect !== 'openai-responses' && canList(snapshot, agent, provider, endpoint.dialect))
    return askProvider(deps, snapshot, exchange, agent, endpoint, provider, id);
  const body = Buffer.from(JSON.stringify(dialect.renderModels(listedModels(snapshot, agent))));
  exchange.answer.begin(200, {
    'content-type': 'application/json',
    'content-length': String(body.length),
    ...headersWithoutTarget(id),
  });
  exchange.answer.write(body);
  exchange.answer.end();
}

function canList(snapshot: Snapshot, agent: Agent, provider: Provider, dialect: DialectId): boolean {
  const origin = provider.endpoints.get(dialect)?.origin;
  if (origin === undefined) return false;
  return !provider.needsKey || keysFor(snapshot, agent, { provider, model: '' }, origin).length > 0;
}

/** A list costs nothing and is not booked; its key is chosen, and its failures are told, as for any other request. */
async function askProvider(
  deps: GatewayDeps,
  snapshot: Snapshot,
  exchange: Exchange,
  agent: Agent,
  endpoint: Extract<Endpoint, { kind: 'found' }>,
  provider: Provider,
  id: string,
): Promise<void> {
  const { clock, timers, workspace } = deps;
  const pool: Pool = {
    reference: provider.id,
    choices: [{ target: { provider, model: '' }, weight: 1 }],
    balance: 'weighted',
    sticky: true,
  };
  const at = clock.now();
  const { dialect, operation } = endpoint;
  const request = { id, at, workspace, agent: agent.id, session: undefined, operation, dialect, requestedModel: '', bytesIn: 0 };
  const life = new RequestLife(exchange, timers, snapshot.timeouts.total);
  try {
    await new RouteRun(deps, {
      exchange,
      snapshot,
      agent,
      dialect: DIALECTS[dialect],
      endpoint,
      asked: { id, at, raw: undefined, model: '', stream: false, conversation: '' },
      route: { first: pool, fallbacks: [], rule: undefined },
      session: undefined,
      bond: undefined,
      tokens: () => 0,
      features: () => NO_FEATURES,
      className: () => undefined,
      life,
      settling: new Settling(undefined, clock, request, clock.monotonic()),
      log: new TryLog({ rule: undefined, class: undefined }),
    }).run();
  } finally {
    life.end();
  }
}

function listedModels(snapshot: Snapshot, agent: Agent): ListedModel[] {
  if (agent.model !== undefined) return [listed(agent.model, agent.model.slice(agent.model.indexOf('/') + 1))];
  // Whatever it asks for is asked of that provider, whose own list was not to be had in this dialect.
  const own = agent.provider === undefined ? undefined : snapshot.providers.get(agent.provider);
  if (own !== undefined) return own.models.map((model) => listed(`${own.id}/${model}`, model));
  const agents = [...snapshot.agents.values()].filter((other) => other.model !== undefined && other.id !== agent.id);
  const configured = [...snapshot.providers.values()].flatMap((provider) =>
    provider.models.map((model) => `${provider.id}/${model}`),
  );
  const references = new Set([...configured, ...agents.flatMap((other) => other.model ?? [])]);
  return [
    ...[...snapshot.aliases.keys()].map((alias) => listed(alias, alias)),
    ...[...references].map((reference) => listed(reference, reference)),
    ...agents.map((other) => listed(other.model ?? '', `agent/${other.id}`)),
  ];
}

/** `reference`: `provider/model`, or an alias, which has no provider of its own. */
function listed(reference: string, id: string): ListedModel {
  const slash = reference.indexOf('/');
  return {
    id,
    name: reference.slice(slash + 1),
    provider: slash < 0 ? 'gatehouse' : reference.slice(0, slash),
    contextTokens: undefined,
    outputTokens: undefined,
  };
}
