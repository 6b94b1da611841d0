import { totalInput, type Usage } from '../ir/usage.ts';

/**
 * US dollars per million tokens. Multipliers for cached tokens differ even between models of one vendor (reads at 0.1, 0.05 and 0.025 of
 * the input price), so none is assumed: a cache price left out is the input price. A one-hour write is never taken to be cheaper than a
 * five-minute one. Sound and pictures cost what text does where they have no price of their own.
 */
export interface TokenPrices {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite5m?: number | undefined;
  readonly cacheWrite1h?: number | undefined;
  readonly audioInput?: number | undefined;
  readonly audioOutput?: number | undefined;
  readonly imageInput?: number | undefined;
  readonly imageOutput?: number | undefined;
  /** US dollars for a thousand web searches. */
  readonly searches?: number | undefined;
}

/** What holds for the whole request once its input is larger than `tokens`: a cliff, as vendors bill it. What it leaves out stays. */
export interface PriceStep {
  readonly tokens: number;
  readonly prices: Partial<TokenPrices>;
}

interface Prices {
  readonly prices: TokenPrices;
  readonly above?: readonly PriceStep[];
}

/** Prices of one model, from a rule of the user or an imported file. */
export interface PriceCard extends Prices {
  /** By service tier: a factor on the prices, or prices of its own. */
  readonly tiers?: Readonly<Record<string, number | Prices>>;
}

/** Nano-dollars for the tokens, not rounded; undefined where the card has no price for a request of that size and tier. */
export function tokensByCard(card: PriceCard, usage: Usage, tier: string, factor: number | undefined): number | undefined {
  const own = card.tiers !== undefined && Object.hasOwn(card.tiers, tier) ? card.tiers[tier] : undefined;
  if (typeof own === 'object') {
    // A tier's own prices without a step, where the model has one, say nothing of long requests (OpenAI serves none of those faster).
    const long = own.above === undefined && stepOf(card, usage) !== undefined;
    return long ? undefined : tokensAt(own, usage);
  }
  const times = own ?? factor;
  return times === undefined ? undefined : times * tokensAt(card, usage);
}

function tokensAt(prices: Prices, usage: Usage): number {
  return tokensNano({ ...prices.prices, ...stepOf(prices, usage)?.prices }, usage);
}

/** The highest step that the request is above. */
function stepOf({ above = [] }: Prices, usage: Usage): PriceStep | undefined {
  const size = totalInput(usage);
  return above.filter((step) => size > step.tokens).reduce<PriceStep | undefined>(higher, undefined);
}

function higher(a: PriceStep | undefined, b: PriceStep): PriceStep {
  return a !== undefined && a.tokens > b.tokens ? a : b;
}

function tokensNano(prices: TokenPrices, usage: Usage): number {
  const { input, output, cacheRead = input, cacheWrite5m = input, cacheWrite1h = cacheWrite5m } = prices;
  const { audioInput = 0, imageInput = 0, audioOutput = 0, imageOutput = 0 } = usage.units;
  const perMillion =
    (usage.input - audioInput - imageInput) * input +
    audioInput * (prices.audioInput ?? input) +
    imageInput * (prices.imageInput ?? input) +
    usage.cacheRead * cacheRead +
    usage.cacheWrite5m * cacheWrite5m +
    usage.cacheWrite1h * Math.max(cacheWrite1h, cacheWrite5m) +
    (usage.output - audioOutput - imageOutput) * output +
    audioOutput * (prices.audioOutput ?? output) +
    imageOutput * (prices.imageOutput ?? output);
  return perMillion * 1000;
}
