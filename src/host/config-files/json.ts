import { BOM, decoded, type Container, type Format, type Member, type Node } from './tree.ts';

/** JSON with comments and commas at the end, which several tools allow. */
export const json: Format = {
  comment: '//',
  parse(text) {
    const reader = new Reader(text, text.startsWith(BOM) ? BOM.length : 0);
    try {
      const node = reader.value();
      reader.skip();
      return reader.at === text.length && (node.kind === 'map' || node.kind === 'list') ? node : undefined;
    } catch {
      return undefined;
    }
  },
};

const BLANK = /(?:[ \t\r\n]+|\/\/[^\r\n]*|\/\*[^]*?\*\/)*/y;
const STRING = /"(?:[^"\\\r\n]|\\.)*"/y;
const WORD = /[-+.\w]+/y;

/** Throws where it is no JSON. */
class Reader {
  readonly #text: string;
  at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.at = at;
  }

  value(): Node {
    this.skip();
    const first = this.#text[this.at];
    if (first === '{') return this.#container('map', '}');
    if (first === '[') return this.#container('list', ']');
    if (first === '"') return { kind: 'text', value: this.#string() };
    return { kind: 'other', written: this.#take(WORD) };
  }

  skip(): void {
    this.#take(BLANK);
  }

  #container(kind: Container['kind'], close: string): Container {
    const members: Member[] = [];
    const opened = ++this.at;
    for (;;) {
      this.skip();
      if (this.#text[this.at] === close) break;
      const start = this.at;
      const name = kind === 'map' ? this.#name() : String(members.length);
      this.skip();
      const valueStart = this.at;
      const node = this.value();
      members.push({ name, node, span: { start, end: this.at }, valueStart });
      this.skip();
      if (this.#text[this.at] === ',') this.at++;
      else if (this.#text[this.at] !== close) throw new SyntaxError();
    }
    return { kind, between: 'commas', members, inside: { start: opened, end: this.at++ } };
  }

  #name(): string {
    const name = this.#string();
    this.skip();
    if (this.#text[this.at++] !== ':') throw new SyntaxError();
    return name;
  }

  #string(): string {
    return JSON.parse(decoded(this.#take(STRING))) as string;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw new SyntaxError();
    this.at += found.length;
    return found;
  }
}
