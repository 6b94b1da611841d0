import type { ConditionalPrice, MatchLogic, ModelInfo, ModelPrice } from '@pydantic/genai-prices';
import { isPrice, isRecord, type Json } from './price-fields.ts';

/** Units that the bundled version of the package prices and that an answer can have. */
const UNITS = new Set([
  'input_mtok',
  'output_mtok',
  'cache_read_mtok',
  'cache_write_mtok',
  'cache_write_5m_mtok',
  'cache_write_1h_mtok',
  'input_audio_mtok',
  'cache_audio_read_mtok',
  'output_audio_mtok',
  'input_image_mtok',
  'cache_image_read_mtok',
  'output_image_mtok',
  'input_video_mtok',
  'output_video_mtok',
  'output_reasoning_mtok',
  'output_citation_mtok',
  'requests_kcount',
  'web_searches_kcount',
  'storage_searches_kcount',
]);

export type ReadModel =
  | { readonly kind: 'model'; readonly model: ModelInfo }
  /** Priced in units of which this version knows nothing. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'odd'; readonly model: string; readonly why: string };

/** One model of the fetched list, with nothing kept but what pricing needs. */
export function readModel(entry: unknown): ReadModel {
  const { id, name, match, prices, context_window: context, deprecated } = isRecord(entry) ? entry : {};
  if (typeof id !== 'string' || !/^\S{1,100}$/.test(id)) return { kind: 'odd', model: '', why: 'it has no name' };
  const logic = readMatch(match, 0);
  if (logic === undefined) return { kind: 'odd', model: id, why: 'what names it goes by cannot be read' };
  const read = readPrices(prices);
  if (typeof read === 'string') return { kind: 'odd', model: id, why: read };
  if (read === undefined) return { kind: 'unknown' };
  return {
    kind: 'model',
    model: {
      id,
      match: logic,
      prices: read,
      ...(typeof name === 'string' && name.length <= 100 ? { name } : {}),
      ...(typeof context === 'number' && Number.isSafeInteger(context) && context > 0 ? { context_window: context } : {}),
      ...(deprecated === true ? { deprecated } : {}),
    },
  };
}

const TEXT_CLAUSES = ['equals', 'starts_with', 'ends_with', 'contains'] as const;
const DEEPEST = 5;
const LONGEST = 200;

function readMatch(value: unknown, depth: number): MatchLogic | undefined {
  if (!isRecord(value) || depth > DEEPEST || Object.keys(value).length !== 1) return undefined;
  for (const clause of TEXT_CLAUSES) {
    const text = value[clause];
    if (typeof text === 'string' && text !== '' && text.length <= LONGEST) return { [clause]: text } as unknown as MatchLogic;
  }
  if (typeof value['regex'] === 'string') return isTame(value['regex']) ? { regex: value['regex'] } : undefined;
  for (const clause of ['or', 'and'] as const) {
    const list = value[clause];
    if (!Array.isArray(list) || list.length === 0 || list.length > LONGEST) continue;
    const clauses = list.map((item) => readMatch(item, depth + 1)).filter((item) => item !== undefined);
    if (clauses.length === list.length) return { [clause]: clauses } as unknown as MatchLogic;
  }
  return undefined;
}

/**
 * An expression from the network is tried on names from agents. One that repeats a group, refers back or has two open repeats can take
 * long on a hostile name; those in the list have one at most.
 */
function isTame(regex: string): boolean {
  const repeats = regex.replaceAll(/\\./g, '').match(/[*+]/g)?.length ?? 0;
  if (regex.length > LONGEST || repeats > 1 || /\)[*+?{]|\\[1-9k]|\(\?[^:!=]|\{\d*,/.test(regex)) return false;
  try {
    return new RegExp(regex) instanceof RegExp;
  } catch {
    return false;
  }
}

/** Undefined for units that are not known; a text for what is odd. */
function readPrices(value: unknown): ModelInfo['prices'] | string | undefined {
  if (!Array.isArray(value)) return readPrice(value);
  if (value.length === 0 || value.length > LONGEST) return 'it has an empty list of prices';
  const list: ConditionalPrice[] = [];
  for (const item of value) {
    const { constraint, prices } = isRecord(item) ? item : {};
    const read = readPrice(prices);
    if (read === undefined || typeof read === 'string') return read;
    const when = constraint === undefined ? undefined : readConstraint(constraint);
    if (constraint !== undefined && when === undefined) return 'a price holds at a time that cannot be read';
    list.push(when === undefined ? { prices: read } : { constraint: when, prices: read });
  }
  return list;
}

function readConstraint(value: unknown): ConditionalPrice['constraint'] | undefined {
  const { start_date: day, start_time: start, end_time: end } = isRecord(value) ? value : {};
  if (typeof day === 'string') return isDay(day) ? { type: 'start_date', start_date: day } : undefined;
  return isTime(start) && isTime(end) ? { type: 'time_of_date', start_time: start, end_time: end } : undefined;
}

function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && /^([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/.test(value);
}

function readPrice(value: unknown): ModelPrice | string | undefined {
  if (!isRecord(value)) return 'it has no prices';
  const prices: ModelPrice = {};
  for (const [unit, price] of Object.entries(value)) {
    if (!UNITS.has(unit)) return undefined;
    const read = isPrice(price) ? price : readTiers(price);
    if (read === undefined) return `its ${unit} is no price`;
    prices[unit] = read;
  }
  return prices;
}

function readTiers(value: unknown): Exclude<ModelPrice[string], number> {
  const { base, tiers } = isRecord(value) ? value : ({} as Json);
  if (!isPrice(base) || !Array.isArray(tiers) || tiers.length === 0 || tiers.length > 20) return undefined;
  const read: { start: number; price: number }[] = [];
  for (const tier of tiers) {
    const { start, price } = isRecord(tier) ? tier : ({} as Json);
    const rising = typeof start === 'number' && Number.isSafeInteger(start) && start > (read.at(-1)?.start ?? 0);
    if (!rising || !isPrice(price)) return undefined;
    read.push({ start, price });
  }
  return { base, tiers: read };
}
