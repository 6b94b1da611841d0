import type { FormatName } from './by-name.ts';
import { encoded } from './tree.ts';

/**
 * What is to stand in a file, beside all that stands there already: a text or a flag under its name, a table of such, or, in a list, further
 * items of it.
 */
export type Wish = string | number | boolean | readonly Wish[] | WishTable;
export interface WishTable {
  readonly [name: string]: Wish;
}

export type Scalar = string | number | boolean;

export function isScalar(wish: Wish): wish is Scalar {
  return typeof wish !== 'object';
}

export function isItems(wish: Wish): wish is readonly Wish[] {
  return Array.isArray(wish);
}

/** What `meaning` says of a tree in which the wish stands alone. */
export function meaningOf(wish: Wish): unknown {
  if (typeof wish === 'string') return wish;
  if (isScalar(wish)) return [String(wish)];
  const parts = isItems(wish) ? wish.map(meaningOf) : Object.entries(wish).map(([name, inner]) => [name, meaningOf(inner)]);
  return parts.length === 0 ? [''] : parts;
}

/** A name and its value on one line, as latin1. Strings of JSON are strings in TOML and YAML too. */
export function inline(format: FormatName, wish: Wish): string {
  if (isScalar(wish)) return format === 'dotenv' ? dotenvValue(String(wish)) : encoded(JSON.stringify(wish));
  if (isItems(wish)) return `[${wish.map((item) => inline(format, item)).join(', ')}]`;
  const members = Object.entries(wish).map(([name, inner]) => inlineMember(format, name, inner));
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

export function inlineMember(format: FormatName, name: string, wish: Wish): string {
  return nameIn(format, name) + ASSIGN[format] + inline(format, wish);
}

const ASSIGN = { dotenv: '=', json: ': ', toml: ' = ', yaml: ': ' } as const;

export function nameIn(format: FormatName, name: string): string {
  const isBare = format !== 'json' && /^[A-Za-z0-9_-]+$/.test(name);
  return isBare ? name : encoded(JSON.stringify(name));
}

function dotenvValue(value: string): string {
  return encoded(/^[\w.:/@-]*$/.test(value) ? value : `"${value.replaceAll(/["\\$]/g, String.raw`\$&`)}"`);
}

/** How a file is laid out, for what is written into it. */
export interface Layout {
  readonly format: FormatName;
  readonly eol: string;
  /** One step of indentation. */
  readonly step: string;
}

/** A value over several lines, the first of which stands where it is put. */
export function laidOut(layout: Layout, wish: Wish, indent: string): string {
  const { format, eol, step } = layout;
  if (format !== 'json' || isScalar(wish)) return inline(format, wish);
  const inner = indent + step;
  const parts = isItems(wish)
    ? wish.map((item) => laidOut(layout, item, inner))
    : Object.entries(wish).map(([name, value]) => `${nameIn(format, name)}: ${laidOut(layout, value, inner)}`);
  const [open, close] = isItems(wish) ? ['[', ']'] : ['{', '}'];
  return parts.length === 0 ? open + close : `${open}${eol}${inner}${parts.join(`,${eol}${inner}`)}${eol}${indent}${close}`;
}

/** A table or its items as lines of block YAML. */
export function yamlBlock(layout: Layout, name: string, wish: Wish, indent: string): string {
  const { eol, step } = layout;
  const head = `${indent}${nameIn('yaml', name)}:`;
  if (isScalar(wish)) return `${head} ${inline('yaml', wish)}${eol}`;
  if (isItems(wish)) return head + eol + wish.map((item) => yamlItem(layout, item, indent + step)).join('');
  return (
    head +
    eol +
    Object.entries(wish)
      .map(([inner, value]) => yamlBlock(layout, inner, value, indent + step))
      .join('')
  );
}

export function yamlItem({ eol }: Layout, item: Wish, indent: string): string {
  if (isScalar(item) || isItems(item)) return `${indent}- ${inline('yaml', item)}${eol}`;
  return Object.entries(item)
    .map(([name, value], index) => `${indent}${index === 0 ? '- ' : '  '}${inlineMember('yaml', name, value)}${eol}`)
    .join('');
}
