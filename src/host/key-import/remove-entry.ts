import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { FORMATS } from './formats/by-name.ts';
import { cutEntry, without } from './formats/cut.ts';
import type { Span } from './formats/tree.ts';
import { locationOf, type Entry } from './find-keys.ts';
import type { Removal } from './removal.ts';

/** What would be done to a file, before it is done. Texts are latin1: one character a byte. */
export interface RemovalPlan {
  /** What the name leads to, where it is a link. */
  readonly file: string;
  readonly before: string;
  readonly after: string;
  readonly spans: readonly Span[];
  readonly name: string;
}

export type Planned = { readonly plan: RemovalPlan } | { readonly fault: string };

export function planRemoval(entry: Entry): Planned {
  try {
    const file = realpathSync(entry.file.file);
    const before = readFileSync(file, 'latin1');
    const spans = cutEntry(FORMATS[entry.file.format], before, locationOf(entry));
    if (spans === undefined)
      return {
        fault: 'it is no longer there as it was found, or cannot be taken out without touching anything else; remove it by hand',
      };
    return { plan: { file, before, after: without(before, spans), spans, name: entry.path.join('.') } };
  } catch (error) {
    return { fault: `the file cannot be read (${codeOf(error)})` };
  }
}

/** Bytes on each side of a piece that are kept with it. */
const AROUND = 400;

/** What has to be kept so that the bytes can be put back: not on this disk, but where secrets are. */
export function removalOf(plan: RemovalPlan, at: number): Removal {
  const { file, before, after, spans, name } = plan;
  return {
    file,
    name,
    at,
    sumAfter: sumOf(after),
    pieces: spans.map(({ start, end }, index) => {
      const place = start - spans.slice(0, index).reduce((sum, span) => sum + span.end - span.start, 0);
      return {
        at: place,
        text: before.slice(start, end),
        left: after.slice(Math.max(0, place - AROUND), place),
        right: after.slice(place, place + AROUND),
      };
    }),
  };
}

/** A sentence on what went wrong; undefined when it is done. Never where the file is no longer what the plan was made from. */
export function applyRemoval({ file, before, after }: RemovalPlan): string | undefined {
  return replaceFile(file, before, after);
}

/** Puts a file's new text in its place in one step, with its mode and owner. `expected` is what stands there. */
export function replaceFile(file: string, expected: string, text: string): string | undefined {
  const fresh = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.gatehouse`);
  try {
    const { mode, uid, gid } = statSync(file);
    const descriptor = openSync(fresh, 'wx', 0o600);
    try {
      writeSync(descriptor, Buffer.from(text, 'latin1'));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    const own = statSync(fresh);
    if (own.uid !== uid || own.gid !== gid) chownSync(fresh, uid, gid);
    chmodSync(fresh, mode & 0o7777);
    if (readFileSync(file, 'latin1') !== expected) {
      rmSync(fresh, { force: true });
      return 'the file was changed meanwhile and was left as it is; try again';
    }
    renameSync(fresh, file);
    return undefined;
  } catch (error) {
    rmSync(fresh, { force: true });
    return `the file could not be changed (${codeOf(error)})`;
  }
}

export function sumOf(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex');
}

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'no reason given';
}
