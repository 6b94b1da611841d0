import { DIALECTS } from '../dialects/by-id.ts';
import { upstreamPathFor, type Endpoint } from '../dialects/endpoints.ts';
import { gatewayError, isGatewayError, type GatewayError } from '../ir/error.ts';
import type { Agent } from '../routing/agent.ts';
import { chooseKey } from '../routing/choose-key.ts';
import type { Target } from '../routing/resolve-target.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import type { GatewayDeps } from './deps.ts';
import type { RelayPlan } from './relay.ts';

/** What an agent asked: its body (none for a GET), the model it named, whether it wants a stream. */
interface Asked {
  readonly raw: Uint8Array | undefined;
  readonly model: string;
  readonly stream: boolean;
}

/** Same dialect on both sides, or an honest no: translation is not part of this version. */
export function planRelay(
  deps: Pick<GatewayDeps, 'random'>,
  snapshot: Snapshot,
  agent: Agent,
  target: Target,
  endpoint: Extract<Endpoint, { kind: 'found' }>,
  asked: Asked,
): RelayPlan | GatewayError {
  const { provider, model } = target;
  const dialect = DIALECTS[endpoint.dialect];
  const upstream = provider.endpoints.get(dialect.id);
  if (upstream === undefined) {
    const spoken = [...provider.endpoints.keys()].join(', ');
    return gatewayError(
      'not-supported',
      `"${provider.id}" does not speak ${dialect.id} (it speaks ${spoken}), and this version does not translate between dialects yet. ` +
        'Choose a model of a provider that does for this agent.',
    );
  }
  const path = upstreamPathFor(endpoint.upstreamPath, model);
  if (path === undefined)
    return gatewayError('bad-request', `The model name "${model}" cannot stand in a path. Choose another model.`);
  const key = chooseKey(snapshot, agent, target, upstream.origin, deps.random);
  if (isGatewayError(key)) return key;
  return {
    dialect,
    target,
    endpoint: upstream,
    key,
    method: asked.raw === undefined ? 'GET' : 'POST',
    path,
    raw: asked.raw,
    stream: asked.stream,
    retarget: asked.model === model ? undefined : model,
  };
}
