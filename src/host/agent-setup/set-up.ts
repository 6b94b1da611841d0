import { lstatSync, mkdirSync, readFileSync, realpathSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { FORMATS } from '../config-files/by-name.ts';
import { codeOf, replaceFile, sumOf } from '../config-files/replace-file.ts';
import { setEntries, type SetEntries } from '../config-files/set-entries.ts';
import { takeBack } from '../config-files/take-back.ts';
import { isBare } from './bare.ts';
import type { FileWish } from './program.ts';
import { MOST_KEPT, type KeptFile } from './record.ts';

/** What would become of a file. Texts are latin1: one character a byte; undefined where there is no file. */
export interface FilePlan {
  /** What the name leads to, where it is a link. */
  readonly file: string;
  readonly format: FileWish['format'];
  /** What stands there now. */
  readonly now: string | undefined;
  /** What stood there without an earlier set-up of ours: that is what an undo leads back to. */
  readonly base: string | undefined;
  readonly set: SetEntries;
  /** Folders that have to be made, the outermost first. */
  readonly folders: readonly string[];
}

export type Planned = { readonly plans: readonly FilePlan[] } | { readonly fault: string };

/** Nobody writes settings that long by hand. */
const MOST_BYTES = 8 * 1024 * 1024;

class Fault extends Error {}

/** Reads and writes nothing. `earlier`: what an earlier set-up of the same program did; it is taken back first, so that there is one way back. */
export function planSetUp(wishes: readonly FileWish[], earlier: readonly KeptFile[]): Planned {
  try {
    return { plans: wishes.map((wish) => planFile(wish, earlier)) };
  } catch (error) {
    if (error instanceof Fault) return { fault: error.message };
    throw error;
  }
}

function planFile(wish: FileWish, earlier: readonly KeptFile[]): FilePlan {
  const { file, now } = readConfig(wish.file);
  const known = earlier.find((kept) => kept.file === file);
  const base = baseOf(now, known);
  const root = base === undefined ? undefined : FORMATS[wish.format].parse(base);
  const set = setEntries(wish.format, base, wish.wish(root));
  if ('fault' in set) throw new Fault(`${file}: ${set.fault}`);
  const folders = now === undefined ? missingFolders(path.dirname(file)) : [];
  return { file, format: wish.format, now, base, set, folders: known?.folders.length ? known.folders : folders };
}

/** A link is followed, so that what it leads to is changed and the link stays. */
function readConfig(name: string): { readonly file: string; readonly now: string | undefined } {
  try {
    const file = realpathSync(name);
    const stat = statSync(file);
    if (!stat.isFile()) throw new Fault(`${name} is no file, so nothing was written`);
    if (stat.size > MOST_BYTES) throw new Fault(`${name} is larger than settings are, so nothing was written`);
    if ((stat.mode & 0o222) === 0) throw new Fault(`${name} is read-only, so nothing was written`);
    return { file, now: readFileSync(file, 'latin1') };
  } catch (error) {
    if (error instanceof Fault) throw error;
    if (codeOf(error) !== 'ENOENT') throw new Fault(`${name} cannot be read (${codeOf(error)})`);
    if (lstatSync(name, { throwIfNoEntry: false }) !== undefined) throw new Fault(`${name} is a link that leads nowhere`);
    return { file: name, now: undefined };
  }
}

function baseOf(now: string | undefined, known: KeptFile | undefined): string | undefined {
  if (now === undefined || known === undefined) return now;
  const back = takeBack(now, known);
  if ('fault' in back) return now;
  return !known.existed && isBare(known.format, back.text) ? undefined : back.text;
}

function missingFolders(folder: string): readonly string[] {
  if (statSync(folder, { throwIfNoEntry: false }) !== undefined || path.dirname(folder) === folder) return [];
  return [...missingFolders(path.dirname(folder)), folder];
}

/** What is kept of a plan, before it is carried out. */
export function keptOf({ file, format, base, set, folders }: FilePlan): KeptFile {
  const { text, pieces, ours, made } = set;
  return {
    file,
    format,
    existed: base !== undefined,
    folders,
    sumAfter: sumOf(text),
    pieces,
    ours,
    made,
    ...(base !== undefined && base.length <= MOST_KEPT && { before: base }),
  };
}

/** All of them or none. A sentence on what went wrong; undefined when it is done. */
export function applySetUp(plans: readonly FilePlan[]): string | undefined {
  const done: FilePlan[] = [];
  for (const plan of plans) {
    const fault = write(plan);
    if (fault !== undefined) {
      for (const { file, set, now, folders } of done.toReversed()) {
        if (now !== undefined) replaceFile(file, set.text, now);
        else removeMade(file, folders);
      }
      return `${plan.file}: ${fault}`;
    }
    done.push(plan);
  }
  return undefined;
}

function write({ file, now, set, folders }: FilePlan): string | undefined {
  if (now !== undefined) return now === set.text ? undefined : replaceFile(file, now, set.text);
  try {
    if (folders.length > 0) mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    // It holds a token, and it must not be there yet.
    writeFileSync(file, Buffer.from(set.text, 'latin1'), { flag: 'wx', mode: 0o600 });
    return undefined;
  } catch (error) {
    return `the file could not be made (${codeOf(error)})`;
  }
}

/** The folders only as far as nothing else is in them. */
export function removeMade(file: string, folders: readonly string[]): void {
  rmSync(file, { force: true });
  for (const folder of folders.toReversed()) {
    try {
      rmdirSync(folder);
    } catch {
      return;
    }
  }
}
