import type { Secret } from '../providers/secret.ts';
import type { Failure, FailureClass } from '../routing/failures/failure.ts';
import type { RoutingNews } from '../routing/routing-state.ts';
import type { Key, Snapshot } from '../routing/snapshot.ts';
import type { Candidate } from '../routing/targets/candidates.ts';
import { keysFor } from '../routing/targets/order-keys.ts';
import type { AttemptPlan } from './attempt.ts';

/** What says something of the account behind a key, and nothing of another one. */
const OF_THE_ACCOUNT: ReadonlySet<FailureClass> = new Set(['key-rejected', 'out-of-credit', 'quota', 'rate-limited']);

/** A plan with a value of the key that was not tried. */
export interface OtherValue {
  readonly plan: AttemptPlan;
  /** `present`: it came while the request was on its way. `former`: the one before a rotation, while it is kept. */
  readonly which: 'present' | 'former';
}

/**
 * The same plan with another value of its key, where the one it was sent with was refused. The one thing that a request takes from a
 * later snapshot than its own: nobody would understand why what they have just mended fails. `refused`: the values that were refused here.
 * Undefined where nothing else is left, or the key may not be used there any more.
 */
export function withOtherValue(
  now: Snapshot,
  agentId: string,
  planned: AttemptPlan,
  why: FailureClass,
  refused: readonly Secret[],
): OtherValue | undefined {
  const { key, target, endpoint } = planned;
  const agent = now.agents.get(agentId);
  if (why !== 'key-rejected' || key === undefined || agent === undefined) return undefined;
  const present = keysFor(now, agent, target, endpoint.origin).find(({ id }) => id === key.id);
  const isUntried = (secret: Secret): boolean => !refused.some((one) => one.equals(secret));
  if (present === undefined) return undefined;
  if (isUntried(present.secret)) return { plan: { ...planned, key: present }, which: 'present' };
  const { former } = present;
  if (former === undefined || !former.origins.has(endpoint.origin) || !isUntried(former.secret)) return undefined;
  return { plan: { ...planned, key: { ...present, secret: former.secret } }, which: 'former' };
}

/**
 * Whether a failure is held against the key. What a provider says of a value that has been replaced meanwhile is not; of a new value it
 * is only when the former one was refused as well, since until then requests are served by that.
 */
export function isHeldAgainstKey(
  now: Snapshot,
  agentId: string,
  planned: AttemptPlan,
  why: FailureClass,
  refusedBefore: readonly Secret[],
): boolean {
  const { key } = planned;
  if (key === undefined || !OF_THE_ACCOUNT.has(why)) return true;
  if (withOtherValue(now, agentId, planned, why, [...refusedBefore, key.secret]) !== undefined) return false;
  const present = now.keys.find(({ id }) => id === key.id)?.secret;
  if (present === undefined) return false;
  return present.equals(key.secret) || (why === 'key-rejected' && refusedBefore.some((one) => one.equals(present)));
}

export function formerValueNews({ place: { provider, key = '' } }: Pick<Candidate, 'place'>, { status }: Failure): RoutingNews {
  return { kind: 'former-value', key, provider, status };
}

/** A key that was taken away is shown to nobody any more, also not by requests that began with it. */
export function isTakenAway(now: Snapshot, key: Key | undefined): boolean {
  return key !== undefined && !now.keys.some(({ id }) => id === key.id);
}
