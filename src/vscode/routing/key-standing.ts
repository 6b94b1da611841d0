import * as l10n from '@vscode/l10n';
import type { FailureClass } from '../../core/routing/failures/failure.ts';
import type { PlaceHealth } from '../../core/routing/health/health.ts';
import { clockTime } from './markdown.ts';
import { whyWords } from './words.ts';

/** These are held against a key; the others against a model or a host. */
const OF_KEYS: ReadonlySet<FailureClass | undefined> = new Set(['key-rejected', 'out-of-credit', 'quota', 'rate-limited']);

/**
 * What is held against a key, for its place in a list: `set aside: rejected by the provider (401), since 14:02`. Undefined where there
 * is nothing. `now`: milliseconds since the epoch.
 */
export function keyStanding(key: string, places: readonly PlaceHealth[], now: number): string | undefined {
  const held = heldAgainst(key, places);
  const [gravest] = held;
  if (gravest === undefined) return undefined;
  const same = held.filter((place) => place.why === gravest.why);
  const why = [
    whyWords(gravest.why, gravest.status),
    spanOf(gravest, now),
    gravest.state === 'half-open' ? l10n.t('is being tried again') : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
  const models = modelsOf(gravest, same.length);
  if (isDead(gravest)) return models === undefined ? l10n.t('set aside: {0}', why) : l10n.t('set aside for {0}: {1}', models, why);
  return models === undefined ? l10n.t('resting: {0}', why) : l10n.t('resting for {0}: {1}', models, why);
}

/** Whether only a person can mend it. */
export function isSetAside(key: string, places: readonly PlaceHealth[]): boolean {
  const [gravest] = heldAgainst(key, places);
  return gravest !== undefined && isDead(gravest);
}

/** The gravest first. */
function heldAgainst(key: string, places: readonly PlaceHealth[]): readonly PlaceHealth[] {
  return places
    .filter((place) => place.key === key && place.state !== 'well' && OF_KEYS.has(place.why))
    .toSorted((a, b) => gravity(a) - gravity(b) || (a.since ?? 0) - (b.since ?? 0));
}

/** A verdict on the key itself holds for all its models; others name the model, and 403 is about one as well. */
function modelsOf(gravest: PlaceHealth, held: number): string | undefined {
  if (isDead(gravest) && !(gravest.why === 'key-rejected' && gravest.status === 403)) return undefined;
  return held > 1 ? l10n.t('{0} and {1} more', gravest.model, held - 1) : gravest.model;
}

function spanOf({ since, until, state, why }: PlaceHealth, now: number): string | undefined {
  // A dead key is tried again by itself from time to time, but only a person can mend it.
  if (why === 'key-rejected' || why === 'out-of-credit')
    return since === undefined ? undefined : l10n.t('since {0}', clockTime(since, now));
  return until === undefined || state === 'half-open' ? undefined : l10n.t('until {0}', clockTime(until, now));
}

function isDead({ why }: PlaceHealth): boolean {
  return why === 'key-rejected' || why === 'out-of-credit';
}

function gravity(place: PlaceHealth): number {
  return isDead(place) ? 0 : place.why === 'quota' ? 1 : 2;
}
