import type { FailureClass } from '../failures/failure.ts';
import type { Place } from './health.ts';
import { confirmed, ownHold } from './hold.ts';
import type { Scope } from './scope.ts';

/** What a breaker counts; everything else says nothing on whether the place works. */
export type Strike = Extract<FailureClass, 'transient' | 'unreachable' | 'timeout' | 'overloaded'>;

const STRIKES_TO_OPEN = 3;

/**
 * One failure more. An open breaker listens to its probe alone: what else was under way when it opened tells of the time before.
 * `counts`: the failure is charged to this scope. True where that opened the breaker or kept it open.
 */
export function strike(scope: Scope, why: Strike, place: Place, now: number, counts: boolean): boolean {
  if (scope.open !== undefined) {
    if (scope.open.probe !== place) return false;
    scope.open = confirmed(scope.open, scope.open.why, now);
    scope.strikes += 1;
    return true;
  }
  if (!counts) return false;
  scope.strikes += 1;
  if (scope.strikes < STRIKES_TO_OPEN) return false;
  scope.open = ownHold('open', why, place, now);
  return true;
}

/** True where it was open. */
export function close(scope: Scope | undefined): boolean {
  if (scope === undefined) return false;
  const was = scope.open !== undefined;
  scope.open = undefined;
  scope.strikes = 0;
  return was;
}
