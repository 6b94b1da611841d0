import type { PanelTotals } from '../src/vscode/usage-panel/messages.ts';
import { exactMoney, money, nanos, plural } from './format.ts';

export const unpricedMeans = 'The price book has no price for the model, so the cost is unknown and not part of any sum.';
export const estimatedMeans = 'The provider did not report its usage, so tokens and cost are estimated from the size of the texts.';

/** A cost as it is shown: `text` alone never hides that something is unknown. */
export interface ShownCost {
  readonly text: string;
  readonly notes: readonly { readonly words: string; readonly means: string }[];
  readonly title: string;
}

/** A sum of nothing but unpriced requests is unpriced: $0 would be a claim. */
export function sumShown(totals: Pick<PanelTotals, 'costUsd' | 'unpriced' | 'estimated'>): ShownCost {
  const nano = nanos(totals.costUsd);
  const unknown = nano === undefined || (nano === 0n && totals.unpriced > 0);
  const notes = [
    ...(totals.unpriced > 0 ? [{ words: plural(totals.unpriced, 'unpriced', 'unpriced'), means: unpricedMeans }] : []),
    ...(totals.estimated > 0 ? [{ words: plural(totals.estimated, 'estimated', 'estimated'), means: estimatedMeans }] : []),
  ];
  return { text: unknown ? 'unpriced' : money(nano), notes, title: unknown ? unpricedMeans : exactMoney(nano) };
}

export function requestShown(costUsd: string | undefined, estimated: boolean): ShownCost {
  const nano = nanos(costUsd);
  const notes = estimated ? [{ words: 'estimated', means: estimatedMeans }] : [];
  if (nano === undefined) return { text: 'unpriced', notes, title: unpricedMeans };
  return { text: `${estimated ? '~' : ''}${money(nano)}`, notes, title: exactMoney(nano) };
}
