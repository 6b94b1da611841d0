import type { PriceStatus } from '../../host/keep-prices.ts';
import type { ModelChoice } from '../../host/list-provider-models.ts';
import { sourceLine } from '../../host/price-words.ts';
import { plain, table } from '../routing/markdown.ts';

/** As Markdown. */
export function pricesDocument({ sources, faults }: PriceStatus, models: readonly ModelChoice[]): string {
  return [
    '# Prices',
    ...faults.map((fault) => `**${plain(fault)}**`),
    'They are asked in this order, after your own in the settings:',
    sources.map((source, at) => `${at + 1}. ${plain(sourceLine(source))}`).join('\n'),
    ...(models.length === 0 ? [] : [tableOf(models)]),
    '',
  ].join('\n\n');
}

function tableOf(models: readonly ModelChoice[]): string {
  const price = (usd: number | undefined): string => (usd === undefined ? 'unknown' : String.raw`\$${usd}`);
  const rows = models.map(({ reference, inputUsd, outputUsd }) => [plain(reference), price(inputUsd), price(outputUsd)]);
  return [...table(['Model', 'Input:', 'Output:'], rows), 'In US dollars per million tokens, by the price book.'].join('\n');
}
