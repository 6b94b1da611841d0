import type { Anomaly } from '../../core/ledger/anomalies/anomaly.ts';
import { shortUsd } from '../../core/ledger/money.ts';
import type { PlaceHealth } from '../../core/routing/health/health.ts';
import type { RoutingNews } from '../../core/routing/routing-state.ts';
import type { Burst } from '../../core/routing/limits/burst.ts';
import { clockTime, count, duration } from './markdown.ts';
import { outcomeWords, whyWords } from './words.ts';

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

/** Of a rotated key whose new value is refused, every request brings news: told once in a while. */
export class FormerValueAlarms {
  readonly #toldAt = new Map<string, number>();

  /** Undefined: it was told already. */
  hear(
    { key, provider, status }: Extract<RoutingNews, { kind: 'former-value' }>,
    label: string,
    now = Date.now(),
  ): string | undefined {
    if (now - (this.#toldAt.get(key) ?? -Infinity) < FORMER_VALUE_PAUSE_MS) return undefined;
    this.#toldAt.set(key, now);
    return `${provider} rejects the new value of "${label}" (${status}). Requests go with the former one until that is erased.`;
  }
}

const FORMER_VALUE_PAUSE_MS = 5 * 60 * 1000;

export function burstText({ agent, perMinute, usual }: Burst, paused: boolean): string {
  const often = `"${agent}" sent ${count(perMinute)} requests in the last minute; in a usual busy minute it sends ${usualText(usual)}.`;
  return often + pausedText(paused);
}

/** What it was, what is usual, since when. `now`: milliseconds since the epoch. */
export function anomalyText(anomaly: Anomaly, paused: boolean, now: number): string {
  return unlikeText(anomaly, now) + pausedText(paused);
}

function unlikeText(anomaly: Anomaly, now: number): string {
  const since = clockTime(anomaly.since, now);
  switch (anomaly.kind) {
    case 'spend': {
      const { agent, spentNano, minutes, usualNano } = anomaly;
      const spent = `"${agent}" has spent ${shortUsd(spentNano)} since ${since}, ${shortUsd(spentNano / minutes)} a minute.`;
      return `${spent} Usually it spends at most ${shortUsd(usualNano)} in a whole quarter of an hour.`;
    }
    case 'errors': {
      const { agent, requests, failed, usualShare, code } = anomaly;
      const failing = `${count(failed)} of the last ${count(requests)} requests of "${agent}" failed, since ${since}`;
      const why = code === undefined ? '' : `; most often: ${outcomeWords(code)}`;
      return `${failing}${why}. Usually ${usualShare === 0 ? 'none fail' : `at most ${Math.ceil(usualShare * 100)} % fail`}.`;
    }
    case 'latency': {
      const { agent, target, answers, medianMs, usualMs } = anomaly;
      const slow = `${target} keeps "${agent}" waiting since ${since}: half of its last ${count(answers)} answers took over ${duration(medianMs)}.`;
      return `${slow} Answers of their size usually take ${duration(usualMs)}.`;
    }
    default:
      return anomaly satisfies never;
  }
}

function pausedText(paused: boolean): string {
  return paused ? ' It was paused: its requests are refused until you resume it.' : '';
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
