import { globMatches } from '../ir/glob.ts';
import { lineOf, lineOfFault } from './json-line.ts';
import { litellmEntries } from './litellm-prices.ts';
import { readOwnPrices } from './own-price-file.ts';
import { isRecord, pathText, type PriceFault, type PricePath, type PricedModel } from './price-fields.ts';
import type { PriceCard } from './token-prices.ts';

/** Prices that a user imported. */
export interface PriceFile {
  readonly name: string;
  /** The day of the prices (`2026-11-01`), where the file says it. */
  readonly asOf: string | undefined;
  /** With a glob in the model: in order, the first that matches holds. */
  readonly patterns: readonly PricedModel[];
  /** Without: by model, so that a list of thousands is not walked. */
  readonly models: ReadonlyMap<string, readonly PricedModel[]>;
}

/**
 * Without `file` nothing can be used. `faults` may be there all the same: a list of LiteLLM is not the user's to mend, so its bad entries
 * are left out and named; a file in our own form is taken whole or not at all.
 */
export interface ReadPriceFile {
  readonly file: PriceFile | undefined;
  readonly faults: readonly PriceFault[];
  /** Entries that price no tokens (pictures, speech) or say nothing (both prices 0), and so are not taken. */
  readonly leftOut: number;
}

/**
 * Reads an imported file. Two forms, told by their content: LiteLLM's `model_prices_and_context_window.json`, and our own:
 * `{ "asOf": "2026-11-01", "models": [ { "provider": "openai", "model": "gpt-5*", "from": "2026-11-01", "input": 1.25, "output": 10,
 * "cacheRead": 0.125, "above": [{ "tokens": 200000, "input": 2.5 }], "tiers": { "flex": 0.5, "priority": { "input": 2.5, "output": 20 } } } ] }`
 * in US dollars per million tokens; `provider`, `from` and all but input and output may be left out. Never throws.
 */
export function readPriceFile(text: string, name: string): ReadPriceFile {
  const bare = text.replace(/^\uFEFF/, '');
  let json: unknown;
  try {
    json = JSON.parse(bare);
  } catch {
    return refuse([{ at: '', line: lineOfFault(bare), message: 'is not JSON' }]);
  }
  if (!isRecord(json)) return refuse([{ at: '', line: 1, message: 'is not a JSON object' }]);
  let told = 0;
  const located = (path: PricePath, message: string): PriceFault => {
    // To find a line walks the text; nobody reads the hundredth.
    const line = ++told <= MOST_LINES ? lineOf(bare, path) : undefined;
    return { at: pathText(path), line, message };
  };
  if (Array.isArray(json['models'])) {
    const { asOf, models, faults } = readOwnPrices(json, json['models'], located);
    return faults.length > 0 ? refuse(faults) : { file: fileOf(name, asOf, models), faults, leftOut: 0 };
  }
  const entries = litellmEntries(json, located);
  if (entries.models.length > 0)
    return { file: fileOf(name, undefined, entries.models), faults: entries.faults, leftOut: entries.leftOut };
  const message = 'has neither a list "models" nor entries with "input_cost_per_token"';
  return refuse(entries.faults.length > 0 ? entries.faults : [{ at: '', line: 1, message }]);
}

const MOST_LINES = 50;

/** The card for a model, under any of the provider's names. Of several that begin on a day the latest begun holds. */
export function findCard(
  file: PriceFile,
  providers: readonly (string | undefined)[],
  model: string,
  at: number,
): PriceCard | undefined {
  const holds = ({ provider, from }: PricedModel) =>
    (provider === undefined || providers.includes(provider)) && (from === undefined || from <= at);
  const exact = (file.models.get(model) ?? []).filter(holds);
  const found = exact.length > 0 ? exact : file.patterns.filter((entry) => holds(entry) && globMatches(entry.model, model));
  // The first pattern decides which entries are one model's; only those differ by their day.
  const same = found.filter((entry) => entry.model === found[0]?.model && entry.provider === found[0].provider);
  return same.reduce<PricedModel | undefined>((best, entry) => (best && begins(best) >= begins(entry) ? best : entry), undefined)
    ?.card;
}

function begins({ from }: PricedModel): number {
  return from ?? -Infinity;
}

function fileOf(name: string, asOf: string | undefined, all: readonly PricedModel[]): PriceFile {
  const models = new Map<string, PricedModel[]>();
  for (const entry of all) if (!entry.model.includes('*')) models.set(entry.model, [...(models.get(entry.model) ?? []), entry]);
  return { name, asOf, patterns: all.filter(({ model }) => model.includes('*')), models };
}

function refuse(faults: readonly PriceFault[]): ReadPriceFile {
  return { file: undefined, faults, leftOut: 0 };
}
