import { calcPrice } from '@pydantic/genai-prices';
import type { ModelInfo, ModelPrice, Provider } from '@pydantic/genai-prices';
import { globMatches } from '../ir/glob.ts';
import { NO_USAGE, tokenCount } from '../ir/usage.ts';
import type { Usage } from '../ir/usage.ts';
import { offeredModelIds } from './known-models.ts';
import { nanoFromUsd } from './money.ts';
import { costByUnits, probeUnitPrices } from './unit-prices.ts';
import type { Calculate, UnitPrices } from './unit-prices.ts';

/** US dollars per million tokens. */
export interface TokenPrices {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite5m?: number | undefined;
  readonly cacheWrite1h?: number | undefined;
}

/** By model glob; the first that matches wins. */
export type PriceOverrides = Readonly<Record<string, TokenPrices>>;

export interface CostQuestion {
  /** The provider's id in the price book; undefined where the book cannot know the price (a server of one's own). */
  readonly priceProvider: string | undefined;
  readonly model: string;
  readonly usage: Usage;
  /** Milliseconds since the epoch: some prices begin on a day or hold for hours of the day. */
  readonly at: number;
  readonly overrides: PriceOverrides | undefined;
  /** Local providers: costs nothing and counts as priced. */
  readonly free: boolean;
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
  /** What `usage` costs in nano-dollars, or undefined for "unpriced". Never negative, never NaN. */
  cost(question: CostQuestion): { readonly nano: number } | undefined;
  /** Undefined when the book does not know the model. */
  describe(priceProvider: string | undefined, model: string, at?: number): ModelFacts | undefined;
  /** Models that an agent could be given now, newest names first; empty for a provider that the book does not know. */
  modelsOf(priceProvider: string | undefined, at?: number): readonly ModelFacts[];
  /** The date of the bundled prices: `2026-09-23`. */
  asOf(): string;
}

/** The day on which version 0.1.8 of the price data was published. The package carries no date; a test ties this one to the version. */
const PRICES_AS_OF = '2026-09-23';

/** Model names come from agents, so the memory of look-ups is bounded; it starts over when full. */
const MEMORY_LIMIT = 2_000;

/** Some vendors price by the hour of the day; their hours begin at whole minutes. */
const MINUTE_MS = 60_000;

interface BookEntry {
  readonly info: ModelInfo;
  /** Unit prices that hold in one minute; asked for again in another. */
  units: { readonly minute: number; readonly prices: UnitPrices | undefined } | undefined;
  /** A provider that holds this one model. Measured: 12 us a calculation instead of 40; an unknown one of 700 costs 90 once, not each time. */
  readonly alone: Provider;
  readonly free: boolean;
}

type LookUp = (priceProvider: string | undefined, model: string) => BookEntry | undefined;

export function createPriceBook(): PriceBook {
  const memory = new Map<string, BookEntry | undefined>();
  const lookUp: LookUp = (priceProvider, model) => {
    if (priceProvider === undefined) return undefined;
    const key = `${priceProvider}\n${model}`;
    if (memory.has(key)) return memory.get(key);
    if (memory.size >= MEMORY_LIMIT) memory.clear();
    const entry = search(priceProvider, model);
    memory.set(key, entry);
    return entry;
  };
  const facts = (priceProvider: string | undefined, model: string, at: number): ModelFacts | undefined => {
    const entry = lookUp(priceProvider, model);
    return entry && describeEntry(entry, model, at);
  };
  return {
    cost: (question) => cost(question, lookUp),
    describe: (priceProvider, model, at = Date.now()) => facts(priceProvider, model, at),
    modelsOf: (priceProvider, at = Date.now()) =>
      offeredModelIds(priceProvider)
        .map((id) => facts(priceProvider, id, at))
        .filter((known) => known !== undefined)
        .filter((known) => known.inputUsd !== undefined && known.outputUsd !== undefined),
    asOf: () => PRICES_AS_OF,
  };
}

function search(priceProvider: string, model: string): BookEntry | undefined {
  try {
    const info = calcPrice({ input_tokens: 0 }, model, { providerId: priceProvider })?.model;
    if (!info) return undefined;
    const alone: Provider = { id: 'alone', name: 'alone', api_pattern: '', models: [{ ...info, match: { starts_with: '' } }] };
    return { info, units: undefined, alone, free: model.toLowerCase().endsWith(':free') };
  } catch {
    return undefined;
  }
}

