import type { ModelPrice, Provider } from '@pydantic/genai-prices';
import { tokenCount } from '../ir/usage.ts';
import type { Usage } from '../ir/usage.ts';
import { findEntry, piecesNano, pricesAt, providerOf, tokensByBook } from './book-prices.ts';
import type { BookEntry } from './book-prices.ts';
import { offeredModelIds } from './known-models.ts';
import { findCard, type PriceFile } from './price-file.ts';
import type { RefreshedPrices } from './price-refresh.ts';
import { findPriceRule, type PriceOverrides, type PriceRule } from './price-rules.ts';
import { tierFactor } from './service-tiers.ts';
import { tokensByCard, type PriceCard } from './token-prices.ts';

export interface CostQuestion {
  /** The provider's id in the price book; undefined where the book cannot know the price (a server of one's own). */
  readonly priceProvider: string | undefined;
  readonly model: string;
  readonly usage: Usage;
  /** Milliseconds since the epoch: some prices begin on a day or hold for hours of the day. */
  readonly at: number;
  /** The prices that the user gave the provider. */
  readonly overrides: PriceOverrides | undefined;
  /** Local providers: costs nothing and counts as priced, unless the user set a price. */
  readonly free: boolean;
  /** Whose request it is, and the provider's name in the configuration: what rules and files may ask for. */
  readonly agent?: string | undefined;
  readonly provider?: string | undefined;
  /** The service tier, as the answer told it. */
  readonly tier?: string | undefined;
  /** The user's own prices; they go before all others, in the order of `findPriceRule`. */
  readonly rules?: readonly PriceRule[] | undefined;
}

export interface Cost {
  /** Integer nano-dollars. */
  readonly nano: number;
  /** Whose price it is: the user's rule, a provider that costs nothing, an imported file by its name, the refreshed book or the bundled one. */
  readonly from: 'rule' | 'free' | 'refreshed' | 'bundled' | `file:${string}`;
}

/** Where prices come from, and how old they are. */
export interface PriceSource {
  readonly name: string;
  /** `2026-09-23`; undefined for a file that does not say. */
  readonly asOf: string | undefined;
}

/** What a user has added to the bundled prices. The first file that knows a model holds. */
export interface AddedPrices {
  readonly files?: readonly PriceFile[];
  readonly refreshed?: RefreshedPrices | undefined;
}

/** What pickers show. Prices are US dollars per million tokens, below any tier's threshold. */
export interface ModelFacts {
  readonly id: string;
  readonly name: string;
  readonly contextTokens: number | undefined;
  /** Undefined for every model so far: the book carries no output limits. */
  readonly outputTokens: number | undefined;
  readonly inputUsd: number | undefined;
  readonly outputUsd: number | undefined;
}

/** No method throws. `at` is in milliseconds since the epoch and defaults to now. */
export interface PriceBook {
  /**
   * What `usage` costs in nano-dollars, or undefined for "unpriced". Never negative, never NaN. Precedence: the user's rules and the
   * provider's prices, then nothing for free providers, imported files, refreshed prices, bundled ones.
   */
  cost(question: CostQuestion): Cost | undefined;
  /** Undefined when the book does not know the model. `provider`: its name in the configuration, by which a file may price it. */
  describe(priceProvider: string | undefined, model: string, at?: number, provider?: string): ModelFacts | undefined;
  /** Models that an agent could be given now, newest names first; empty for a provider that the book does not know. */
  modelsOf(priceProvider: string | undefined, at?: number): readonly ModelFacts[];
  /** The date of the book's prices: the refreshed ones, else the bundled. */
  asOf(): string;
  /** Every source in use, in the order in which they are asked. */
  sources(): readonly PriceSource[];
  /**
   * Replaces what was added before. Holds for requests that began at `from` (milliseconds since the epoch) or later; earlier ones that
   * are still to be priced have the prices of their own time.
   */
  use(added: AddedPrices, from?: number): void;
}

/** The day on which version 0.1.8 of the price data was published. The package carries no date; a test ties this one to the version. */
const PRICES_AS_OF = '2026-09-23';

/** Model names come from agents, so the memory of look-ups is bounded; it starts over when full. */
const MEMORY_LIMIT = 2_000;

/** What runs at most a day may still be settled by earlier prices. */
const ERAS_KEPT = 4;

interface Era {
  readonly added: AddedPrices;
  readonly from: number;
  readonly memory: Map<string, Found | undefined>;
}

type Found = { readonly entry: BookEntry; readonly from: 'refreshed' | 'bundled' };

