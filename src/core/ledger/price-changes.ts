import { setImmediate } from 'node:timers/promises';
import { NO_USAGE } from '../ir/usage.ts';
import type { PriceBook } from './price-book.ts';

/** A model by its price book's provider; undefined: of whichever provider. */
export interface ModelName {
  readonly provider: string | undefined;
  readonly model: string;
}

/** US dollars per million tokens. */
interface Usd {
  readonly input: number;
  readonly output: number;
}

export interface PriceChange extends ModelName {
  readonly was: Usd;
  readonly is: Usd;
  /** The larger of the two changes, as a factor of 1 or more. Infinity: from or to nothing. */
  readonly times: number;
}

/** What a list of prices would change. */
export interface PriceChanges {
  /** Models that had no price. */
  readonly added: readonly ModelName[];
  /** The largest change first. */
  readonly changed: readonly PriceChange[];
  readonly same: number;
}

/** About 2 ms: to look up a model that nobody had asked for takes the price package 0.1 ms. */
const MODELS_A_TURN = 16;

/** Compares the prices of ordinary requests, in pieces between which streams have their turn. */
export async function priceChanges(
  before: PriceBook,
  after: PriceBook,
  models: readonly ModelName[],
  at: number,
): Promise<PriceChanges> {
  const added: ModelName[] = [];
  const changed: PriceChange[] = [];
  let same = 0;
  for (const [index, name] of models.entries()) {
    if (index % MODELS_A_TURN === 0) await setImmediate();
    const is = pricesIn(after, name, at);
    const was = pricesIn(before, name, at);
    if (is === undefined) continue;
    if (was === undefined) added.push(name);
    else if (was.input === is.input && was.output === is.output) same++;
    else changed.push({ ...name, was, is, times: Math.max(factor(was.input, is.input), factor(was.output, is.output)) });
  }
  return { added, changed: changed.sort((a, b) => b.times - a.times), same };
}

/** Below the first higher price of every known model. */
const TOKENS = 1_000;
/** Nano-dollars for so many tokens at a dollar a million. */
const NANO_PER_USD = TOKENS * 1_000;

function pricesIn(book: PriceBook, { provider, model }: ModelName, at: number): Usd | undefined {
  const usd = (bucket: 'input' | 'output'): number | undefined => {
    const usage = { ...NO_USAGE, [bucket]: TOKENS };
    const cost = book.cost({ priceProvider: provider, provider, model, usage, at, overrides: undefined, free: false });
    return cost && cost.nano / NANO_PER_USD;
  };
  const [input, output] = [usd('input'), usd('output')];
  return input === undefined || output === undefined ? undefined : { input, output };
}

function factor(was: number, is: number): number {
  if (was === is) return 1;
  return was === 0 || is === 0 ? Infinity : Math.max(was / is, is / was);
}
