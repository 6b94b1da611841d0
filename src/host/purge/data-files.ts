import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { openBy } from '../../core/ledger/intents.ts';
import type { Writer } from '../../core/ledger/writers.ts';
import { HEALTH_FILE } from '../health-file.ts';
import { LEDGER_FILE } from '../ledger-file.ts';

/** Files of ours in a data folder that are one thing to a person. */
export interface DataFiles {
  readonly what: string;
  readonly files: readonly string[];
  readonly bytes: number;
}

/** By name, so that a folder in which other things lie loses nothing of them. */
const KINDS: readonly (readonly [what: string, name: RegExp])[] = [
  ['the ledger and the audit log in it', named(LEDGER_FILE, '(-wal|-shm|-journal)?')],
  ['damaged copies of the ledger that were set aside', named(LEDGER_FILE, '\\.damaged-.*')],
  ['requests that were noted and not yet booked', named(LEDGER_FILE, '\\.(asked-.*|replacing)')],
  ['what is known of the health of keys and models', named(HEALTH_FILE, '(\\.\\d+\\.new)?')],
  ['key and anchor of the audit log', /^audit(\.(key|anchor)(\.\d+\.new)?|-key\.lock)$/],
  ['fetched prices', /^prices.*\.json(\.\d+\.new)?$/],
];

function named(file: string, behind: string): RegExp {
  return new RegExp(`^${file.replaceAll('.', '\\.')}${behind}$`);
}

export function dataFiles(folder: string): readonly DataFiles[] {
  const names = readdirSync(folder);
  return KINDS.flatMap(([what, pattern]) =>
    groupOf(
      what,
      folder,
      names.filter((name) => pattern.test(name)),
    ),
  );
}

/** All that lies in a folder which is ours alone, besides `kept`. */
export function allFiles(folder: string, kept: string): readonly DataFiles[] {
  const known = dataFiles(folder);
  const taken = new Set(known.flatMap(({ files }) => files));
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  return [
    ...known,
    ...groupOf(
      'other files of Gatehouse',
      folder,
      names.filter((name) => name !== kept && !taken.has(path.join(folder, name))),
    ),
  ];
}

function groupOf(what: string, folder: string, names: readonly string[]): readonly DataFiles[] {
  const files = names.map((name) => path.join(folder, name));
  const bytes = files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
  return files.length === 0 ? [] : [{ what, files, bytes }];
}

/** Gateways that use the folder now. */
export function usedBy(folder: string): readonly Writer[] {
  return openBy(path.join(folder, LEDGER_FILE));
}

export function listLines(groups: readonly DataFiles[], requests: number | undefined): readonly string[] {
  return groups.map(({ what, files, bytes }, index) => {
    const rows = index === 0 && requests !== undefined ? `${requests} ${requests === 1 ? 'request' : 'requests'}, ` : '';
    return `${what} (${rows}${files.length} ${files.length === 1 ? 'file' : 'files'}, ${sizeWords(bytes)})`;
  });
}

function sizeWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
