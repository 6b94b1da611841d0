import { DIALECTS } from '../dialects/by-id.ts';
import type { ListedModel } from '../dialects/dialect.ts';
import type { Endpoint } from '../dialects/endpoints.ts';
import { isGatewayError } from '../ir/error.ts';
import type { Agent } from '../routing/agent.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import type { GatewayDeps } from './deps.ts';
import type { Exchange } from './exchange.ts';
import { attempt } from './attempt.ts';
import { headersWithoutTarget } from './own-headers.ts';
import { plan } from './plan.ts';
import { Settling } from './settle-once.ts';

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
  if (provider !== undefined && endpoint.dialect !== 'openai-responses') {
    const asked = { id, at: deps.clock.now(), raw: undefined, model: '', stream: false, conversation: '' };
    const planned = plan(deps, snapshot, agent, { provider, model: '' }, endpoint, asked);
    if (!isGatewayError(planned) && !('known' in planned))
      return attempt(deps, snapshot, exchange, planned, new Settling(undefined, deps.clock, id, deps.clock.monotonic()));
  }
  const body = Buffer.from(JSON.stringify(dialect.renderModels(listedModels(snapshot, agent))));
  exchange.answer.begin(200, {
    'content-type': 'application/json',
    'content-length': String(body.length),
    ...headersWithoutTarget(id),
  });
  exchange.answer.write(body);
  exchange.answer.end();
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
    ...[...references].map((reference) => listed(reference, reference)),
    ...agents.map((other) => listed(other.model ?? '', `agent/${other.id}`)),
  ];
}

function listed(reference: string, id: string): ListedModel {
  const slash = reference.indexOf('/');
  return {
    id,
    name: reference.slice(slash + 1),
    provider: reference.slice(0, slash),
    contextTokens: undefined,
    outputTokens: undefined,
  };
}
