import type { Container } from './tree.ts';
import { BOM } from './tree.ts';
import {
  inlineMember,
  isItems,
  isScalar,
  inline,
  laidOut,
  nameIn,
  yamlBlock,
  yamlItem,
  type Layout,
  type Wish,
  type WishTable,
} from './wish.ts';

/** A place in a text, and what goes there. */
export interface Insertion {
  readonly at: number;
  readonly text: string;
  /** The part of the wish that it is. */
  readonly wish: WishTable | readonly Wish[];
}

/** A file that holds nothing but the wish. */
export function newText(layout: Layout, wish: Wish): string {
  return laidOut(layout, wish, '') + layout.eol;
}

/**
 * Where something that is missing goes, as one piece with all the commas and line breaks that it needs: taken out again in one piece, it leaves
 * what was there. In brackets it goes first, for there neither a comma at the end nor a comment is in the way.
 */
export function insertion(
  layout: Layout,
  text: string,
  container: Container,
  wish: WishTable | readonly Wish[],
  path: readonly string[],
): readonly Insertion[] {
  if (container.inside !== undefined) return [{ ...inBrackets(layout, text, container, container.inside, wish), wish }];
  if (layout.format === 'toml' && !isItems(wish)) return inToml(layout, text, container, wish, path);
  if (layout.format === 'yaml') return [{ ...inYaml(layout, text, container, wish, path), wish }];
  const lines = Object.entries(wish).map(([name, value]) => inlineMember(layout.format, name, value) + layout.eol);
  return [{ at: text.length, text: lineBreakBefore(layout, text) + lines.join(''), wish }];
}

function inBrackets(
  layout: Layout,
  text: string,
  { members }: Container,
  inside: { readonly start: number; readonly end: number },
  wish: WishTable | readonly Wish[],
): Omit<Insertion, 'wish'> {
  const { format, eol, step } = layout;
  const first = members[0];
  const own = first && /[^\r\n]*$/.exec(text.slice(0, first.span.start))?.[0];
  if (format === 'json' && (first === undefined || own?.trim() === '')) {
    const around = /^[ \t]*/.exec(lineAt(text, inside.start))?.[0] ?? '';
    const indent = own ?? around + step;
    const parts = partTexts(layout, wish, indent);
    const [, sameLine = ''] =
      /^([ \t]*(?:\/\/[^\r\n]*|(?:\/\*[^]*?\*\/[ \t]*)+(?=\r?\n)))/.exec(text.slice(inside.start, inside.end)) ?? [];
    const at = inside.start + sameLine.length;
    const lines = eol + indent + parts.join(`,${eol}${indent}`);
    if (first !== undefined) return { at, text: `${lines},` };
    return { at, text: lines + (/^[ \t]*\r?\n/.test(text.slice(at, inside.end)) ? '' : eol + around) };
  }
  const parts = isItems(wish)
    ? wish.map((item) => inline(format, item))
    : Object.entries(wish).map(([name, value]) => inlineMember(format, name, value));
  const at = first?.span.start ?? inside.start;
  return { at, text: first === undefined ? ` ${parts.join(', ')} ` : `${parts.join(', ')}, ` };
}

function partTexts(layout: Layout, wish: WishTable | readonly Wish[], indent: string): readonly string[] {
  if (isItems(wish)) return wish.map((item) => laidOut(layout, item, indent));
  return Object.entries(wish).map(([name, value]) => `${nameIn(layout.format, name)}: ${laidOut(layout, value, indent)}`);
}

/** Lines go behind those of their table, and before the first header; tables of their own go to the end. */
function inToml(layout: Layout, text: string, { tail }: Container, wish: WishTable, path: readonly string[]): readonly Insertion[] {
  const { eol } = layout;
  const isLine = ([, value]: readonly [string, Wish]): boolean => isScalar(value) || isItems(value);
  const lines = Object.entries(wish).filter(isLine);
  const tables = Object.entries(wish).filter((entry) => !isLine(entry));
  const result: Insertion[] = [];
  if (lines.length > 0) {
    const part = Object.fromEntries(lines);
    const texts = lines.map(([name, value]) => inlineMember('toml', name, value));
    if (tail !== undefined) {
      const at = tail + (/^[^\r\n]*/.exec(text.slice(tail))?.[0].length ?? 0);
      result.push({ at, text: texts.map((line) => eol + line).join(''), wish: part });
    } else if (path.length === 0) {
      const at = text.startsWith(BOM) ? BOM.length : 0;
      result.push({ at, text: texts.map((line) => line + eol).join(''), wish: part });
    } else result.push({ at: text.length, text: tomlTable(layout, text, path, part), wish: part });
  }
  if (tables.length > 0) {
    const blocks = tables.map(([name, value]) => tomlTables(layout, [...path, name], value as WishTable)).join('');
    const isFirst = lines.length === 0 && text.replace(BOM, '').trim() === '';
    const block = isFirst ? blocks.replace(/^\r?\n/, '') : blocks;
    result.push({ at: text.length, text: lineBreakBefore(layout, text) + block, wish: Object.fromEntries(tables) });
  }
  return result;
}

function tomlTable(layout: Layout, text: string, path: readonly string[], lines: WishTable): string {
  return lineBreakBefore(layout, text) + tomlTables(layout, path, lines);
}

function tomlTables(layout: Layout, path: readonly string[], wish: WishTable): string {
  const { eol } = layout;
  const lines = Object.entries(wish).filter(([, value]) => isScalar(value) || isItems(value));
  const tables = Object.entries(wish).filter(([, value]) => !isScalar(value) && !isItems(value));
  const head = lines.length === 0 ? '' : `${eol}[${path.map((name) => nameIn('toml', name)).join('.')}]${eol}`;
  const own = lines.map(([name, value]) => inlineMember('toml', name, value) + eol).join('');
  return head + own + tables.map(([name, value]) => tomlTables(layout, [...path, name], value as WishTable)).join('');
}

function inYaml(
  layout: Layout,
  text: string,
  { members }: Container,
  wish: WishTable | readonly Wish[],
  path: readonly string[],
): Omit<Insertion, 'wish'> {
  const first = members[0];
  if (path.length === 0 && !isItems(wish)) {
    const blocks = Object.entries(wish).map(([name, value]) => yamlBlock(layout, name, value, ''));
    return { at: text.length, text: lineBreakBefore(layout, text) + blocks.join('') };
  }
  const start = first?.span.start ?? text.length;
  const before = /[^\r\n]*$/.exec(text.slice(0, start))?.[0] ?? '';
  const indent = /^[ \t]*/.exec(before)?.[0] ?? '';
  if (isItems(wish)) return { at: start - before.length, text: wish.map((item) => yamlItem(layout, item, indent)).join('') };
  const blocks = Object.entries(wish).map(([name, value]) => yamlBlock(layout, name, value, indent));
  return { at: start - before.length, text: blocks.join('') };
}

function lineBreakBefore({ eol }: Layout, text: string): string {
  const rest = text.startsWith(BOM) ? text.slice(BOM.length) : text;
  return rest === '' || /[\r\n]$/.test(rest) ? '' : eol;
}

/** The beginning of the line in which a place is. */
function lineAt(text: string, at: number): string {
  return text.slice(Math.max(text.lastIndexOf('\n', at - 1), text.lastIndexOf('\r', at - 1)) + 1, at);
}
