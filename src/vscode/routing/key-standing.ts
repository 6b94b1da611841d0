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
  const own = places.filter((place) => place.key === key);
  const held = own.filter((place) => place.state !== 'well' && OF_KEYS.has(place.why));
  const [gravest] = held.toSorted((a, b) => gravity(a) - gravity(b) || (a.since ?? 0) - (b.since ?? 0));
  if (gravest === undefined) return undefined;
  const same = held.filter((place) => place.why === gravest.why);
  const trying = gravest.state === 'half-open' ? ', is being tried again' : '';
  return `${isDead(gravest) ? 'set aside' : 'resting'}${modelsOf(gravest, same.length)}: ${whyWords(gravest.why, gravest.status)}${spanOf(gravest, now)}${trying}`;
}

/** A verdict on the key itself holds for all its models; others name the model, and 403 is about one as well. */
function modelsOf(gravest: PlaceHealth, held: number): string {
  if (isDead(gravest) && !(gravest.why === 'key-rejected' && gravest.status === 403)) return '';
  return ` for ${gravest.model}${held > 1 ? ` and ${held - 1} more` : ''}`;
}

function spanOf({ since, until, state, why }: PlaceHealth, now: number): string {
  // A dead key is tried again by itself from time to time, but only a person can mend it.
  if (why === 'key-rejected' || why === 'out-of-credit') return since === undefined ? '' : `, since ${clockTime(since, now)}`;
  return until === undefined || state === 'half-open' ? '' : `, until ${clockTime(until, now)}`;
}

function isDead({ why }: PlaceHealth): boolean {
  return why === 'key-rejected' || why === 'out-of-credit';
}

function gravity(place: PlaceHealth): number {
  return isDead(place) ? 0 : place.why === 'quota' ? 1 : 2;
}
