import type { FailureClass } from '../failures/failure.ts';
import type { BlockedWhy, Place } from './health.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const LONGEST_QUOTA_MS = 24 * HOUR;
export const LONGEST_COOLDOWN_MS = HOUR;

/** `dead` and `open` are news for a person, `quota` and `cooldown` end by themselves. */
export type HoldKind = 'dead' | 'quota' | 'cooldown' | 'open';

/** A reason not to ask. It lies on a scope (see `breaker.ts`) and ends with its time if a provider told that, with a good probe if not. */
export interface Hold {
  readonly kind: HoldKind;
  readonly why: FailureClass;
  /** The provider's status, of a `dead` one; not kept over a restart. */
  readonly status?: number;
  /** Where it was noticed. */
  readonly place: Place;
  /** When it was first noticed; for people. */
  readonly since: number;
  /** When it was last confirmed. */
  confirmedAt: number;
  until: number;
  /** The provider gave the time: nobody goes before it, and everybody after it. Without: our own judgement, which a probe decides about. */
  readonly told: boolean;
  /** Failed probes after the first verdict; each doubles what doubles. */
  readonly doublings: number;
  probe: Place | undefined;
  probeAt: number;
}

/** `over`: as if it were not there. `probing`: the one that may go is out. */
export type Gate = 'over' | 'probe' | 'probing' | 'shut';

/** Longer than any deadline of a request; a probe that is not reported by then was lost by a fault of ours. */
const PROBE_FORGOTTEN_AFTER_MS = 15 * MINUTE;
/** Long enough that an agent's burst of repetitions is answered by one probe, short enough for somebody who just paid and tries again. */
const LAST_RESORT_AFTER_MS = 10 * SECOND;
/** When somebody who found a probe under way should look again: most have their verdict by then. */
const LOOK_AGAIN_MS = SECOND;

export function ownHold(kind: 'dead' | 'quota' | 'open', why: FailureClass, place: Place, now: number, doublings = 0): Hold {
  const until = now + lastsMs(kind, why, doublings);
  return { kind, why, place, since: now, confirmedAt: now, until, told: false, doublings, probe: undefined, probeAt: 0 };
}

export function toldHold(kind: 'quota' | 'cooldown', why: FailureClass, place: Place, now: number, waitMs: number): Hold {
  const until = now + Math.min(waitMs, kind === 'quota' ? LONGEST_QUOTA_MS : LONGEST_COOLDOWN_MS);
  return { kind, why, place, since: now, confirmedAt: now, until, told: true, doublings: 0, probe: undefined, probeAt: 0 };
}

/**
 * A probe failed. Where it went before its time, as a last resort, the time stays as it is: with a single provider each request is
 * such a probe, and an agent's repetitions within one second would drive the wait to its maximum.
 */
export function confirmed(hold: Hold, why: FailureClass, now: number): Hold {
  if (why === hold.why && now < hold.until) return { ...hold, confirmedAt: now, probe: undefined };
  const doublings = hold.doublings + 1;
  return { ...hold, why, confirmedAt: now, until: now + lastsMs(hold.kind, why, doublings), doublings, probe: undefined };
}

export function gateOf(hold: Hold, now: number, lastResort: boolean): Gate {
  // A clock that was set back would prolong what is held by as much. Then it is over instead.
  const runs = now < hold.until && now >= hold.confirmedAt;
  if (hold.told) return runs ? 'shut' : 'over';
  if (hold.probe !== undefined && now >= hold.probeAt && now - hold.probeAt < PROBE_FORGOTTEN_AFTER_MS) return 'probing';
  if (!runs) return 'probe';
  return lastResort && now - hold.confirmedAt >= lastResortAfterMs(hold) ? 'probe' : 'shut';
}

/** What keeps a place from being asked now, of all that is held against it, gravest first. `until` is when the last of it may be over. */
export interface Bar {
  readonly hold: Hold;
  readonly why: BlockedWhy;
  readonly until: number;
}

export function barOf(holds: readonly Hold[], now: number, lastResort: boolean): Bar | undefined {
  let shut: Hold | undefined;
  let probing: Hold | undefined;
  let until = 0;
  for (const hold of holds) {
    const gate = gateOf(hold, now, lastResort);
    if (gate === 'shut') {
      shut ??= hold;
      until = Math.max(until, hold.until);
    } else if (gate === 'probing') {
      probing ??= hold;
      until = Math.max(until, now + LOOK_AGAIN_MS);
    }
  }
  if (shut !== undefined) return { hold: shut, why: blockedWhy(shut), until };
  return probing === undefined ? undefined : { hold: probing, why: 'probe-under-way', until };
}

function blockedWhy(hold: Hold): BlockedWhy {
  switch (hold.kind) {
    case 'dead':
      return hold.why === 'out-of-credit' ? 'out-of-credit' : 'key-rejected';
    case 'quota':
      return 'quota';
    case 'cooldown':
      return 'cooldown';
    case 'open':
      return 'breaker-open';
    default:
      return hold.kind satisfies never;
  }
}

function lastsMs(kind: HoldKind, why: FailureClass, doublings: number): number {
  switch (kind) {
    case 'dead':
      // Credit comes back less often than a permission, and some providers count refused requests against an account.
      return why === 'out-of-credit' ? 15 * MINUTE : 5 * MINUTE;
    case 'quota':
      return Math.min(HOUR * 2 ** doublings, LONGEST_QUOTA_MS);
    case 'cooldown':
      // Always told.
      return 0;
    case 'open':
      return Math.min(10 * SECOND * 2 ** doublings, 5 * MINUTE);
    default:
      return kind satisfies never;
  }
}

/** A breaker that refuses while nobody else is left helps nobody; a refused key asked again at once only annoys its provider. */
function lastResortAfterMs(hold: Hold): number {
  return hold.kind === 'open' ? 0 : LAST_RESORT_AFTER_MS;
}
