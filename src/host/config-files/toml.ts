import { BOM, decoded, type Container, type Format, type Member, type Node, type Span } from './tree.ts';

/** TOML, as far as tables, keys and strings go; numbers and dates are kept as they are written. */
export const toml: Format = {
  comment: '#',
  parse(text) {
    try {
      return new Reader(text).file();
    } catch {
      return undefined;
    }
  },
};

const BLANK = /(?:[ \t\r\n]+|#[^\r\n]*)*/y;
const SPACE = /[ \t]*/y;
const BARE = /[A-Za-z0-9_-]+/y;
const WORD = /[^\s,\]}#=][^,\]}#=\r\n]*/y;
const BASIC = /"(?:[^"\\\r\n]|\\.)*"/y;
const LITERAL = /'[^'\r\n]*'/y;
const LONG_BASIC = /"""(?:[^\\]|\\[^])*?"{3,5}/y;
const LONG_LITERAL = /'''[^]*?'{3,5}/y;
const LINE_END = /[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|$)/y;

/** Throws where it is no TOML. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  file(): Container {
    const root = table('lines');
    let here = root;
    if (this.#text.startsWith(BOM)) this.#at = BOM.length;
    for (;;) {
      this.#take(BLANK);
      if (this.#at >= this.#text.length) return root;
      if (this.#text[this.#at] === '[') here = this.#header(root);
      else this.#pair(here);
      here.tail = this.#at;
      this.#take(LINE_END);
    }
  }

  #header(root: Container): Container {
    const start = this.#at;
    const isList = this.#text.startsWith('[[', start);
    this.#at += isList ? 2 : 1;
    const names = this.#names();
    const span = { start, end: (this.#at += isList ? 2 : 1) };
    if (!/^\]+$/.test(this.#text.slice(span.end - (isList ? 2 : 1), span.end))) throw new SyntaxError();
    const last = names.pop() ?? '';
    const parent = names.reduce((at, name) => inside(at, name, span), root);
    if (!isList) return inside(parent, last, span);
    const known = parent.members.find(({ name }) => name === last)?.node;
    const list: Container = known?.kind === 'list' ? known : { kind: 'list', between: 'lines', members: [] };
    if (known !== list) parent.members.push({ name: last, node: list, span, valueStart: span.end });
    const fresh = table('lines');
    list.members.push({ name: String(list.members.length), node: fresh, span, valueStart: span.end });
    return fresh;
  }

  #pair(into: Container): void {
    const start = this.#at;
    const names = this.#names();
    if (this.#text[this.#at++] !== '=') throw new SyntaxError();
    this.#take(SPACE);
    const valueStart = this.#at;
    const node = this.#value();
    const span = { start, end: this.#at };
    const last = names.pop() ?? '';
    names.reduce((at, name) => inside(at, name, span), into).members.push({ name: last, node, span, valueStart });
  }

  #names(): string[] {
    const names: string[] = [];
    do {
      if (names.length > 0) this.#at++;
      this.#take(SPACE);
      const first = this.#text[this.#at];
      names.push(first === '"' || first === "'" ? this.#string() : this.#take(BARE));
      this.#take(SPACE);
    } while (this.#text[this.#at] === '.');
    return names;
  }

  #value(): Node {
    const first = this.#text[this.#at];
    if (first === '"' || first === "'") return { kind: 'text', value: this.#string() };
    if (first === '[') return this.#list();
    if (first === '{') return this.#inlineTable();
    return { kind: 'other', written: this.#take(WORD).trimEnd() };
  }

  #list(): Container {
    const members: Member[] = [];
    const inside = this.#members(']', () => {
      const start = this.#at;
      const node = this.#value();
      members.push({ name: String(members.length), node, span: { start, end: this.#at }, valueStart: start });
    });
    return { kind: 'list', between: 'commas', members, inside };
  }

  #inlineTable(): Container {
    const node = table('commas');
    return { ...node, inside: this.#members('}', () => this.#pair(node)) };
  }

  #members(close: string, read: () => void): Span {
    const start = ++this.#at;
    for (;;) {
      this.#take(BLANK);
      if (this.#text[this.#at] === close) break;
      read();
      this.#take(BLANK);
      if (this.#text[this.#at] === ',') this.#at++;
      else if (this.#text[this.#at] !== close) throw new SyntaxError();
    }
    return { start, end: this.#at++ };
  }

  #string(): string {
    if (this.#text.startsWith('"""', this.#at))
      return unescaped(
        this.#take(LONG_BASIC)
          .slice(3, -3)
          .replace(/^\r?\n/, ''),
      );
    if (this.#text.startsWith("'''", this.#at))
      return decoded(
        this.#take(LONG_LITERAL)
          .slice(3, -3)
          .replace(/^\r?\n/, ''),
      );
    if (this.#text[this.#at] === "'") return decoded(this.#take(LITERAL).slice(1, -1));
    return unescaped(this.#take(BASIC).slice(1, -1));
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw new SyntaxError();
    this.#at += found.length;
    return found;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', e: '\u001b' };

function unescaped(text: string): string {
  return decoded(text).replaceAll(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|\s*\n\s*|([^]))/g,
    (_, short?: string, long?: string, one?: string) => {
      const code = short ?? long;
      return code === undefined
        ? one === undefined
          ? ''
          : (ESCAPES[one] ?? one)
        : String.fromCodePoint(Number.parseInt(code, 16));
    },
  );
}

const table = (between: Container['between']): Container => ({ kind: 'map', between, members: [] });

/** The table of that name, made where there is none. In a list of tables the last one is meant. */
function inside(parent: Container, name: string, span: Member['span']): Container {
  const known = parent.members.find((member) => member.name === name)?.node;
  const node = known?.kind === 'list' ? known.members.at(-1)?.node : known;
  if (node?.kind === 'map') return node;
  if (known !== undefined) throw new SyntaxError();
  const fresh = table('lines');
  parent.members.push({ name, node: fresh, span, valueStart: span.end });
  return fresh;
}
