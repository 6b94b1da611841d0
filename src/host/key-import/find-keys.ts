import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { ProviderKind } from '../../core/config/kinds.ts';
import { Secret } from '../../core/providers/secret.ts';
import { candidatesIn, type Candidates } from './candidates.ts';
import { FORMATS } from '../config-files/by-name.ts';
import type { Location } from '../config-files/cut.ts';
import type { Container } from '../config-files/tree.ts';
import { keyFiles, type KeyFile, type Surroundings } from './places.ts';

/** A key that was found in plain text. It prints to nothing of its value. */
export interface FoundKey {
  readonly kind: ProviderKind;
  readonly baseUrl: string | undefined;
  readonly secret: Secret;
  /** For a person: `ANTHROPIC_API_KEY in ~/project/.env`. */
  readonly place: string;
  /** Undefined for a variable of the environment. */
  readonly entry: Entry | undefined;
  readonly name: string;
}

/** Where in which file. */
export interface Entry {
  readonly file: KeyFile;
  /** As in `Location`, with the value kept from printing. */
  readonly path: readonly string[];
  readonly written: Secret;
  readonly depth: number;
}

export interface Found {
  readonly keys: readonly FoundKey[];
  /** Sentences on what looks like a key and was left alone, and on files that could not be read. */
  readonly notes: readonly string[];
}

/** Nobody writes settings that long by hand. `~/.claude.json` grows with every project. */
const MOST_BYTES = 8 * 1024 * 1024;

/** Looks into the environment and the usual files. Reads and nothing else: no helper program is run. */
export function findKeys(surroundings: Surroundings): Found {
  const keys: FoundKey[] = [];
  const notes: string[] = [];
  const take = ({ keys: found, leftAlone }: Candidates, where: string, file: KeyFile | undefined): void => {
    for (const { kind, baseUrl, value, location } of found) {
      const name = location.path.join('.');
      keys.push({
        kind,
        baseUrl,
        secret: new Secret(value),
        place: `${name} in ${where}`,
        entry: file && { file, path: location.path, written: new Secret(location.value), depth: location.depth },
        name,
      });
    }
    for (const { name, why } of leftAlone) notes.push(`${name} in ${where}: ${why}`);
  };

  take(candidatesIn(environmentTree(surroundings.env)), 'the environment', undefined);
  for (const file of keyFiles(surroundings)) {
    const where = placeWords(file, surroundings.home);
    const text = readText(file.file);
    if (text === undefined) continue;
    const tree = FORMATS[file.format].parse(text);
    if (tree === undefined) notes.push(`${where} could not be understood and was left alone`);
    else take(candidatesIn(tree), where, file);
  }
  return { keys, notes };
}

export function locationOf({ path: names, written, depth }: Entry): Location {
  return { path: names, value: written.reveal(), depth };
}

/** As latin1, one character a byte; undefined where there is nothing to read. */
function readText(file: string): string | undefined {
  try {
    const stat = statSync(file);
    return stat.isFile() && stat.size <= MOST_BYTES ? readFileSync(file, 'latin1') : undefined;
  } catch {
    return undefined;
  }
}

function environmentTree(env: Surroundings['env']): Container {
  const span = { start: 0, end: 0 };
  const members = Object.entries(env).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, node: { kind: 'text', value } as const, span, valueStart: 0 }],
  );
  return { kind: 'map', between: 'lines', members };
}

function placeWords({ file, tool }: KeyFile, home: string): string {
  return `${shortPath(file, home)} (${tool})`;
}

export function shortPath(file: string, home: string): string {
  const below = path.relative(home, file);
  return below.startsWith('..') || path.isAbsolute(below) ? file : path.join('~', below);
}
