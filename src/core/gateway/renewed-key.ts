import type { FailureClass } from '../routing/failures/failure.ts';
import type { Key, Snapshot } from '../routing/snapshot.ts';
import { keysFor } from '../routing/targets/order-keys.ts';
import type { AttemptPlan } from './attempt.ts';

/** What says something of the account behind a key, and nothing of another one. */
const OF_THE_ACCOUNT: ReadonlySet<FailureClass> = new Set(['key-rejected', 'out-of-credit', 'quota', 'rate-limited']);

/**
 * A key can be replaced while a request that began with the former one waits or is on its way: what its provider then says is not held
 * against the key that now has the same id.
 */
export function isOfFormerKey(now: Snapshot, key: Key | undefined, why: FailureClass): boolean {
  if (key === undefined || !OF_THE_ACCOUNT.has(why)) return false;
  return now.keys.find(({ id }) => id === key.id)?.secret.equals(key.secret) !== true;
}

/**
 * The same plan with the key's new secret, where the former one was refused because it was replaced meanwhile. The one thing that a
 * request takes from a later snapshot than its own: nobody would understand why what they have just mended fails. Undefined where
 * nothing is new, or the key may not be used there any more.
 */
export function withRenewedKey(now: Snapshot, agentId: string, planned: AttemptPlan, why: FailureClass): AttemptPlan | undefined {
  const { key, target, endpoint } = planned;
  const agent = now.agents.get(agentId);
  if (why !== 'key-rejected' || key === undefined || agent === undefined) return undefined;
  const renewed = keysFor(now, agent, target, endpoint.origin).find(({ id }) => id === key.id);
  return renewed === undefined || renewed.secret.equals(key.secret) ? undefined : { ...planned, key: renewed };
}
