import type { Failure } from '../failures/failure.ts';
import type { Place } from './health.ts';
import { confirmed, ownHold, toldHold, type Hold } from './hold.ts';

/**
 * What a verdict can hold for. A place: one key at one model. A key: at all models of its provider. A target: a model with every key.
 * A provider: its host, with everything on it.
 */
export type ScopeKind = 'place' | 'key' | 'target' | 'provider';

export interface Scope {
  dead: Hold | undefined;
  quota: Hold | undefined;
  cooldown: Hold | undefined;
  /** The breaker: there is a hold as long as it is not closed. */
  open: Hold | undefined;
  /** Failures in a row, for the breaker. */
  strikes: number;
}

export function newScope(): Scope {
  return { dead: undefined, quota: undefined, cooldown: undefined, open: undefined, strikes: 0 };
}

export function isHeld({ dead, quota, cooldown, open }: Scope): boolean {
  return dead !== undefined || quota !== undefined || cooldown !== undefined || open !== undefined;
}

export function clear(scope: Scope): void {
  Object.assign(scope, newScope());
}

/** Nobody comes before the provider's time. A later hint that is shorter was meant for another request, and does not shorten it. */
export function coolDown(scope: Scope, place: Place, failure: Failure, now: number): void {
  const waitMs = waitIn(failure);
  if (waitMs !== undefined) scope.cooldown = later(scope.cooldown, toldHold('cooldown', failure.class, place, now, waitMs), now);
}

export function spendQuota(scope: Scope, place: Place, failure: Failure, now: number): void {
  const waitMs = waitIn(failure);
  const { quota } = scope;
  if (waitMs !== undefined) scope.quota = later(quota, toldHold('quota', failure.class, place, now, waitMs), now);
  else if (quota === undefined || (quota.told && now >= quota.until)) scope.quota = ownHold('quota', failure.class, place, now);
  else if (quota.probe === place) scope.quota = confirmed(quota, failure.class, now);
}

function later(running: Hold | undefined, hold: Hold, now: number): Hold {
  if (running === undefined || now >= running.until) return hold;
  return { ...hold, since: running.since, until: running.told ? Math.max(running.until, hold.until) : hold.until };
}

function waitIn({ waitMs }: Failure): number | undefined {
  return waitMs !== undefined && waitMs > 0 ? waitMs : undefined;
}
