import type { PlaceHealth } from '../../core/routing/health/health.ts';
import type { Burst } from '../../core/routing/limits/burst.ts';
import { clockTime, count } from './markdown.ts';
import { whyWords } from './words.ts';

/** What a notification about a key offers. */
export type KeyRemedy = 'Rotate Key' | 'Test Key' | 'Add Key';

export interface KeyAlarm {
  readonly text: string;
  readonly remedies: readonly KeyRemedy[];
}

/** As a person calls the provider and the key. */
export interface Names {
  readonly provider: string;
  /** Undefined where the provider is asked without one. */
  readonly key: string | undefined;
}

/**
 * Decides which news of a key is worth a notification: each key and reason once, until the key is well again. A key that several models
 * refuse (403) is well when all of them are.
 */
export class KeyAlarms {
  /** By key: the models at which it is dead, and the reasons that were told. */
  readonly #told = new Map<string, { readonly models: Set<string>; readonly reasons: Set<string> }>();

  /** Undefined: a line in the log is enough. */
  hear(place: PlaceHealth, names: Names): KeyAlarm | undefined {
    const key = `${place.provider}\n${place.key ?? ''}`;
    const told = this.#told.get(key) ?? { models: new Set(), reasons: new Set() };
    if (place.state !== 'dead') {
      told.models.delete(place.model);
      if (told.models.size === 0) this.#told.delete(key);
      return undefined;
    }
    const reason = `${place.why} ${place.status === 403}`;
    const isNew = !told.reasons.has(reason);
    told.reasons.add(reason);
    told.models.add(place.model);
    this.#told.set(key, told);
    return isNew ? alarmOf(place, names) : undefined;
  }
}

function alarmOf({ why, status, model }: PlaceHealth, { provider, key }: Names): KeyAlarm {
  const said = status === undefined ? '' : ` (${status})`;
  if (why === 'out-of-credit') {
    const whose = key === undefined ? `The account at ${provider}` : `The account of the key "${key}" at ${provider}`;
    return {
      text: `${whose} has nothing left to spend${said}. Requests go to other keys or fallbacks until it has.`,
      remedies: key === undefined ? [] : ['Test Key'],
    };
  }
  if (key === undefined) {
    return {
      text: `${provider} refuses requests without a key${said}. Requests go to fallbacks until it takes them.`,
      remedies: ['Add Key'],
    };
  }
  if (status === 403) {
    return {
      text: `${provider} does not let the key "${key}" use ${model}${said}. Requests for it go to other keys or fallbacks.`,
      remedies: ['Rotate Key', 'Test Key'],
    };
  }
  return {
    text: `${provider} rejected the key "${key}"${said}. Requests go to other keys or fallbacks until it is replaced.`,
    remedies: ['Rotate Key', 'Test Key'],
  };
}

export function burstText({ agent, perMinute, usual }: Burst, paused: boolean): string {
  const often = `"${agent}" sent ${count(perMinute)} requests in the last minute; in a usual busy minute it sends ${usualText(usual)}.`;
  return paused ? `${often} It was paused: its requests are refused until you resume it.` : often;
}

function usualText(usual: number): string {
  return usual < 10 ? String(Math.round(usual * 10) / 10) : count(Math.round(usual));
}

/** Mostly it is a program that was started before its token was rotated, or that belongs to another window. */
export const REFUSED_TEXT =
  'Gatehouse refuses requests without a valid local token. Mostly a terminal from before a rotation, or of another window, still has an old one: close it and open the agent again. If you know of none, another program on this machine is trying to get in; it reached no provider.';

/** One line for the log; holds ids, never a secret. */
export function healthLine({ provider, model, key, state, why, status, until }: PlaceHealth, now: number): string {
  const place = `${provider}/${model}${key === undefined ? '' : ` with the key ${key}`}`;
  if (state === 'well') return `${place} is well again`;
  const again = until === undefined ? '' : `; it is tried again at ${clockTime(until, now)}`;
  return `${place} is set aside: ${whyWords(why, status)}${again}`;
}
