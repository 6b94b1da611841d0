import * as l10n from '@vscode/l10n';
import type { PanelTotals } from '../src/vscode/usage-panel/messages.ts';
import { count, exactMoney, money, nanos, placesOf, signedNanos } from './format.ts';

export function unpricedMeans(): string {
  return l10n.t('The price book has no price for the model, so the cost is unknown and not part of any sum.');
}

export function estimatedMeans(): string {
  return l10n.t('The provider did not report its usage, so tokens and cost are estimated from the size of the texts.');
}

/** A cost as it is shown: `text` alone never hides that something is unknown. */
export interface ShownCost {
  readonly text: string;
  /** Undefined for what is no amount. */
  readonly places: 2 | 4 | undefined;
  readonly notes: readonly { readonly words: string; readonly means: string }[];
  readonly title: string;
}

/** A sum of nothing but unpriced requests is unpriced: $0 would be a claim. */
export function sumShown(totals: Pick<PanelTotals, 'costUsd' | 'unpriced' | 'estimated'>): ShownCost {
  const nano = nanos(totals.costUsd);
  const { unpriced, estimated } = totals;
  const notes = [
    ...(unpriced > 0 ? [{ words: l10n.t('{0} unpriced', count(unpriced)), means: unpricedMeans() }] : []),
    ...(estimated > 0 ? [{ words: l10n.t('{0} estimated', count(estimated)), means: estimatedMeans() }] : []),
  ];
  if (nano === undefined || (nano === 0n && unpriced > 0)) return { ...unknown(), notes };
  return { text: money(nano), places: placesOf(nano), notes, title: exactMoney(nano) };
}

export function requestShown(costUsd: string | undefined, estimated: boolean): ShownCost {
  const nano = nanos(costUsd);
  const notes = estimated ? [{ words: l10n.t('estimated'), means: estimatedMeans() }] : [];
  if (nano === undefined) return { ...unknown(), notes };
  return { text: `${estimated ? '~' : ''}${money(nano)}`, places: placesOf(nano), notes, title: exactMoney(nano) };
}

function unknown(): Omit<ShownCost, 'notes'> {
  return { text: l10n.t('unpriced'), places: undefined, title: unpricedMeans() };
}

/** What caching saved, and how much of it is not known. */
export function savedShown({ savedUsd, unpriced, requests }: Pick<PanelTotals, 'savedUsd' | 'unpriced' | 'requests'>): {
  readonly text: string;
  readonly title: string;
} {
  const nano = signedNanos(savedUsd) ?? 0n;
  if (nano === 0n && unpriced > 0 && unpriced === requests) return { text: l10n.t('unpriced'), title: unpricedMeans() };
  const means =
    nano < 0n
      ? l10n.t('{0}: writing to the provider cache has cost more than reading from it has saved so far.', exactMoney(nano))
      : l10n.t('{0}: what the same tokens would have cost without the provider cache, less what they did cost.', exactMoney(nano));
  const missing = unpriced === 0 ? '' : ` ${l10n.t('Requests without a price are not part of it: {0}.', count(unpriced))}`;
  return { text: money(nano), title: `${means}${missing}` };
}

/** Of all input tokens those that came from the provider cache; undefined where there were none. */
export function cacheHits({
  input,
  cacheRead,
  cacheWrite,
}: Pick<PanelTotals, 'input' | 'cacheRead' | 'cacheWrite'>): number | undefined {
  const all = input + cacheRead + cacheWrite;
  return all === 0 ? undefined : cacheRead / all;
}
