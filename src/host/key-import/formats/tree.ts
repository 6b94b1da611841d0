/**
 * A file of settings as a tree whose parts know where they stand. Texts are taken as latin1, one character a byte, so that places are places in
 * the file and what is not understood passes through unchanged; only values are decoded.
 */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type Node =
  | { readonly kind: 'text'; readonly value: string }
  /** A number, a date, nothing at all: as it is written. */
  | { readonly kind: 'other'; readonly written: string }
  | Container;

export interface Container {
  readonly kind: 'map' | 'list';
  /** What stands between members. */
  readonly between: 'lines' | 'commas';
  readonly members: Member[];
}

export interface Member {
  /** Its number, in a list. */
  readonly name: string;
  readonly node: Node;
  /** From its name, or the dash before it, to the end of its value. */
  readonly span: Span;
}

export interface Format {
  /** Undefined where it is not understood. */
  parse(text: string): Container | undefined;
  readonly comment: '#' | '//';
}

export const decoded = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');

/** What a tree says, without where it stands; a container without members is nothing, as formats differ in how they write that. */
export function meaning(node: Node): unknown {
  if (node.kind === 'text') return node.value;
  if (node.kind === 'other') return [node.written === 'null' ? '' : node.written];
  if (node.members.length === 0) return [''];
  return node.members.map(({ name, node: inner }) => (node.kind === 'list' ? meaning(inner) : [name, meaning(inner)]));
}
