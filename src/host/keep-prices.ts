import type { AddedPrices, PriceBook, PriceSource } from '../core/ledger/price-book.ts';
import type { Clock, Log, Upstream } from '../core/ports.ts';
import { fingerprintOf, forgetKept, keep, readKept } from './kept-prices.ts';
import { proposeImport, proposeRefresh, type PriceProposal } from './propose-prices.ts';

export interface PriceStatus {
  /** In the order in which they are asked. */
  readonly sources: readonly PriceSource[];
  readonly faults: readonly string[];
}

/** The prices that the user added. Kept in the data folder, which windows share. */
export interface PriceKeeper {
  proposeImport(file: { readonly name: string; readonly text: string }): Promise<PriceProposal>;
  proposeRefresh(upstream: Upstream, address: string): Promise<PriceProposal>;
  /** Holds for requests that begin from now on, here and in the other windows. Throws what the file system throws. */
  take(proposal: Pick<PriceProposal, 'kind' | 'name' | 'text'>): void;
  /** Back to the built-in prices. False: there are no others. */
  reset(): boolean;
  status(): PriceStatus;
  close(): void;
}

/** Two looks at the disk: 10 us. */
const LOOK_MS = 2_000;

export function keepPrices(dataDir: string, book: PriceBook, clock: Clock, log: Log, lookMs = LOOK_MS): PriceKeeper {
  let seen = fingerprintOf(dataDir);
  let added: AddedPrices = {};
  let faults: readonly string[] = [];
  const read = (): ReturnType<typeof readKept> => {
    const kept = readKept(dataDir);
    for (const fault of kept.faults) if (!faults.includes(fault)) log.warn(fault);
    ({ added, faults } = kept);
    return kept;
  };
  for (const era of read().eras) book.use(era.added, era.at);
  const look = (): void => {
    const present = fingerprintOf(dataDir);
    if (present === seen) return;
    seen = present;
    read();
    book.use(added, clock.now());
    log.info('other prices are in effect', { asOf: book.asOf() });
  };
  const watch = setInterval(look, lookMs).unref();
  return {
    proposeImport: (file) => proposeImport(book, added, file, clock.now()),
    proposeRefresh: (upstream, address) => proposeRefresh(book, added, { upstream, address }, clock.now()),
    take({ kind, name, text }) {
      keep(dataDir, kind, { at: clock.now(), name, text });
      look();
    },
    reset() {
      const had = forgetKept(dataDir);
      look();
      return had;
    },
    status: () => ({ sources: book.sources(), faults }),
    close: () => clearInterval(watch),
  };
}
