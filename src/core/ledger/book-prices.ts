import { calcPrice, findProvider } from '@pydantic/genai-prices';
import type { ModelInfo, ModelPrice, Provider } from '@pydantic/genai-prices';
import { globMatches } from '../ir/glob.ts';
import { NO_USAGE, totalInput, type Usage } from '../ir/usage.ts';
import { nanoFromUsd } from './money.ts';
import { probeUnitPrices, tokensByUnits, type UnitPrices } from './unit-prices.ts';

/** One model of the price book, found once. */
export interface BookEntry {
  readonly info: ModelInfo;
  /** A provider that holds this one model. Measured: 12 us a calculation instead of 40; an unknown one of 700 costs 90 once, not each time. */
  readonly alone: Provider;
  readonly free: boolean;
  /** Unit prices that hold in one minute; asked for again in another. */
  units: { readonly minute: number; readonly prices: UnitPrices | undefined } | undefined;
}

/** Some vendors price by the hour of the day; their hours begin at whole minutes. */
const MINUTE_MS = 60_000;

/** `providers` undefined: the prices that came with the package. */
export function findEntry(priceProvider: string, model: string, providers: readonly Provider[] | undefined): BookEntry | undefined {
  try {
    const provider = providerOf(priceProvider, providers);
    const info = provider && calcPrice({ input_tokens: 0 }, model, { provider })?.model;
    if (!info) return undefined;
    const alone: Provider = { id: 'alone', name: 'alone', api_pattern: '', models: [{ ...info, match: { starts_with: '' } }] };
    return { info, units: undefined, alone, free: model.toLowerCase().endsWith(':free') };
  } catch {
    return undefined;
  }
}

export function providerOf(priceProvider: string, providers: readonly Provider[] | undefined): Provider | undefined {
  return providers === undefined
    ? findProvider({ providerId: priceProvider })
    : providers.find((provider) => provider.id === priceProvider);
}

/**
 * Nano-dollars for the tokens of a request, not rounded, without any service tier. Beyond a tier's threshold all tokens of the request
 * cost the tier's price: a cliff on total input, as vendors bill it.
 */
export function tokensByBook(
  usage: Usage,
  at: number,
  entry: BookEntry,
): { readonly request: number; readonly tokens: number } | undefined {
  const minute = Math.floor(at / MINUTE_MS);
  if (entry.units?.minute !== minute) {
    const calculate = (tokens: Parameters<Parameters<typeof probeUnitPrices>[0]>[0]) => {
      const usd = calculatedUsd({ ...NO_USAGE, ...tokens }, at, entry);
      return usd === undefined ? undefined : nanoFromUsd(usd);
    };
    entry.units = { minute, prices: probeUnitPrices(calculate, firstTier(pricesAt(entry, at))) };
  }
  const { prices } = entry.units;
  const plain = prices && !hasMedia(usage) ? tokensByUnits(prices, usage) : undefined;
  if (plain !== undefined) return plain;
  const usd = calculatedUsd(usage, at, entry);
  const request = prices?.request ?? 0;
  return usd === undefined ? undefined : { request, tokens: usd * 1e9 - request };
}

function hasMedia({ units }: Usage): boolean {
  return MEDIA.some((name) => (units[name] ?? 0) > 0);
}

const MEDIA = ['audioInput', 'audioCacheRead', 'audioOutput', 'imageInput', 'imageCacheRead', 'imageOutput'];

/** Where the first higher price begins, in tokens of input. */
function firstTier(prices: ModelPrice): number {
  const starts = Object.values(prices).flatMap((price) => (typeof price === 'object' ? price.tiers.map((tier) => tier.start) : []));
  return Math.min(Infinity, ...starts);
}

function calculatedUsd(usage: Usage, at: number, entry: BookEntry): number | undefined {
  const cacheWrite = usage.cacheWrite5m + usage.cacheWrite1h;
  const input = totalInput(usage);
  const { audioInput = 0, audioCacheRead = 0, audioOutput = 0, imageInput = 0, imageCacheRead = 0, imageOutput = 0 } = usage.units;
  try {
    const found = calcPrice(
      {
        // The traps: input includes what was read from and written to the cache, and one-hour writes are part of all writes.
        input_tokens: input,
        cache_read_tokens: usage.cacheRead,
        cache_write_tokens: cacheWrite,
        cache_write_1h_tokens: usage.cacheWrite1h,
        output_tokens: usage.output,
        // And so with sound and pictures: what was cached of them is also in what was sent.
        input_audio_tokens: audioInput + audioCacheRead,
        cache_audio_read_tokens: audioCacheRead,
        output_audio_tokens: audioOutput,
        input_image_tokens: imageInput + imageCacheRead,
        cache_image_read_tokens: imageCacheRead,
        output_image_tokens: imageOutput,
      },
      entry.info.id,
      { provider: entry.alone, timestamp: new Date(at) },
    );
    return found && covers(found.model_price, input, usage.output, entry) ? found.total_price : undefined;
  } catch {
    return undefined;
  }
}

/** The book lists some models with no price at all: that is "unknown", except where the model's name says that it is free. */
function covers(prices: ModelPrice, input: number, output: number, { free }: BookEntry): boolean {
  return free || ((input === 0 || prices['input_mtok'] !== undefined) && (output === 0 || prices['output_mtok'] !== undefined));
}

/** A calculation without tokens names the prices that hold at that time; so the package's date rules are not written twice. */
export function pricesAt(entry: BookEntry, at: number): ModelPrice {
  try {
    return calcPrice({ input_tokens: 0 }, entry.info.id, { provider: entry.alone, timestamp: new Date(at) })?.model_price ?? {};
  } catch {
    return {};
  }
}

/**
 * Searches that the package does not price, in US dollars a thousand (ai.google.dev, pricing, November 2026). Some are free each day or
 * month; which of them were, no answer tells, so this is the most that they cost.
 */
const SEARCHES_OF_OUR_OWN: readonly (readonly [provider: string, models: string, unit: string, usd: number])[] = [
  ['google', 'gemini-2*', 'groundedPrompts', 35],
  ['google', 'gemini-3*', 'webSearches', 14],
];

/** Nano-dollars for what is billed by the piece; undefined where a piece has no known price. `perThousand`: the user's own for a search. */
export function piecesNano(
  { units }: Usage,
  question: { readonly priceProvider: string | undefined; readonly model: string; readonly at: number },
  entry: BookEntry | undefined,
  perThousand: number | undefined,
): number | undefined {
  const { webSearches = 0, fileSearches = 0 } = units;
  if (webSearches === 0 && fileSearches === 0) return 0;
  const prices = entry && pricesAt(entry, question.at);
  const files = fileSearches === 0 ? 0 : priceOf(prices, 'storage_searches_kcount');
  if (files === undefined) return undefined;
  if (webSearches === 0) return fileSearches * files * 1e6;
  const own = SEARCHES_OF_OUR_OWN.find(
    ([provider, models]) => provider === question.priceProvider && globMatches(models, question.model),
  );
  if (perThousand === undefined && own !== undefined) return fileSearches * files * 1e6 + (units[own[2]] ?? 0) * own[3] * 1e6;
  const web = perThousand ?? (entry?.free === true ? 0 : priceOf(prices, 'web_searches_kcount'));
  return web === undefined ? undefined : (fileSearches * files + webSearches * web) * 1e6;
}

function priceOf(prices: ModelPrice | undefined, key: string): number | undefined {
  const price = prices?.[key];
  return typeof price === 'object' ? price.base : price;
}
