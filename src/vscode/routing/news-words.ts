import * as l10n from '@vscode/l10n';
import type { Anomaly } from '../../core/ledger/anomalies/anomaly.ts';
import { shortUsd } from '../../core/ledger/money.ts';
import type { PlaceHealth } from '../../core/routing/health/health.ts';
import type { RoutingNews } from '../../core/routing/routing-state.ts';
import type { Burst } from '../../core/routing/limits/burst.ts';
import { clockTime, count, duration } from './markdown.ts';
import { outcomeWords, whyWords } from './words.ts';

/** What a notification about a key offers. */
export type KeyRemedy = 'rotateKey' | 'testKey' | 'addKey';

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

function alarmOf(place: PlaceHealth, names: Names): KeyAlarm {
  const { status } = place;
  const [text, then, remedies] = alarmParts(place, names);
  return { text: `${text}${status === undefined ? '' : ` (${status})`}. ${then}`, remedies };
}

/** What it is, without its end; what follows from it; what helps. The status stands between. */
function alarmParts(
  { why, status, model }: PlaceHealth,
  { provider, key }: Names,
): readonly [text: string, then: string, remedies: readonly KeyRemedy[]] {
  if (why === 'out-of-credit') {
    return [
      key === undefined
        ? l10n.t('The account at {0} has nothing left to spend', provider)
        : l10n.t('The account of the key "{0}" at {1} has nothing left to spend', key, provider),
      l10n.t('Requests go to other keys or fallbacks until it has.'),
      key === undefined ? [] : ['testKey'],
    ];
  }
  if (key === undefined) {
    return [
      l10n.t('{0} refuses requests without a key', provider),
      l10n.t('Requests go to fallbacks until it takes them.'),
      ['addKey'],
    ];
  }
  if (status === 403) {
    return [
      l10n.t('{0} does not let the key "{1}" use {2}', provider, key, model),
      l10n.t('Requests for it go to other keys or fallbacks.'),
      ['rotateKey', 'testKey'],
    ];
  }
  return [
    l10n.t('{0} rejected the key "{1}"', provider, key),
    l10n.t('Requests go to other keys or fallbacks until it is replaced.'),
    ['rotateKey', 'testKey'],
  ];
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
    return l10n.t(
      '{0} rejects the new value of "{1}" ({2}). Requests go with the former one until that is erased.',
      provider,
      label,
      status,
    );
  }
}

const FORMER_VALUE_PAUSE_MS = 5 * 60 * 1000;

export function burstText({ agent, perMinute, usual }: Burst, paused: boolean): string {
  const often = l10n.t(
    '"{0}" sent {1} requests in the last minute; in a usual busy minute it sends {2}.',
    agent,
    count(perMinute),
    usualText(usual),
  );
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
      return l10n.t(
        '"{0}" has spent {1} since {2}, {3} a minute. Usually it spends at most {4} in a whole quarter of an hour.',
        agent,
        shortUsd(spentNano),
        since,
        shortUsd(spentNano / minutes),
        shortUsd(usualNano),
      );
    }
    case 'errors': {
      const { agent, requests, failed, usualShare, code } = anomaly;
      const figures = [count(failed), count(requests), agent, since] as const;
      const failing =
        code === undefined
          ? l10n.t('{0} of the last {1} requests of "{2}" failed, since {3}.', ...figures)
          : l10n.t('{0} of the last {1} requests of "{2}" failed, since {3}; most often: {4}.', ...figures, outcomeWords(code));
      const usual =
        usualShare === 0 ? l10n.t('Usually none fail.') : l10n.t('Usually at most {0} % fail.', Math.ceil(usualShare * 100));
      return `${failing} ${usual}`;
    }
    case 'latency': {
      const { agent, target, answers, medianMs, usualMs } = anomaly;
      return l10n.t(
        '{0} keeps "{1}" waiting since {2}: half of its last {3} answers took over {4}. Answers of their size usually take {5}.',
        target,
        agent,
        since,
        count(answers),
        duration(medianMs),
        duration(usualMs),
      );
    }
    default:
      return anomaly satisfies never;
  }
}

function pausedText(paused: boolean): string {
  return paused ? ` ${l10n.t('It was paused: its requests are refused until you resume it.')}` : '';
}

function usualText(usual: number): string {
  return usual < 10 ? String(Math.round(usual * 10) / 10) : count(Math.round(usual));
}

/** Mostly it is a program that was started before its token was rotated, or that belongs to another window. */
export function refusedText(): string {
  return l10n.t(
    'Gatehouse refuses requests without a valid local token. Mostly a terminal from before a rotation, or of another window, still has an old one: close it and open the agent again. If you know of none, another program on this machine is trying to get in; it reached no provider.',
  );
}

/** One line for the log; holds ids, never a secret. */
export function healthLine({ provider, model, key, state, why, status, until }: PlaceHealth, now: number): string {
  const place = `${provider}/${model}${key === undefined ? '' : ` with the key ${key}`}`;
  if (state === 'well') return `${place} is well again`;
  const again = until === undefined ? '' : `; it is tried again at ${clockTime(until, now)}`;
  return `${place} is set aside: ${whyWords(why, status)}${again}`;
}
