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
  /** Between its brackets, where it has some. */
  readonly inside?: Span;
  /** A TOML table: the end of its header or of its last own line, behind which another one may stand. */
  tail?: number;
}

export interface Member {
  /** Its number, in a list. */
  readonly name: string;
  readonly node: Node;
  /** From its name, or the dash before it, to the end of its value. */
  readonly span: Span;
  /** Where its value begins. */
  readonly valueStart: number;
}

export interface Format {
  /** Undefined where it is not understood. */
  parse(text: string): Container | undefined;
  readonly comment: '#' | '//';
}

/** How UTF-8 without anything before it may begin. */
export const BOM = '\u00ef\u00bb\u00bf';

export const encoded = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

export const decoded = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');

/** What a tree says, without where it stands; a container without members is nothing, as formats differ in how they write that. */
export function meaning(node: Node): unknown {
  if (node.kind === 'text') return node.value;
  if (node.kind === 'other') return [node.written === 'null' ? '' : node.written];
  if (node.members.length === 0) return [''];
  return node.members.map(({ name, node: inner }) => (node.kind === 'list' ? meaning(inner) : [name, meaning(inner)]));
}
