import { PRICES_FROM } from '../core/config/schema-money.ts';
import type { PriceFault } from '../core/ledger/price-fields.ts';
import { createPriceBook, type AddedPrices, type PriceBook } from '../core/ledger/price-book.ts';
import { priceChanges, type ModelName, type PriceChanges } from '../core/ledger/price-changes.ts';
import { readPriceFile } from '../core/ledger/price-file.ts';
import { checkFetchedPrices } from '../core/ledger/price-refresh.ts';
import { PRESETS } from '../core/providers/presets.ts';
import type { Upstream } from '../core/ports.ts';
import { getWhole } from './get-whole.ts';
import type { PriceKind } from './kept-prices.ts';

/** Prices that somebody may take over after having seen what they change. */
export interface PriceProposal {
  readonly kind: PriceKind;
  /** The file's name, or the address. */
  readonly name: string;
  readonly text: string;
  readonly asOf: string | undefined;
  readonly changes: PriceChanges;
  /** Patterns with `*`: what they change depends on the model. */
  readonly patterns: number;
  /** Entries that are of no use, and those that are wrong (`models[3].input on line 12 …`). */
  readonly leftOut: number;
  readonly faults: readonly string[];
}

const MOST_BYTES = 20_000_000;
const MOST_FAULTS = 20;

/** Throws with a sentence for what cannot be used. `before`: the prices that hold; `added`: what they are made of. */
export async function proposeImport(
  before: PriceBook,
  added: AddedPrices,
  file: { readonly name: string; readonly text: string },
  now: number,
): Promise<PriceProposal> {
  if (file.text.length > MOST_BYTES) throw new Error(`"${file.name}" is too large for a list of prices`);
  const { file: read, faults, leftOut } = readPriceFile(file.text, file.name);
  const told = faults.slice(0, MOST_FAULTS).map(faultText);
  if (read === undefined) throw new Error(`"${file.name}" cannot be used: ${told.slice(0, 3).join('; ')}`);
  const all = [...read.models.values()].flat();
  if (all.length + read.patterns.length === 0) throw new Error(`"${file.name}" has no prices in it`);
  const after = createPriceBook();
  after.use({ ...added, files: [read] });
  const changes = await priceChanges(before, after, distinct(all.flatMap((entry) => namesOf(entry, before))), now);
  return { kind: 'imported', ...file, asOf: read.asOf, changes, patterns: read.patterns.length, leftOut, faults: told };
}

/** Asks `address` for the list of today. Throws with a sentence for whatever is not whole and sane. */
export async function proposeRefresh(
  before: PriceBook,
  added: AddedPrices,
  { upstream, address }: { readonly upstream: Upstream; readonly address: string },
  now: number,
): Promise<PriceProposal> {
  const text = await fetchText(upstream, address);
  const read = await checkFetchedPrices(text, now);
  if (!read.ok) throw new Error(`the fetched prices ${read.why}; the prices stay as they are`);
  const after = createPriceBook();
  after.use({ ...added, refreshed: read.prices });
  const names = read.prices.providers.flatMap(({ id, models }) => models.map((model) => ({ provider: id, model: model.id })));
  const changes = await priceChanges(before, after, names, now);
  const { asOf } = read.prices;
  return { kind: 'refreshed', name: address, text, asOf, changes, patterns: 0, leftOut: read.leftOut, faults: [] };
}

async function fetchText(upstream: Upstream, address: string): Promise<string> {
  const { origin, pathname } = new URL(address);
  const reply = await getWhole(upstream, {
    origin,
    // A copy of one's own may stand inside; what everybody fetches does not.
    local: address !== PRICES_FROM,
    path: pathname,
    headers: ['accept', 'application/json', 'user-agent', 'gatehouse'],
    maxBytes: MOST_BYTES,
  });
  if ('failure' in reply)
    throw new Error(`the prices could not be fetched from ${origin} (${reply.failure}); they stay as they are`);
  if (reply.status !== 200) throw new Error(`${origin} answered ${reply.status} instead of prices; they stay as they are`);
  return reply.body.toString('utf8');
}

const KNOWN_PROVIDERS = [...new Set(Object.values(PRESETS).map(({ priceProvider }) => priceProvider))];

/** A model of whichever provider is compared where the book knows it. */
function namesOf({ provider, model }: ModelName, before: PriceBook): readonly ModelName[] {
  if (provider !== undefined) return [{ provider, model }];
  const known = KNOWN_PROVIDERS.filter((id) => id !== undefined && before.describe(id, model) !== undefined);
  return known.length === 0 ? [{ provider, model }] : known.map((id) => ({ provider: id, model }));
}

function distinct(models: readonly ModelName[]): readonly ModelName[] {
  return [...new Map(models.map((name) => [`${name.provider ?? ''}\n${name.model}`, name])).values()];
}

function faultText({ at, line, message }: PriceFault): string {
  return [at, message, line === undefined ? '' : `(line ${line})`].filter(Boolean).join(' ');
}
