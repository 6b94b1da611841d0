import { isPrice, type Located, type PriceFault, type PricedModel } from './price-fields.ts';
import type { PriceCard, PriceStep, TokenPrices } from './token-prices.ts';

/** LiteLLM's names of providers where the price book has another; what is not here is called the same. */
const PROVIDERS: Readonly<Record<string, string>> = {
  gemini: 'google',
  xai: 'x-ai',
  moonshot: 'moonshotai',
  'text-completion-openai': 'openai',
  azure_ai: 'azure',
};

/** LiteLLM's field by ours. All are US dollars a token. Thinking has no field of ours: where it has a price, that of output is the same. */
const FIELDS: readonly (readonly [field: string, name: keyof TokenPrices])[] = [
  ['input_cost_per_token', 'input'],
  ['output_cost_per_token', 'output'],
  ['cache_read_input_token_cost', 'cacheRead'],
  ['cache_creation_input_token_cost', 'cacheWrite5m'],
  ['cache_creation_input_token_cost_above_1hr', 'cacheWrite1h'],
  ['input_cost_per_audio_token', 'audioInput'],
  ['output_cost_per_audio_token', 'audioOutput'],
  ['input_cost_per_image_token', 'imageInput'],
  ['output_cost_per_image_token', 'imageOutput'],
];

/** Suffixes of the service tiers, as the answers name them. */
const TIERS: readonly (readonly [suffix: string, tier: string])[] = [
  ['_priority', 'priority'],
  ['_flex', 'flex'],
  ['_batches', 'batch'],
];

const STEP = /^input_cost_per_token_above_(\d{1,6})k_tokens$/;
const PER_MILLION = 1_000_000;

interface Entries {
  readonly models: readonly PricedModel[];
  readonly faults: readonly PriceFault[];
  readonly leftOut: number;
}

type Entry = Readonly<Record<string, unknown>>;

/**
 * The models of LiteLLM's `model_prices_and_context_window.json` by its field names. An entry with a price that cannot be is left out and
 * named. One whose prices are both 0 is left out, too: there it may mean free as well as unknown, and unknown is never 0.
 */
export function litellmEntries(json: Entry, located: Located): Entries {
  const models: PricedModel[] = [];
  const faults: PriceFault[] = [];
  let leftOut = 0;
  for (const [key, entry] of Object.entries(json)) {
    if (key === 'sample_spec' || !isEntry(entry)) continue;
    const bad = faultyField(entry);
    if (bad !== undefined) {
      faults.push(located([key, bad], 'is not a price in US dollars a token'));
      continue;
    }
    const model = readEntry(key, entry);
    if (model === undefined) leftOut++;
    else models.push(model);
  }
  return { models, faults, leftOut };
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && ('litellm_provider' in value || 'input_cost_per_token' in value);
}

function faultyField(entry: Entry): string | undefined {
  const used = FIELDS.map(([field]) => field);
  return Object.entries(entry).find(
    ([field, value]) =>
      value !== null &&
      used.some((name) => field === name || field.startsWith(`${name}_`)) &&
      !(typeof value === 'number' && isPrice(value * PER_MILLION)),
  )?.[0];
}

function readEntry(key: string, entry: Entry): PricedModel | undefined {
  const prices = pricesWith(entry, (field) => field);
  if (prices.input === undefined || prices.output === undefined || prices.input + prices.output === 0) return undefined;
  const provider = typeof entry['litellm_provider'] === 'string' ? entry['litellm_provider'] : undefined;
  const tiers: Record<string, number | { readonly prices: TokenPrices; readonly above?: readonly PriceStep[] }> =
    multipliers(entry);
  for (const [suffix, tier] of TIERS) {
    const own = pricesWith(entry, (field) => `${field}${suffix}`);
    if (own.input === undefined || own.output === undefined) continue;
    const above = stepsWith(entry, suffix);
    tiers[tier] = { prices: own as TokenPrices, ...(above.length > 0 ? { above } : {}) };
  }
  const searches = searchPrice(entry['search_context_cost_per_query']);
  const card: PriceCard = { prices: { ...(prices as TokenPrices), searches }, above: stepsWith(entry, ''), tiers };
  return { provider: provider && (PROVIDERS[provider] ?? provider), model: modelName(key, provider), from: undefined, card };
}

/** `openrouter/anthropic/claude-opus-5` is a model of OpenRouter, `gpt-5` of OpenAI: the prefix is the provider's own name or it is none. */
function modelName(key: string, provider: string | undefined): string {
  return provider !== undefined && key.startsWith(`${provider}/`) ? key.slice(provider.length + 1) : key;
}

function pricesWith(entry: Entry, fieldOf: (field: string) => string): Partial<TokenPrices> {
  const prices: Partial<Record<keyof TokenPrices, number>> = {};
  for (const [field, name] of FIELDS) {
    const value = entry[fieldOf(field)];
    // 2.5e-6 times a million is 2.5000000000000004: what vendors write has far fewer digits.
    if (typeof value === 'number') prices[name] = Number((value * PER_MILLION).toPrecision(12));
  }
  return prices;
}

/** `input_cost_per_token_above_200k_tokens`, for a tier with its suffix behind. */
function stepsWith(entry: Entry, suffix: string): readonly PriceStep[] {
  return Object.keys(entry).flatMap((field) => {
    const thousands = STEP.exec(field)?.[1];
    if (thousands === undefined) return [];
    const prices = pricesWith(entry, (name) => `${name}_above_${thousands}k_tokens${suffix}`);
    return prices.input === undefined ? [] : [{ tokens: Number(thousands) * 1000, prices }];
  });
}

/** `provider_specific_entry`: factors such as `{ "fast": 6, "us": 1.1 }`. */
function multipliers(entry: Entry): Record<string, number> {
  const factors = entry['provider_specific_entry'];
  if (typeof factors !== 'object' || factors === null) return {};
  const known = Object.entries(factors).filter(([, factor]) => typeof factor === 'number' && factor >= 0 && factor <= 100);
  return Object.fromEntries(known.map(([tier, factor]) => [tier.toLowerCase(), factor as number]));
}

/** One price for all, or by the size of what is searched; agents do not choose it, and the middle one is the default. */
function searchPrice(value: unknown): number | undefined {
  const usd = typeof value === 'object' && value !== null ? (value as Entry)['search_context_size_medium'] : value;
  return typeof usd === 'number' && isPrice(usd * 1000) ? Number((usd * 1000).toPrecision(12)) : undefined;
}
