import { gatewayError, type GatewayError } from '../../ir/error.ts';
import { globMatches } from '../../ir/glob.ts';
import type { Random } from '../../ports.ts';
import type { Agent } from '../agent.ts';
import type { Target } from '../resolve-target.ts';
import type { Key, Snapshot } from '../snapshot.ts';
import { drawnByWeight } from './order-pool.ts';

/** Below this share of any of its limits, a key leaves the work to its peers. */
const NEAR_LIMIT = 0.1;

/** The keys that may be shown to this target for this agent, in the order of the configuration. */
export function keysFor(snapshot: Snapshot, agent: Agent, { provider, model }: Target, origin: string): readonly Key[] {
  const keys: Key[] = [];
  for (const key of snapshot.keys) {
    if (key.provider === provider.id && isBoundTo(key, agent, model) && key.origins.has(origin)) keys.push(key);
  }
  return keys;
}

/** What a key is bound to that this request is not. */
export type NotUsable = 'agent' | 'model' | 'environment' | 'origin';

/** Why a key of the target's provider is not among `keysFor`; undefined where it is. */
export function whyNotUsable(key: Key, agent: Agent, { model }: Target, origin: string): NotUsable | undefined {
  if (!isForAgent(key, agent)) return 'agent';
  if (!isForModel(key, model)) return 'model';
  if (!isForEnvironment(key, agent)) return 'environment';
  return key.origins.has(origin) ? undefined : 'origin';
}

export interface KeyOrder {
  /** Id of the key that served this conversation. */
  readonly sticky: string | undefined;
  readonly random: Random;
  /** Smallest share left of any limit that the provider tells, 0 to 1; undefined where it tells none. */
  headroom(key: Key): number | undefined;
  /** False where a limit of ours would make the request wait. */
  couldEnter(key: Key): boolean;
}

/**
 * Who would not have to wait goes first: a limit of ours says how much a key may do, and what is beyond it is for the next one, also
 * one of lower priority. Then priority, the conversation's own key, distance from the provider's limits, and chance by weight.
 */
export function orderKeys(keys: readonly Key[], order: KeyOrder): readonly Key[] {
  if (keys.length < 2) return keys;
  const ranked = drawnByWeight(keys, order.random).map((key) => ({
    key,
    waits: order.couldEnter(key) ? 0 : 1,
    sticky: key.id === order.sticky ? 0 : 1,
    nearLimit: (order.headroom(key) ?? 1) < NEAR_LIMIT ? 1 : 0,
  }));
  // The sort is stable: where all else is equal, the drawing stands.
  ranked.sort((a, b) => a.waits - b.waits || b.key.priority - a.key.priority || a.sticky - b.sticky || a.nearLimit - b.nearLimit);
  return ranked.map(({ key }) => key);
}

/** Why `keysFor` found none. It names no key: agents show it to whoever reads along. */
export function whyNoKey(snapshot: Snapshot, agent: Agent, { provider, model }: Target): GatewayError {
  const held = snapshot.keys.filter((key) => key.provider === provider.id);
  if (held.some((key) => isBoundTo(key, agent, model))) return notForThisOrigin(provider.id);
  return gatewayError(
    'no-key',
    held.length > 0
      ? `No key of "${provider.id}" may be used by this agent for "${model}". Add one, or widen the binding of an existing key with "Gatehouse: Edit Key".`
      : `There is no key for "${provider.id}" yet. Run "Gatehouse: Add Key" in VS Code (headless: name an environment variable in "keys").`,
  );
}

export function notForThisOrigin(provider: string): GatewayError {
  return gatewayError(
    'no-key',
    `The base URL of "${provider}" is not the one its key was entered for, so the key was not sent. ` +
      'Restore the base URL, or confirm the new one with "Gatehouse: Confirm Address of Key".',
  );
}

function isBoundTo(key: Key, agent: Agent, model: string): boolean {
  return isForAgent(key, agent) && isForModel(key, model) && isForEnvironment(key, agent);
}

function isForAgent(key: Key, agent: Agent): boolean {
  return key.agents === undefined || key.agents.includes(agent.id);
}

/** A label alone keeps nobody away: an agent that is to stay in its environment says so. */
function isForEnvironment(key: Key, { environment }: Agent): boolean {
  return environment === undefined || key.environment === environment;
}

function isForModel(key: Key, model: string): boolean {
  return key.models === undefined || key.models.some((glob) => globMatches(glob, model));
}
