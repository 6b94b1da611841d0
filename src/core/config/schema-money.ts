import * as z from 'zod';
import { baseUrlFault } from './base-url.ts';
import { pattern } from './schema-parts.ts';

/** The dearest model on record costs 600 dollars a million tokens; more is a slip of the unit. */
const usd = z.number().nonnegative().max(10_000, 'is more than 10000 dollars: prices are per million tokens');

const prices = {
  input: usd,
  output: usd,
  cacheRead: usd.optional().describe('Left out: the input price, as for cache writes.'),
  cacheWrite5m: usd.optional(),
  cacheWrite1h: usd.optional(),
  audioInput: usd.optional().describe('Sound in what is sent. Left out: the input price.'),
  audioOutput: usd.optional().describe('Sound in the answer. Left out: the output price.'),
  imageInput: usd.optional().describe('Pictures in what is sent. Left out: the input price.'),
  imageOutput: usd.optional().describe('Pictures in the answer. Left out: the output price.'),
  searches: usd.optional().describe('US dollars for a thousand web searches.'),
};

/** The prices of one model, in US dollars per million tokens. */
export const tokenPrices = z.strictObject(prices);

/** `"prices"` of the whole configuration: one rule for an agent, a provider and a model, each of which may be left out. */
export const priceRules = z
  .array(
    z
      .strictObject({
        agent: pattern.optional().describe('Whose requests; `*` matches anything. Left out: every agent.'),
        provider: pattern.optional().describe('A provider by its name in "providers". Left out: every provider.'),
        model: pattern.optional().describe('A model, or a pattern with `*`. Left out: every model.'),
        ...prices,
      })
      .refine(({ agent, provider, model }) => agent !== undefined || provider !== undefined || model !== undefined, {
        message: 'must name an agent, a provider or a model',
      }),
  )
  .max(500)
  .default([])
  .describe(
    'Your own prices, in US dollars per million tokens. A rule that names the agent goes before one that does not, then one that names the provider, then one that names the model in full, then one with a pattern. They go before the prices of a provider that name less, before imported files and before the built-in price book.',
  );

/** Where the data of the price package is kept up to date. */
export const PRICES_FROM = 'https://raw.githubusercontent.com/pydantic/genai-prices/main/prices/new_data/v2/data.json';

export const pricesFrom = z
  .string()
  .refine((text) => baseUrlFault(text) === undefined, 'must be an https:// address without user, query and fragment')
  .default(PRICES_FROM)
  .describe(
    'Where "Gatehouse: Refresh Prices" fetches the list of prices, such as a copy of your own. Nothing is fetched unasked.',
  );
