import type { Usage } from '../core/ir/usage.ts';
import type { PriceBook } from '../core/ledger/price-book.ts';
import type { Snapshot } from '../core/routing/snapshot.ts';

/** What is to be priced: a provider by its name, and what else the user's prices may ask for. */
export interface ToPrice {
  readonly provider: string;
  readonly model: string;
  readonly agent?: string | undefined;
  /** The service tier, as the answer told it. */
  readonly tier?: string | undefined;
}

/** Nano-dollars by the settings of `snapshot`; undefined: unpriced. `at`: milliseconds since the epoch. */
export type Prices = (
  snapshot: Pick<Snapshot, 'providers' | 'priceRules'>,
  what: ToPrice,
  usage: Usage,
  at: number,
) => number | undefined;

/** A provider that is not configured any more has the book's prices. */
export function pricesOf(book: PriceBook): Prices {
  return (snapshot, { provider: id, model, agent, tier }, usage, at) => {
    const provider = snapshot.providers.get(id);
    return book.cost({
      priceProvider: provider?.priceProvider,
      model,
      usage,
      at,
      overrides: provider?.prices ?? {},
      free: provider?.free ?? false,
      agent,
      provider: id,
      tier,
      rules: snapshot.priceRules,
    })?.nano;
  };
}
