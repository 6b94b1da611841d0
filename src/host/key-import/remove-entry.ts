import { readFileSync, realpathSync } from 'node:fs';
import { FORMATS } from '../config-files/by-name.ts';
import { cutEntry, without } from '../config-files/cut.ts';
import { codeOf, replaceFile, sumOf } from '../config-files/replace-file.ts';
import type { Span } from '../config-files/tree.ts';
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
