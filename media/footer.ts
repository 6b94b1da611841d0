import * as l10n from '@vscode/l10n';
import type { PanelState } from '../src/vscode/usage-panel/messages.ts';
import { estimatedMeans, unpricedMeans } from './costs.ts';
import { element, setAttribute, setHidden, setText } from './elements.ts';
import { clockTime, fullMoment } from './format.ts';

/** How old it all is, and what the words mean that not everybody knows. */
export function footer(): { readonly root: HTMLElement; update(state: PanelState): void } {
  const prices = element('span');
  const updated = element('span');
  const unpriced = element('p', {}, l10n.t('Unpriced: {0}', unpricedMeans()));
  const estimated = element('p', {}, l10n.t('Estimated: {0}', estimatedMeans()));
  const root = element('footer', { class: 'quiet' }, element('p', {}, prices, ' ', updated), unpriced, estimated);
  return {
    root,
    update({ pricesAsOf, generatedAt, totals, latest }) {
      setHidden(root, false);
      setText(prices, pricesAsOf === '' ? '' : l10n.t('Prices as of {0}.', pricesAsOf));
      setText(updated, l10n.t('Updated {0}.', clockTime(generatedAt)));
      setAttribute(updated, 'title', fullMoment(generatedAt));
      setHidden(unpriced, totals.unpriced === 0 && latest?.some((request) => request.costUsd === undefined) !== true);
      setHidden(estimated, totals.estimated === 0 && latest?.some((request) => request.estimated) !== true);
    },
  };
}
