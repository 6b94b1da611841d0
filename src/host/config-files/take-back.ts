import { isDeepStrictEqual } from 'node:util';
import { FORMATS, type FormatName } from './by-name.ts';
import { cutMember, without } from './cut.ts';
import { containerAt, containerIn, memberAt, meaningWithout, stateOf, type Our } from './ours.ts';
import { sumOf } from './replace-file.ts';
import type { Piece } from './set-entries.ts';
import { meaning, type Container, type Node } from './tree.ts';
import { meaningOf } from './wish.ts';

/** What has to be known of a file to take back what was put into it. */
export interface PutIn {
  readonly format: FormatName;
  /** SHA-256 of the file as it was left. */
  readonly sumAfter: string;
  readonly pieces: readonly Piece[];
  readonly ours: readonly Our[];
  readonly made: readonly (readonly string[])[];
}

export interface TakenBack {
  readonly text: string;
  /** Names of entries that others have changed since; they are left as they are. */
  readonly left: readonly string[];
}

/**
 * A text without what was put into it. Where nobody has touched it since, these are exactly the bytes from before. Where others have, what was
 * put in goes, what stood in its place comes back, and every other byte stays; whatever the steps below do, the result must say exactly what
 * the text says now without our entries, else nothing is done.
 */
export function takeBack(text: string, put: PutIn): TakenBack | { readonly fault: string } {
  if (sumOf(text) === put.sumAfter) {
    const before = put.pieces.reduceRight(
      (rest, { at, text: piece, former }) => rest.slice(0, at) + former + rest.slice(at + piece.length),
      text,
    );
    return { text: before, left: [] };
  }
  const format = FORMATS[put.format];
  const root = format.parse(text);
  if (root === undefined)
    return text.trim() === ''
      ? { text, left: [] }
      : { fault: 'the file cannot be understood as it is now, so nothing was taken out; mend it first' };
  const states = put.ours.map((our) => stateOf(root, our));
  const held = put.ours.filter((_, index) => states[index] === 'there');
  const result = withoutPieces(withFormer(text, put.format, root, held), put, held);
  if (result === undefined || !saysTheRest(put, root, result, held))
    return {
      fault:
        'the file was changed where the entries stand, so they cannot be taken out without touching anything else; take them out by hand',
    };
  return { text: result, left: put.ours.filter((_, index) => states[index] === 'changed').map(({ path }) => path.join('.')) };
}

/** What stood in the place of ours, put back in its place. */
function withFormer(text: string, name: FormatName, root: Container, held: readonly Our[]): string {
  const spans = held.flatMap((our) => {
    const member = our.former === undefined ? undefined : memberAt(root, our.path);
    return member === undefined ? [] : [{ start: member.valueStart, end: member.span.end, former: our.former ?? '' }];
  });
  return spans
    .toSorted((a, b) => b.start - a.start)
    .reduce((rest, { start, end, former }) => {
      // An empty value of YAML stood right behind the colon.
      const from = name === 'yaml' && former === '' && rest[start - 1] === ' ' ? start - 1 : start;
      return rest.slice(0, from) + former + rest.slice(end);
    }, text);
}

/** Each piece as it was put in, where it is found once; else its entries one by one. */
function withoutPieces(text: string, put: PutIn, held: readonly Our[]): string | undefined {
  let result = text;
  for (const piece of put.pieces) {
    const own = piece.ours.flatMap((index) => put.ours[index] ?? []).filter((our) => our.former === undefined);
    const there = own.filter((our) => held.includes(our));
    if (there.length === 0) continue;
    const whole = there.length === own.length ? withoutPiece(result, piece.text, put, own) : undefined;
    const next = whole ?? oneByOne(result, put, there);
    if (next === undefined) return undefined;
    result = next;
  }
  return result;
}

function withoutPiece(text: string, piece: string, put: PutIn, own: readonly Our[]): string | undefined {
  const format = FORMATS[put.format];
  const first = text.indexOf(piece);
  if (first < 0 || text.indexOf(piece, first + 1) >= 0) return undefined;
  const candidate = text.slice(0, first) + text.slice(first + piece.length);
  const root = format.parse(text);
  const tree = format.parse(candidate);
  if (root === undefined || tree === undefined) return undefined;
  const isExact = isDeepStrictEqual(meaningWithout(tree, [], put.made), meaningWithout(root, own, put.made));
  return isExact ? candidate : undefined;
}

function oneByOne(text: string, put: PutIn, ours: readonly Our[]): string | undefined {
  const format = FORMATS[put.format];
  let result = text;
  const cut = (wayIn: (root: Container) => readonly number[] | undefined): boolean => {
    const root = format.parse(result);
    const way = root && wayIn(root);
    if (root === undefined || way === undefined) return true;
    const spans = cutMember(format, result, root, way);
    if (spans !== undefined) result = without(result, spans);
    return spans !== undefined;
  };
  if (!ours.every((our) => cut((root) => wayTo(root, our)))) return undefined;
  const emptied = put.made.toSorted((a, b) => b.length - a.length);
  for (const path of emptied) {
    if (!ours.some((our) => path.every((name, index) => our.path[index] === name))) continue;
    cut((root) => (containerAt(root, path)?.members.length === 0 ? wayAlong(root, path) : undefined));
  }
  return result;
}

function wayTo(root: Container, { path, value, isItem }: Our): readonly number[] | undefined {
  const way = wayAlong(root, path);
  if (way === undefined || !isItem) return way;
  const items = containerAt(root, path)?.members ?? [];
  const index = items.findIndex(({ node }) => isDeepStrictEqual(meaning(node), meaningOf(value)));
  return index < 0 ? undefined : [...way, index];
}

function wayAlong(root: Container, path: readonly string[]): readonly number[] | undefined {
  const way: number[] = [];
  let container: Container | undefined = root;
  for (const name of path) {
    const index: number = container?.members.findLastIndex((member) => member.name === name) ?? -1;
    if (index < 0) return undefined;
    way.push(index);
    const node: Node | undefined = container?.members[index]?.node;
    container = node && containerIn(node);
  }
  return way;
}

function saysTheRest(put: PutIn, now: Container, result: string, held: readonly Our[]): boolean {
  const tree = FORMATS[put.format].parse(result);
  if (tree === undefined) return result.trim() === '' && isDeepStrictEqual(meaningWithout(now, held, put.made), ['']);
  const isBack = held.every((our) => our.former === undefined || stateOf(tree, our) !== 'there');
  const replaced = held.filter((our) => our.former !== undefined);
  return isBack && isDeepStrictEqual(meaningWithout(tree, replaced, put.made), meaningWithout(now, held, put.made));
}
