import { isDeepStrictEqual } from 'node:util';
import { meaning, type Container, type Format, type Member, type Node, type Span } from './tree.ts';

/** The way from the root to a member, by names; `value` tells it from another one of the same name. */
export interface Location {
  readonly path: readonly string[];
  readonly value: string;
  /** How many names of the path lead to what is taken out: an entry may mean nothing without its value. */
  readonly depth: number;
}

/**
 * The pieces of a text that have to go so that one entry is gone, and nothing else is: comments, order, line ends and odd formatting stay.
 * Whatever the rules below say, the rest is read again, and unless it says exactly what it said before there are none: undefined.
 */
export function cutEntry(format: Format, text: string, location: Location): readonly Span[] | undefined {
  const root = format.parse(text);
  const steps = root && find(root, location);
  return root && steps && cutSteps(format, text, root, steps.slice(0, location.depth));
}

/** The same for a member that is known by its place: the number of each member on the way to it. */
export function cutMember(format: Format, text: string, root: Container, way: readonly number[]): readonly Span[] | undefined {
  const steps: Step[] = [];
  let container: Container | undefined = root;
  for (const index of way) {
    if (container === undefined) return undefined;
    steps.push({ container, index });
    const node: Node | undefined = container.members[index]?.node;
    container = node?.kind === 'map' || node?.kind === 'list' ? node : undefined;
  }
  return cutSteps(format, text, root, steps);
}

function cutSteps(format: Format, text: string, root: Container, steps: readonly Step[]): readonly Span[] | undefined {
  let taken = steps;
  // A list or a table in which nothing is left is taken out itself where its format cannot write that.
  for (;;) {
    const last = taken.at(-1);
    if (last === undefined) return undefined;
    const spans = cut(format, text, last);
    if (spans !== undefined && isOnlyThatGone(format, root, text, spans, taken)) return spans;
    if (last.container.members.length > 1) return undefined;
    taken = taken.slice(0, -1);
  }
}

export function without(text: string, spans: readonly Span[]): string {
  return spans.toReversed().reduce((rest, { start, end }) => rest.slice(0, start) + rest.slice(end), text);
}

interface Step {
  readonly container: Container;
  readonly index: number;
}

function find(root: Container, { path, value }: Location): readonly Step[] | undefined {
  const [name, ...rest] = path;
  for (const [index, { name: own, node }] of root.members.entries()) {
    if (own !== name) continue;
    const step = { container: root, index };
    if (rest.length === 0 && node.kind === 'text' && node.value === value) return [step];
    if (rest.length === 0 || node.kind === 'text' || node.kind === 'other') continue;
    const below = find(node, { path: rest, value, depth: 0 });
    if (below !== undefined) return [step, ...below];
  }
  return undefined;
}

function cut({ comment }: Format, text: string, { container, index }: Step): readonly Span[] | undefined {
  const { members, between } = container;
  const member = members[index];
  if (member === undefined) return undefined;
  return between === 'lines' ? cutLines(text, members, index) : cutBetweenCommas(text, comment, members, index);
}

function cutLines(text: string, members: readonly Member[], index: number): readonly Span[] | undefined {
  const { span } = members[index]!;
  const lineStart = startOfLine(text, span.start);
  if (text.slice(lineStart, span.start).trim() === '') return [wholeLine(text, span)];
  // The first of an entry in a YAML list stands behind the dash, and the second takes its place.
  const next = members[index + 1]?.span.start;
  return next !== undefined && text.slice(span.end, next).trim() === '' ? [{ start: span.start, end: next }] : undefined;
}

function cutBetweenCommas(text: string, comment: Format['comment'], members: readonly Member[], index: number): readonly Span[] {
  const { span } = members[index]!;
  const after = skipBlank(text, span.end, comment);
  if (text[after] === ',') {
    if (text.slice(span.end, after).trim() !== '') return [wholeLine(text, span), { start: after, end: after + 1 }];
    const line = wholeLine(text, { start: span.start, end: after + 1 });
    return [text.startsWith(' ', line.end) && line.start === span.start ? { start: line.start, end: line.end + 1 } : line];
  }
  const before = members[index - 1]?.span.end;
  const comma = before === undefined ? undefined : skipBlank(text, before, comment);
  const line = wholeLine(text, span);
  const own = line.start < span.start ? line : { start: span.start - blanksBefore(text, span.start), end: line.end };
  return comma === undefined || text[comma] !== ',' ? [own] : [{ start: comma, end: comma + 1 }, own];
}

/** With its indentation and line break if nothing else is on its lines; a comment behind it stays. */
function wholeLine(text: string, { start, end }: Span): Span {
  const lineStart = startOfLine(text, start);
  const rest = /[ \t]*(\r\n|\r|\n|$)?/y;
  rest.lastIndex = end;
  const found = rest.exec(text);
  const isAlone = text.slice(lineStart, start).trim() === '';
  if (isAlone && found?.[1] !== undefined) return { start: lineStart, end: end + found[0].length };
  return { start, end: isAlone ? end + (found?.[0].length ?? 0) : end };
}

function startOfLine(text: string, at: number): number {
  return Math.max(text.lastIndexOf('\n', at - 1), text.lastIndexOf('\r', at - 1)) + 1;
}

function blanksBefore(text: string, at: number): number {
  return /[ \t]*$/.exec(text.slice(startOfLine(text, at), at))?.[0].length ?? 0;
}

function skipBlank(text: string, at: number, comment: Format['comment']): number {
  const blank = comment === '#' ? /(?:\s+|#[^\r\n]*)*/y : /(?:\s+|\/\/[^\r\n]*|\/\*[^]*?\*\/)*/y;
  blank.lastIndex = at;
  return at + (blank.exec(text)?.[0].length ?? 0);
}

function isOnlyThatGone(format: Format, root: Container, text: string, spans: readonly Span[], taken: readonly Step[]): boolean {
  const after = format.parse(without(text, spans));
  return after !== undefined && isDeepStrictEqual(meaning(after), meaning(withoutMember(root, taken)));
}

function withoutMember(node: Container, [step, ...rest]: readonly Step[]): Container {
  const members = node.members.flatMap((member, index): Member[] => {
    if (index !== step?.index) return [member];
    const inner: Node = member.node;
    if (rest.length === 0 || inner.kind === 'text' || inner.kind === 'other') return [];
    return [{ ...member, node: withoutMember(inner, rest) }];
  });
  return { ...node, members };
}
