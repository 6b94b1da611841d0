import type { ModelName, PriceChange } from '../core/ledger/price-changes.ts';
import type { PriceSource } from '../core/ledger/price-book.ts';
import type { PriceProposal } from './propose-prices.ts';

/** The largest changes, and so many names of new models. */
const MOST_SHOWN = 8;

/** Nothing was ever a hundred times dearer from one day to the next; it is a slip of the unit. */
const SLIP = 100;

export function looksLikeSlip({ changes }: Pick<PriceProposal, 'changes'>): boolean {
  return changes.changed.some(({ times, was, is }) => times >= SLIP && was.input + was.output > 0 && is.input + is.output > 0);
}

/** What prices would change, for somebody who is to decide: a sentence, then the largest changes. */
export function proposalLines({
  changes,
  patterns,
  leftOut,
  faults,
  asOf,
}: Omit<PriceProposal, 'kind' | 'name' | 'text'>): string[] {
  const { added, changed, same } = changes;
  const counts = [
    `Models with a new price: ${added.length}`,
    `changed: ${changed.length}`,
    `as before: ${same}`,
    ...(patterns > 0 ? [`patterns for whatever they match: ${patterns}`] : []),
  ];
  return [
    `${asOf === undefined ? 'The list has no date.' : `Prices as of ${asOf}.`} ${counts.join(', ')}.`,
    ...changed.slice(0, MOST_SHOWN).map(changeLine),
    ...more(changed.length),
    ...(added.length > 0
      ? [`New: ${added.slice(0, MOST_SHOWN).map(nameOf).join(', ')}${added.length > MOST_SHOWN ? ', …' : ''}`]
      : []),
    ...(looksLikeSlip({ changes })
      ? ['A price changes a hundredfold or more: is the list in US dollars, and for the right unit?']
      : []),
    ...(leftOut > 0 ? [`${leftOut} entries have no use here and are left out.`] : []),
    ...(faults.length > 0 ? [`Wrong and left out: ${faults.slice(0, 3).join('; ')}${faults.length > 3 ? '; …' : ''}`] : []),
  ];
}

export function sourceLine({ name, asOf }: PriceSource): string {
  const what = name === 'bundled' ? 'built-in prices' : name === 'refreshed' ? 'refreshed prices' : `imported from ${name}`;
  return `${what}, ${asOf === undefined ? 'without a date' : `as of ${asOf}`}`;
}

function changeLine(change: PriceChange): string {
  const { was, is } = change;
  return `${nameOf(change)}: input ${fromTo(was.input, is.input)}, output ${fromTo(was.output, is.output)}`;
}

function fromTo(was: number, is: number): string {
  return was === is ? `$${is}` : `$${was} → $${is}`;
}

function more(count: number): string[] {
  return count > MOST_SHOWN ? [`… and ${count - MOST_SHOWN} more, all smaller changes`] : [];
}

function nameOf({ provider, model }: ModelName): string {
  return provider === undefined ? model : `${provider}/${model}`;
}
