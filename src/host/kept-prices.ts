import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readPriceFile } from '../core/ledger/price-file.ts';
import type { AddedPrices } from '../core/ledger/price-book.ts';
import { readRefreshedPrices } from '../core/ledger/price-refresh.ts';

export type PriceKind = 'imported' | 'refreshed';

/** Of the data folder, with the text as it was read or fetched. The imported one goes before the refreshed one. */
const FILES: Readonly<Record<PriceKind, string>> = { imported: 'prices-imported.json', refreshed: 'prices-refreshed.json' };

interface KeptFile {
  /** When it was taken over, in milliseconds since the epoch: requests from before it are priced without it. */
  readonly at: number;
  /** The file's own name, or the address. */
  readonly name: string;
  readonly text: string;
}

export interface KeptPrices {
  readonly added: AddedPrices;
  /** What came into effect when, the earliest first; the last one is `added`. */
  readonly eras: readonly { readonly at: number; readonly added: AddedPrices }[];
  /** Sentences on files that cannot be used. */
  readonly faults: readonly string[];
}

/** Which files they are, so that another window's are noticed. */
export function fingerprintOf(dataDir: string): string {
  return Object.values(FILES)
    .map((name) => statSync(path.join(dataDir, name), { throwIfNoEntry: false }))
    .map((stat) => (stat === undefined ? 'none' : `${stat.ino}:${stat.size}:${stat.mtimeMs}`))
    .join(' ');
}

/** Never throws: a damaged file is told, and left alone. */
export function readKept(dataDir: string): KeptPrices {
  const faults: string[] = [];
  const pieces: { readonly at: number; readonly added: AddedPrices }[] = [];
  for (const kind of ['refreshed', 'imported'] as const) {
    const file = path.join(dataDir, FILES[kind]);
    if (statSync(file, { throwIfNoEntry: false }) === undefined) continue;
    const read = readOne(kind, file);
    if (read === undefined)
      faults.push(`The ${kind} prices cannot be read, so they are not used. Take them over again, or reset the prices.`);
    else pieces.push(read);
  }
  const eras = pieces
    .sort((a, b) => a.at - b.at)
    .map(({ at }, index) => ({
      at,
      added: Object.assign({}, ...pieces.slice(0, index + 1).map((piece) => piece.added)) as AddedPrices,
    }));
  return { added: eras.at(-1)?.added ?? {}, eras, faults };
}

function readOne(kind: PriceKind, file: string): { readonly at: number; readonly added: AddedPrices } | undefined {
  try {
    const { at, name, text } = JSON.parse(readFileSync(file, 'utf8')) as Partial<KeptFile>;
    if (typeof at !== 'number' || typeof name !== 'string' || typeof text !== 'string') return undefined;
    if (kind === 'imported') {
      const read = readPriceFile(text, name).file;
      return read && { at, added: { files: [read] } };
    }
    const read = readRefreshedPrices(text, at);
    return read.ok ? { at, added: { refreshed: read.prices } } : undefined;
  } catch {
    return undefined;
  }
}

export function keep(dataDir: string, kind: PriceKind, kept: KeptFile): void {
  const file = path.join(dataDir, FILES[kind]);
  const fresh = `${file}.${process.pid}.new`;
  try {
    writeFileSync(fresh, JSON.stringify(kept), { mode: 0o600, flush: true });
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}

/** True: there was something to forget. */
export function forgetKept(dataDir: string): boolean {
  const had = fingerprintOf(dataDir) !== 'none none';
  for (const name of Object.values(FILES)) rmSync(path.join(dataDir, name), { force: true });
  return had;
}
