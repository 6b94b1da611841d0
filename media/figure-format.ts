import * as l10n from '@vscode/l10n';
import { compact, count, duration, exactMoney, money, moneyTick, nanosOfNumber, percentage } from './format.ts';

/** How the values of a chart are written. */
export interface FigureFormat {
  /** The values of a slot add up to something, and a zero among them is nothing. */
  readonly sums: boolean;
  tick(value: number, step: number): string;
  short(value: number): string;
  exact(value: number): string;
  /** Nothing in a slot of time: a series of costs does not tell free from unpriced, so this must not read "$0". */
  readonly none: string;
}

export function costFormat(): FigureFormat {
  return {
    sums: true,
    tick: moneyTick,
    short: (usd) => money(nanosOfNumber(usd)),
    exact: (usd) => exactMoney(nanosOfNumber(usd)),
    none: l10n.t('no known cost'),
  };
}

export function tokensFormat(): FigureFormat {
  return { sums: true, tick: compact, short: compact, exact: count, none: l10n.t('no tokens') };
}

export function timesFormat(): FigureFormat {
  return {
    sums: false,
    tick: (ms) => (ms === 0 ? '0' : duration(ms)),
    short: duration,
    exact: (ms) => l10n.t('{0} ms', count(ms)),
    none: l10n.t('no answers'),
  };
}

export function shareFormat(): FigureFormat {
  return { sums: false, tick: percentage, short: percentage, exact: percentage, none: l10n.t('no requests') };
}
