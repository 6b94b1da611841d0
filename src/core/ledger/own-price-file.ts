import {
  isPrice,
  isRecord,
  MOST_USD,
  type Json,
  type Located,
  type PriceFault,
  type PricePath,
  type PricedModel,
} from './price-fields.ts';
import type { PriceCard, PriceStep, TokenPrices } from './token-prices.ts';

interface OwnPrices {
  readonly asOf: string | undefined;
  readonly models: readonly PricedModel[];
  readonly faults: readonly PriceFault[];
}

/** The price file of our own form; `list` is its "models". With a fault nothing of it may be used. */
export function readOwnPrices(json: Json, list: readonly unknown[], located: Located): OwnPrices {
  const faults: PriceFault[] = [];
  const asOf = json['asOf'];
  if (asOf !== undefined && dayOf(asOf) === undefined) faults.push(located(['asOf'], NO_DAY));
  for (const key of Object.keys(json)) if (!['asOf', 'models'].includes(key)) faults.push(located([key], UNKNOWN));
  const models = list.map((entry, index) => readModel(entry, ['models', index], faults, located));
  return { asOf: typeof asOf === 'string' ? asOf : undefined, models: models.filter((model) => model !== undefined), faults };
}

function readModel(entry: unknown, path: PricePath, faults: PriceFault[], located: Located): PricedModel | undefined {
  const fault = (message: string, ...more: PricePath) => void faults.push(located([...path, ...more], message));
  if (!isRecord(entry)) return fault('is not an object');
  const { provider, model, from, above = [], tiers = {}, ...prices } = entry;
  if (typeof model !== 'string' || model === '') fault('must be the name of a model, or a pattern with `*`', 'model');
  if (provider !== undefined && (typeof provider !== 'string' || provider === ''))
    fault('must be the name of a provider', 'provider');
  if (from !== undefined && dayOf(from) === undefined) fault(NO_DAY, 'from');
  const before = faults.length;
  const base = readPrices(prices, path, faults, located);
  for (const name of ['input', 'output']) if (prices[name] === undefined) fault('is missing', name);
  const steps = readSteps(above, [...path, 'above'], faults, located);
  const byTier = readTiers(tiers, [...path, 'tiers'], faults, located);
  if (faults.length > before || typeof model !== 'string') return undefined;
  const card: PriceCard = { prices: base as TokenPrices, above: steps, tiers: byTier };
  return { provider: typeof provider === 'string' ? provider : undefined, model, from: dayOf(from), card };
}

function readSteps(list: unknown, path: PricePath, faults: PriceFault[], located: Located): readonly PriceStep[] {
  if (!Array.isArray(list)) {
    faults.push(located(path, 'must be a list'));
    return [];
  }
  const steps: PriceStep[] = [];
  for (const [index, step] of list.entries()) {
    const at = [...path, index];
    const { tokens, ...prices } = isRecord(step) ? step : {};
    if (!isRecord(step)) faults.push(located(at, 'is not an object'));
    else if (typeof tokens !== 'number' || !Number.isSafeInteger(tokens) || tokens <= 0) {
      faults.push(located([...at, 'tokens'], 'must be a whole number above 0'));
    } else steps.push({ tokens, prices: readPrices(prices, at, faults, located) });
  }
  return steps;
}

function readTiers(value: unknown, path: PricePath, faults: PriceFault[], located: Located): NonNullable<PriceCard['tiers']> {
  if (!isRecord(value)) faults.push(located(path, 'must be an object'));
  const tiers: Record<string, number | { prices: TokenPrices }> = {};
  for (const [tier, own] of Object.entries(isRecord(value) ? value : {})) {
    const at = [...path, tier];
    if (typeof own === 'number') {
      if (own >= 0 && own <= MOST_TIMES) tiers[tier.toLowerCase()] = own;
      else faults.push(located(at, `must be between 0 and ${MOST_TIMES}`));
    } else if (isRecord(own)) {
      for (const name of ['input', 'output']) if (own[name] === undefined) faults.push(located([...at, name], 'is missing'));
      tiers[tier.toLowerCase()] = { prices: readPrices(own, at, faults, located) as TokenPrices };
    } else faults.push(located(at, 'must be a factor or prices'));
  }
  return tiers;
}

const PRICE_NAMES: readonly string[] = [
  'input',
  'output',
  'cacheRead',
  'cacheWrite5m',
  'cacheWrite1h',
  'audioInput',
  'audioOutput',
  'imageInput',
  'imageOutput',
  'searches',
] satisfies readonly (keyof TokenPrices)[];

function readPrices(values: Json, path: PricePath, faults: PriceFault[], located: Located): Partial<TokenPrices> {
  for (const [name, value] of Object.entries(values)) {
    if (!PRICE_NAMES.includes(name)) faults.push(located([...path, name], UNKNOWN));
    else if (!isPrice(value)) faults.push(located([...path, name], `must be a number of US dollars between 0 and ${MOST_USD}`));
  }
  return values;
}

const MOST_TIMES = 100;
const NO_DAY = 'must be a day such as 2026-11-01';
const UNKNOWN = 'is not known here';

function dayOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return undefined;
  const at = Date.parse(`${value}T00:00:00Z`);
  return Number.isNaN(at) || !new Date(at).toISOString().startsWith(value) ? undefined : at;
}
