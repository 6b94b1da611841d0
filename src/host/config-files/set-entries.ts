import { isDeepStrictEqual } from 'node:util';
import { FORMATS, type FormatName } from './by-name.ts';
import { insertion, newText, type Insertion } from './insertion.ts';
import { containerIn, isSame, meaningWithout, partsOf, stateOf, type Our } from './ours.ts';
import { BOM, meaning, type Container } from './tree.ts';
import { inline, isItems, isScalar, meaningOf, type Layout, type Wish, type WishTable } from './wish.ts';

/** A piece of a text that was put in. */
export interface Piece {
  /** Where it stands, counted in the new text. */
  readonly at: number;
  readonly text: string;
  /** What stood there before. */
  readonly former: string;
  /** Of the list of ours, those that are in it. */
  readonly ours: readonly number[];
}

/** A file with what was put into it. Texts are latin1: one character a byte. */
export interface SetEntries {
  readonly text: string;
  readonly pieces: readonly Piece[];
  readonly ours: readonly Our[];
  readonly made: readonly (readonly string[])[];
}

export type SetResult = SetEntries | { readonly fault: string };

class Fault extends Error {}

const NOT_UNDERSTOOD = 'the file cannot be understood as it is, so nothing was written; mend it first';

/**
 * Puts entries into a file of settings and leaves every other byte as it is. What is there already with the same value is left out: it is not
 * ours. `before` undefined: there is no such file.
 */
export function setEntries(format: FormatName, before: string | undefined, wish: Wish): SetResult {
  const text = before ?? '';
  const blank = (text.startsWith(BOM) ? text.slice(BOM.length) : text).trim() === '';
  const root = FORMATS[format].parse(blank && format === 'json' ? (isItems(wish) ? '[]' : '{}') : text);
  if (root === undefined) return { fault: NOT_UNDERSTOOD };
  const changes: Change[] = [];
  try {
    if (blank && format === 'json') {
      const eol = eolOf(text);
      changes.push({ at: text.length, end: text.length, text: newText({ format, eol, step: '  ' }, wish), ...partsOf(wish, []) });
    } else new Setter(format, text, changes).merge(root, wish, []);
  } catch (error) {
    if (error instanceof Fault) return { fault: error.message };
    throw error;
  }
  const done = applied(text, changes);
  return isOnlyThatNew(format, blank && format === 'json' ? undefined : root, done)
    ? done
    : { fault: 'the file is written in a way that leaves no place for the entries; put them in by hand' };
}

interface Change {
  readonly at: number;
  readonly end: number;
  readonly text: string;
  readonly ours: readonly Our[];
  readonly made: readonly (readonly string[])[];
}

class Setter {
  readonly #layout: Layout;
  readonly #text: string;
  readonly #changes: Change[];

  constructor(format: FormatName, text: string, changes: Change[]) {
    this.#layout = { format, eol: eolOf(text), step: stepOf(text) };
    this.#text = text;
    this.#changes = changes;
  }

  merge(container: Container, wish: Wish, path: readonly string[]): void {
    if (isScalar(wish) || isItems(wish) !== (container.kind === 'list'))
      throw new Fault(`${path.join('.') || 'the file'} holds something else than expected, so nothing was written`);
    if (isItems(wish)) {
      const missing = wish.filter(
        (item) => !container.members.some(({ node }) => isDeepStrictEqual(meaning(node), meaningOf(item))),
      );
      if (missing.length > 0) this.#insert(container, missing, path);
      return;
    }
    const missing: Record<string, Wish> = {};
    for (const [name, inner] of Object.entries(wish)) {
      const member = container.members.findLast((known) => known.name === name);
      const below = member && containerIn(member.node);
      if (member === undefined) missing[name] = inner;
      else if (below !== undefined) this.merge(below, inner, [...path, name]);
      else if (!isDeepStrictEqual(meaning(member.node), meaningOf(inner))) {
        const { valueStart: at, span } = member;
        const former = this.#text.slice(at, span.end);
        const blank = at > 0 && this.#text[at - 1] === ':' && this.#layout.format === 'yaml' ? ' ' : '';
        const value = blank + inline(this.#layout.format, inner);
        const our = { path: [...path, name], value: inner, isItem: false, former };
        this.#changes.push({ at, end: span.end, text: value, ours: [our], made: [] });
      }
    }
    if (Object.keys(missing).length > 0) this.#insert(container, missing, path);
  }

  #insert(container: Container, missing: WishTable | readonly Wish[], path: readonly string[]): void {
    const places: readonly Insertion[] = insertion(this.#layout, this.#text, container, missing, path);
    for (const { at, text, wish } of places) {
      const { ours, made } = partsOf(wish, path);
      this.#changes.push({ at, end: at, text, ours, made: made.filter((one) => !isSame(one, path)) });
    }
  }
}

function applied(text: string, changes: readonly Change[]): SetEntries {
  const ordered = changes.toSorted((a, b) => a.at - b.at);
  const pieces: Piece[] = [];
  const ours: Our[] = [];
  let result = '';
  let from = 0;
  for (const change of ordered) {
    result += text.slice(from, change.at);
    const numbers = change.ours.map((_, index) => ours.length + index);
    pieces.push({ at: result.length, text: change.text, former: text.slice(change.at, change.end), ours: numbers });
    ours.push(...change.ours);
    result += change.text;
    from = change.end;
  }
  return { text: result + text.slice(from), pieces, ours, made: ordered.flatMap(({ made }) => made) };
}

function isOnlyThatNew(format: FormatName, before: Container | undefined, { text, ours, made }: SetEntries): boolean {
  const after = FORMATS[format].parse(text);
  if (after === undefined || !ours.every((our) => stateOf(after, our) === 'there')) return false;
  const rest = meaningWithout(after, ours, made);
  const replaced = ours.filter(({ isItem }) => !isItem);
  return isDeepStrictEqual(rest, before === undefined ? [''] : meaningWithout(before, replaced, []));
}

function eolOf(text: string): string {
  return /\r\n|\n/.exec(text)?.[0] ?? '\n';
}

/** The first line that is indented says by how much. */
function stepOf(text: string): string {
  return /(?:^|\n)([ \t]+)(?![ \t]|\*)\S/.exec(text)?.[1] ?? '  ';
}
