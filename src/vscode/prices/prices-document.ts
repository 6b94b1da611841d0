import * as l10n from '@vscode/l10n';
import type { PriceStatus } from '../../host/keep-prices.ts';
import type { ModelChoice } from '../../host/list-provider-models.ts';
import { sourceLine } from '../../host/price-words.ts';
import { plain, table } from '../routing/markdown.ts';

/** As Markdown. */
export function pricesDocument({ sources, faults }: PriceStatus, models: readonly ModelChoice[]): string {
  return [
    `# ${l10n.t('Prices')}`,
    ...faults.map((fault) => `**${plain(fault)}**`),
    l10n.t('Prices are looked up in this order, after your own in the settings:'),
    sources.map((source, at) => `${at + 1}. ${plain(sourceLine(source))}`).join('\n'),
    ...(models.length === 0 ? [] : [tableOf(models)]),
    '',
  ].join('\n\n');
}

function tableOf(models: readonly ModelChoice[]): string {
  const price = (usd: number | undefined): string => (usd === undefined ? l10n.t('unknown') : String.raw`\$${usd}`);
  const rows = models.map(({ reference, inputUsd, outputUsd }) => [plain(reference), price(inputUsd), price(outputUsd)]);
  const heads = [l10n.t('Model'), `${l10n.t('Input')}:`, `${l10n.t('Output')}:`];
  return [...table(heads, rows), l10n.t('In US dollars per million tokens, by the price book.')].join('\n');
}