/** A request beyond a tier's threshold costs the tier's price for all its tokens: a cliff on total input, as vendors bill it. */
function cost(question: CostQuestion, lookUp: LookUp): { readonly nano: number } | undefined {
  const { usage, model } = question;
  if (question.free) return { nano: 0 };
  const counts = [usage.input, usage.cacheRead, usage.cacheWrite5m, usage.cacheWrite1h, usage.output];
  if (counts.some((count) => tokenCount(count) === undefined)) return undefined;
  const override = overrideFor(question.overrides, model);
  const entry = lookUp(question.priceProvider, model);
  const nano = override ? overriddenCost(question, override, entry) : entry && bookCost(usage, question, entry);
  return nano === undefined ? undefined : { nano };
}

function overrideFor(overrides: PriceOverrides | undefined, model: string): TokenPrices | undefined {
  for (const [pattern, prices] of Object.entries(overrides ?? {})) if (globMatches(pattern, model)) return prices;
  return undefined;
}

/**
 * Multipliers for cached tokens differ even between models of one vendor (reads at 0.1, 0.05 and 0.025 of the input price), so
 * none is assumed: a cache price left out is the input price. A one-hour write is never taken to be cheaper than a five-minute one.
 * Searches and the like keep the book's price where the book knows the model.
 */
function overriddenCost(question: CostQuestion, prices: TokenPrices, entry: BookEntry | undefined): number | undefined {
  const { usage } = question;
  const cacheWrite5m = prices.cacheWrite5m ?? prices.input;
  const perMillion =
    usage.input * prices.input +
    usage.cacheRead * (prices.cacheRead ?? prices.input) +
    usage.cacheWrite5m * cacheWrite5m +
    usage.cacheWrite1h * (prices.cacheWrite1h ?? cacheWrite5m) +
    usage.output * prices.output;
  const tokens = nanoFromUsd(perMillion / 1_000_000);
  const pieces = { ...NO_USAGE, units: usage.units };
  return tokens === undefined ? undefined : tokens + ((entry && bookCost(pieces, question, entry)) ?? 0);
}

function bookCost(usage: Usage, question: CostQuestion, entry: BookEntry): number | undefined {
  if ((usage.units['webSearches'] ?? 0) !== 0) return calculatedCost(usage, question, entry);
  const minute = Math.floor(question.at / MINUTE_MS);
  if (entry.units?.minute !== minute) {
    const calculate: Calculate = (tokens) => calculatedCost({ ...NO_USAGE, ...tokens }, question, entry);
    entry.units = { minute, prices: probeUnitPrices(calculate, firstTier(pricesAt(entry, question.at))) };
  }
  const { prices } = entry.units;
  return (prices && costByUnits(prices, usage)) ?? calculatedCost(usage, question, entry);
}

/** Where the first higher price begins, in tokens of input. */
function firstTier(prices: ModelPrice): number {
  const starts = Object.values(prices).flatMap((price) => (typeof price === 'object' ? price.tiers.map((tier) => tier.start) : []));
  return Math.min(Infinity, ...starts);
}

function calculatedCost(usage: Usage, { model, at }: CostQuestion, entry: BookEntry): number | undefined {
  const cacheWrite = usage.cacheWrite5m + usage.cacheWrite1h;
  const input = usage.input + usage.cacheRead + cacheWrite;
  try {
    const found = calcPrice(
      {
        // The traps: input includes what was read from and written to the cache, and one-hour writes are part of all writes.
        input_tokens: input,
        cache_read_tokens: usage.cacheRead,
        cache_write_tokens: cacheWrite,
        cache_write_1h_tokens: usage.cacheWrite1h,
        output_tokens: usage.output,
        web_searches: tokenCount(usage.units['webSearches']) ?? 0,
      },
      model,
      { provider: entry.alone, timestamp: new Date(at) },
    );
    return found && covers(found.model_price, input, usage.output, entry) ? nanoFromUsd(found.total_price) : undefined;
  } catch {
    return undefined;
  }
}

/** The book lists some models with no price at all: that is "unknown", except where the model's name says that it is free. */
function covers(prices: ModelPrice, input: number, output: number, { free }: BookEntry): boolean {
  return free || ((input === 0 || prices['input_mtok'] !== undefined) && (output === 0 || prices['output_mtok'] !== undefined));
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

/** A calculation without tokens names the prices that hold at that time; so the package's date rules are not written twice. */
function pricesAt(entry: BookEntry, at: number): ModelPrice {
  try {
    return calcPrice({ input_tokens: 0 }, entry.info.id, { provider: entry.alone, timestamp: new Date(at) })?.model_price ?? {};
  } catch {
    return {};
  }
}

function basePrice(price: ModelPrice[string]): number | undefined {
  return typeof price === 'object' ? price.base : price;
}
