import { gatewayError, type GatewayError } from '../ir/error.ts';
import type { Provider } from '../providers/provider.ts';
import type { Agent } from './agent.ts';
import type { Snapshot } from './snapshot.ts';

/** The provider and model that will serve a request; the key is chosen per attempt. */
export interface Target {
  readonly provider: Provider;
  /** The model as the provider knows it. */
  readonly model: string;
}

/**
 * Which model serves this agent, first rule that applies:
 * 1. the agent's own `model`, whatever it asked for (title and router calls ask for models nobody chose);
 * 2. the model it asked for, on the agent's own `provider`;
 * 3. `agent/<name>`: what serves that agent;
 * 4. `provider/model`, naming a configured provider.
 */
export function resolveTarget(snapshot: Snapshot, agent: Agent, requested: string): Target | GatewayError {
  if (agent.model !== undefined) return byReference(snapshot, agent.model);
  if (agent.provider !== undefined) return onProvider(snapshot, agent.provider, requested);
  if (requested.startsWith('agent/')) {
    const other = snapshot.agents.get(requested.slice('agent/'.length));
    if (other?.model !== undefined) return byReference(snapshot, other.model);
    return gatewayError(
      'model-not-found',
      `"${requested}" names no agent with a model of its own. Choose a model for that agent first.`,
    );
  }
  return byReference(snapshot, requested);
}

function byReference(snapshot: Snapshot, reference: string): Target | GatewayError {
  const slash = reference.indexOf('/');
  return slash > 0 && snapshot.providers.has(reference.slice(0, slash))
    ? onProvider(snapshot, reference.slice(0, slash), reference.slice(slash + 1))
    : gatewayError(
        'model-not-found',
        `No provider serves the model "${reference}" for this agent. Ask for "provider/model" with one of the configured providers ` +
          `(${[...snapshot.providers.keys()].join(', ') || 'there are none yet'}), or choose a model for the agent in Gatehouse.`,
      );
}

function onProvider(snapshot: Snapshot, id: string, model: string): Target | GatewayError {
  const provider = snapshot.providers.get(id);
  if (provider !== undefined && model !== '') return { provider, model };
  return provider === undefined
    ? gatewayError(
        'model-not-found',
        `This agent is set to the provider "${id}", which is not configured. Choose a model for it in Gatehouse.`,
      )
    : gatewayError('bad-request', 'The request names no model, and no model is chosen for this agent in Gatehouse.');
}