export function createPriceBook(): PriceBook {
  let latest: Era = { added: {}, from: -Infinity, memory: new Map() };
  /** The latest first. */
  let eras: readonly Era[] = [latest];
  const lookUp = ({ added, memory }: Era, priceProvider: string | undefined, model: string): Found | undefined => {
    if (priceProvider === undefined) return undefined;
    const key = `${priceProvider}\n${model}`;
    if (memory.has(key)) return memory.get(key);
    if (memory.size >= MEMORY_LIMIT) memory.clear();
    const found = search(priceProvider, model, added.refreshed?.providers);
    memory.set(key, found);
    return found;
  };
  const facts = (priceProvider: string | undefined, model: string, at: number, provider?: string): ModelFacts | undefined => {
    const found = lookUp(latest, priceProvider, model);
    const known = found && describeEntry(found.entry, model, at);
    const own = cardIn(latest.added, [provider, priceProvider], model, at);
    if (own === undefined) return known;
    const { input: inputUsd, output: outputUsd } = own.card.prices;
    return { ...(known ?? { id: model, name: model, contextTokens: undefined, outputTokens: undefined }), inputUsd, outputUsd };
  };
  return {
    cost(question) {
      const era = eras.find(({ from }) => from <= question.at) ?? eras.at(-1) ?? latest;
      return cost(question, lookUp(era, question.priceProvider, question.model), era.added);
    },
    describe: (priceProvider, model, at = Date.now(), provider?) => facts(priceProvider, model, at, provider),
    modelsOf: (priceProvider, at = Date.now()) =>
      offeredModelIds(priceProvider === undefined ? undefined : providerOf(priceProvider, latest.added.refreshed?.providers))
        .map((id) => facts(priceProvider, id, at))
        .filter((known) => known !== undefined)
        .filter((known) => known.inputUsd !== undefined && known.outputUsd !== undefined),
    asOf: () => latest.added.refreshed?.asOf ?? PRICES_AS_OF,
    sources: () => [
      ...(latest.added.files ?? []).map(({ name, asOf }) => ({ name, asOf })),
      ...(latest.added.refreshed ? [{ name: 'refreshed', asOf: latest.added.refreshed.asOf }] : []),
      { name: 'bundled', asOf: PRICES_AS_OF },
    ],
    use(added, from = -Infinity) {
      latest = { added, from, memory: new Map() };
      eras = [latest, ...eras].slice(0, ERAS_KEPT);
    },
  };
}

/** In the first file that knows the model. */
function cardIn(
  { files = [] }: AddedPrices,
  providers: readonly (string | undefined)[],
  model: string,
  at: number,
): { readonly card: PriceCard; readonly from: Cost['from'] } | undefined {
  for (const file of files) {
    const card = findCard(file, providers, model, at);
    if (card) return { card, from: `file:${file.name}` };
  }
  return undefined;
}

/** A model that a newer book has dropped is still priced by the older one. */
function search(priceProvider: string, model: string, refreshed: readonly Provider[] | undefined): Found | undefined {
  const newer = refreshed && findEntry(priceProvider, model, refreshed);
  if (newer) return { entry: newer, from: 'refreshed' };
  const entry = findEntry(priceProvider, model, undefined);
  return entry && { entry, from: 'bundled' };
}

function cost(question: CostQuestion, found: Found | undefined, added: AddedPrices): Cost | undefined {
  const { usage, model, agent, provider, priceProvider, tier, at } = question;
  const rule = findPriceRule(question.rules ?? [], question.overrides, { agent, provider, model });
  if (rule === undefined && question.free) return { nano: 0, from: 'free' };
  const counts = [
    usage.input,
    usage.cacheRead,
    usage.cacheWrite5m,
    usage.cacheWrite1h,
    usage.output,
    ...Object.values(usage.units),
  ];
  if (counts.some((count) => tokenCount(count) === undefined)) return undefined;
  const factor = tierFactor(priceProvider, model, tier);
  // A user's price is the last word, also in a tier of which nothing is known.
  if (rule) return byCard({ prices: rule }, question, found, factor ?? 1, 'rule');
  const own = cardIn(added, [provider, priceProvider], model, at);
  if (own) return byCard(own.card, question, found, factor, own.from);
  if (!found || factor === undefined) return undefined;
  const tokens = tokensByBook(usage, at, found.entry);
  const pieces = piecesNano(usage, question, found.entry, undefined);
  return tokens && whole(tokens.request + factor * tokens.tokens, pieces, found.from);
}

/** Searches and the like keep the book's price where the card has none. */
function byCard(
  card: PriceCard,
  question: CostQuestion,
  found: Found | undefined,
  factor: number | undefined,
  from: Cost['from'],
): Cost | undefined {
  const tokens = tokensByCard(card, question.usage, (question.tier ?? '').toLowerCase(), factor);
  return whole(tokens, piecesNano(question.usage, question, found?.entry, card.prices.searches), from);
}

/** The one place where a sum is rounded. Undefined for what no amount can be: negative, NaN, beyond nine million dollars. */
function whole(tokens: number | undefined, pieces: number | undefined, from: Cost['from']): Cost | undefined {
  if (tokens === undefined || pieces === undefined || tokens < 0 || pieces < 0) return undefined;
  const nano = Math.round(tokens + pieces);
  return Number.isSafeInteger(nano) ? { nano, from } : undefined;
}

function describeEntry(entry: BookEntry, id: string, at: number): ModelFacts {
  const prices = pricesAt(entry, at);
  const free = entry.free ? 0 : undefined;
  return {
    id,
    name: entry.info.name ?? entry.info.id,
    contextTokens: entry.info.context_window,
    outputTokens: undefined,
    inputUsd: basePrice(prices['input_mtok']) ?? free,
    outputUsd: basePrice(prices['output_mtok']) ?? free,
  };
}

function basePrice(price: ModelPrice[string]): number | undefined {
  return typeof price === 'object' ? price.base : price;
}
