import type { Agent } from '../agent.ts';
import { placeId, type HealthBook, type Place } from '../health/health.ts';
import type { Random } from '../../ports.ts';
import type { Target } from '../resolve-target.ts';
import type { Pool } from '../rules/route.ts';
import type { Key, Snapshot } from '../snapshot.ts';
import type { Affinity } from './affinity.ts';
import { keysFor, orderKeys } from './order-keys.ts';
import { isBlocked, type Standing } from './order-pool.ts';

/** One way of asking a target. */
export interface Spot {
  /** Undefined where the provider needs none. */
  readonly key: Key | undefined;
  readonly place: Place;
}

/** Why a target cannot be asked at all. */
export type Missing = 'no-key' | 'not-spoken';

export interface SpotContext {
  readonly snapshot: Snapshot;
  readonly agent: Agent;
  /** What requests that share a history have in common; without it nobody is preferred. */
  readonly conversation: string | undefined;
  readonly health: Pick<HealthBook, 'admit' | 'of'>;
  readonly affinity: Affinity;
  readonly random: Random;
  /** Estimate of the input; asked for only where one of two keys has a limit of tokens. */
  tokens(): number;
  /** Where this request would be sent; undefined: the target cannot be asked in any dialect. */
  originOf(target: Target): string | undefined;
  /** False where a limit of ours on the key would make the request wait. `tokens` is 0 where the key has no limit of them. */
  couldEnter(key: Key, tokens: number): boolean;
}

/** All ways of asking a target, in no order. */
export function spotsOf(target: Target, context: SpotContext): readonly Spot[] | Missing {
  const origin = context.originOf(target);
  if (origin === undefined) return 'not-spoken';
  if (!target.provider.needsKey) return [spotOf(target, undefined)];
  const keys = keysFor(context.snapshot, context.agent, target, origin);
  return keys.length === 0 ? 'no-key' : keys.map((key) => spotOf(target, key));
}

/** The same in the order in which they are tried. */
export function orderedSpotsOf(pool: Pool, target: Target, context: SpotContext): readonly Spot[] | Missing {
  const spots = spotsOf(target, context);
  if (typeof spots === 'string' || spots.length < 2) return spots;
  const { affinity, conversation, health, random } = context;
  const keys = spots.flatMap(({ key }) => key ?? []);
  return orderKeys(keys, {
    sticky: conversation === undefined ? undefined : affinity.get(conversation, pool.reference, target.provider.id),
    random,
    headroom: (key) => health.of(placeOf(target, key)).headroom,
    // The body is measured only for a limit that depends on it.
    couldEnter: (key) => context.couldEnter(key, key.limits.tokensPerMinute === undefined ? 0 : context.tokens()),
  }).map((key) => spotOf(target, key));
}

/** The spot of them that would be asked first now, and how it stands. */
export function standingAmong(spots: readonly Spot[] | Missing, health: Pick<HealthBook, 'of'>, now: number): Standing | undefined {
  if (typeof spots === 'string') return undefined;
  let first: Standing | undefined;
  for (const { place } of spots) {
    const standing = { place, health: health.of(place) };
    if (!isBlocked(standing.health, now)) return standing;
    first ??= standing;
  }
  return first;
}

/** An object of its own for each caller: by the object health knows who its probe is. */
export function placeOf(target: Target, key: Key | undefined): Place {
  const { provider, model } = target;
  return { provider: provider.id, model, key: key?.id, id: idOf(target, key) };
}

/**
 * Targets and keys live as long as their snapshot. A text put together afresh has to be joined and hashed by the first map that it is
 * shown to, and a request shows those of its places to five.
 */
const IDS = new WeakMap<Target, Map<Key | undefined, string>>();

function idOf(target: Target, key: Key | undefined): string {
  let ids = IDS.get(target);
  if (ids === undefined) IDS.set(target, (ids = new Map()));
  let id = ids.get(key);
  if (id === undefined) ids.set(key, (id = placeId({ provider: target.provider.id, model: target.model, key: key?.id })));
  return id;
}

export function isSamePlace(a: Place, b: Place): boolean {
  return placeId(a) === placeId(b);
}

export function isSameTarget(a: Target, b: Target): boolean {
  return a.model === b.model && a.provider.id === b.provider.id;
}

function spotOf(target: Target, key: Key | undefined): Spot {
  return { key, place: placeOf(target, key) };
}
