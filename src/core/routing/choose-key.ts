import { gatewayError, type GatewayError } from '../ir/error.ts';
import { globMatches } from '../ir/glob.ts';
import type { Random } from '../ports.ts';
import type { Agent } from './agent.ts';
import type { Target } from './resolve-target.ts';
import type { Key, Snapshot } from './snapshot.ts';

/**
 * The key for one attempt at a target: bound to this agent and model if bound at all, the highest priority first, by weight among
 * equals. Undefined where the provider needs none.
 */
export function chooseKey(
  snapshot: Snapshot,
  agent: Agent,
  target: Target,
  origin: string,
  random: Random,
): Key | undefined | GatewayError {
  const { provider, model } = target;
  if (!provider.needsKey) return undefined;
  const held = snapshot.keys.filter((key) => key.provider === provider.id);
  const bound = held.filter(
    (key) =>
      (key.agents === undefined || key.agents.includes(agent.id)) &&
      (key.models === undefined || key.models.some((glob) => globMatches(glob, model))),
  );
  const fitting = bound.filter((key) => key.origins.has(origin));
  if (fitting.length === 0) return missing(target, held.length > 0, bound.length > 0);
  const top = Math.max(...fitting.map((key) => key.priority));
  const equals = fitting.filter((key) => key.priority === top);
  let at = random.fraction() * equals.reduce((sum, key) => sum + key.weight, 0);
  return equals.find((key) => (at -= key.weight) < 0) ?? equals[0];
}

function missing({ provider, model }: Target, anyHeld: boolean, anyBound: boolean): GatewayError {
  if (anyBound) {
    return gatewayError(
      'no-key',
      `The base URL of "${provider.id}" is not the one its key was entered for, so the key was not sent. ` +
        'Restore the base URL, or enter the key again for the new one with "Gatehouse: Rotate Key".',
    );
  }
  return gatewayError(
    'no-key',
    anyHeld
      ? `No key of "${provider.id}" may be used by this agent for "${model}". Add one, or widen the binding of an existing key.`
      : `There is no key for "${provider.id}" yet. Run "Gatehouse: Add Key" in VS Code (headless: name an environment variable in "keys").`,
  );
}
