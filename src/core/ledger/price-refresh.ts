import { setImmediate } from 'node:timers/promises';
import { calcPrice, findProvider } from '@pydantic/genai-prices';
import type { ModelInfo, ModelPrice, Provider } from '@pydantic/genai-prices';
import { readModel } from './refreshed-model.ts';
import { isRecord } from './price-fields.ts';

/** Prices that the user had fetched, in the form of the package's own data (`prices/new_data/v2/data.json` of pydantic/genai-prices). */
export interface RefreshedPrices {
  readonly asOf: string;
  readonly providers: readonly Provider[];
}

/** `why` is the end of a sentence that begins with "the fetched prices". */
export type ReadRefresh =
  | { readonly ok: true; readonly prices: RefreshedPrices; readonly models: number; readonly leftOut: number }
  | { readonly ok: false; readonly why: string };

/** The data has about 0.4 MB; ten times as much is something else. */
const MOST_CHARACTERS = 4_000_000;
/** A page of an error, or a file cut short, has fewer. */
const FEWEST_MODELS = 500;
/** Without these it is no list of prices. */
const NEEDED = ['anthropic', 'openai', 'google'];
/** Prices have fallen by ten at once (gpt-5.6-luna, 30 July 2026). A hundred is a slip of the unit. */
const MOST_TIMES = 100;

/**
 * Checks what was fetched, and refuses it whole where anything is odd: it came over a network and decides what the user is told to have
 * spent. Pure: the fetching is the host's, and `at` (milliseconds since the epoch) the time of it. In pieces, as it takes 0.2 s.
 */
export async function checkFetchedPrices(text: string, at: number): Promise<ReadRefresh> {
  const read = readRefreshedPrices(text, at);
  if (!read.ok) return read;
  for (const provider of read.prices.providers) {
    const jump = await jumpIn(provider, at);
    if (jump !== undefined) return odd(jump);
  }
  return read;
}

/**
 * What was checked before, or is going to be: without a look at the bundled prices. Only what prices need is kept of it. Models with a
 * unit of which this version knows nothing are left out: the bundled book, or nobody, prices those.
 */
export function readRefreshedPrices(text: string, at: number): ReadRefresh {
  if (text.length > MOST_CHARACTERS) return odd('are larger than such a list can be');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return odd('are not JSON');
  }
  if (!Array.isArray(json)) return odd('are not a list of providers');
  const providers: Provider[] = [];
  let leftOut = 0;
  for (const [index, entry] of json.entries()) {
    const read = readProvider(entry, index);
    if (typeof read === 'string') return odd(read);
    providers.push(read.provider);
    leftOut += read.leftOut;
  }
  const ids = providers.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) return odd(`name the provider "${twice}" twice`);
  const missing = NEEDED.find((id) => !ids.includes(id));
  if (missing !== undefined) return odd(`do not name the provider "${missing}"`);
  const models = providers.reduce((sum, provider) => sum + provider.models.length, 0);
  if (models < FEWEST_MODELS) return odd(`name ${models} models, where there should be more than ${FEWEST_MODELS}`);
  return { ok: true, prices: { asOf: new Date(at).toISOString().slice(0, 10), providers }, models, leftOut };
}

function readProvider(entry: unknown, index: number): { readonly provider: Provider; readonly leftOut: number } | string {
  if (!isRecord(entry)) return `have no provider at place ${index + 1}`;
  const { id, models } = entry;
  if (typeof id !== 'string' || !/^[a-z0-9_.-]{1,60}$/.test(id)) return `have no name for the provider at place ${index + 1}`;
  if (!Array.isArray(models)) return `list no models for "${id}"`;
  const kept: ModelInfo[] = [];
  let leftOut = 0;
  for (const model of models) {
    const read = readModel(model);
    if (read.kind === 'odd') return `are odd for ${id}, model "${read.model}": ${read.why}`;
    if (read.kind === 'unknown') leftOut++;
    else kept.push(read.model);
  }
  return { provider: { id, name: id, api_pattern: '', models: kept }, leftOut };
}

/** About 2 ms. */
const MODELS_A_TURN = 16;

/** A price that is a hundred times what the bundled book says of the same model, or a hundredth. */
async function jumpIn(provider: Provider, at: number): Promise<string | undefined> {
  if (findProvider({ providerId: provider.id })?.id !== provider.id) return undefined;
  for (const [index, model] of provider.models.entries()) {
    if (index % MODELS_A_TURN === 0) await setImmediate();
    const before = priceOf(model.id, at, { providerId: provider.id });
    const now = before && priceOf(model.id, at, { provider: { ...provider, models: [model] } });
    for (const key of ['input_mtok', 'output_mtok']) {
      const [was, is] = [base(before?.[key]), base(now?.[key])];
      if (was === undefined || is === undefined || was === 0 || is === 0) continue;
      if (is / was >= MOST_TIMES || was / is >= MOST_TIMES)
        return `say ${is} dollars for ${model.id} of ${provider.id}, which was ${was}`;
    }
  }
  return undefined;
}

function priceOf(model: string, at: number, where: { providerId: string } | { provider: Provider }): ModelPrice | undefined {
  try {
    return calcPrice({ input_tokens: 0 }, model, { ...where, timestamp: new Date(at) })?.model_price;
  } catch {
    return undefined;
  }
}

function base(price: ModelPrice[string]): number | undefined {
  return typeof price === 'object' ? price.base : price;
}

function odd(why: string): ReadRefresh {
  return { ok: false, why };
}
