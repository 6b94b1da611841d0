import { asBuffer, skipSpace, skipString, skipValue } from './json-members.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** Where a value stands. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Walks down into JSON bytes, looking at each byte once. Scanning a list, then its elements, then their lists, as `json-members.ts`
 * does, looks at what is inside once more at every depth: for a conversation that took twice as long as JSON.parse.
 *
 * Stands before a value, or inside an object or list before the next member or element. Where the JSON is wrong it stops:
 * `broken` is set, and every list and object ends at once. Commas are not insisted upon.
 */
export class JsonCursor {
  readonly #bytes: Buffer;
  readonly #to: number;
  #at: number;
  broken = false;

  constructor(raw: Uint8Array, { start, end }: Span) {
    this.#bytes = asBuffer(raw);
    this.#at = start;
    this.#to = end;
  }

  get at(): number {
    return this.#at;
  }

  /** Steps into the value if it is an object; else it stays before it. */
  enterObject(): boolean {
    return this.#enter(OPEN_OBJECT);
  }

  enterList(): boolean {
    return this.#enter(OPEN_ARRAY);
  }

  /** To the value of the next member: its key if that is one of `keys`, '' if not; undefined behind the object's end. */
  member<Key extends string>(keys: readonly Key[]): Key | '' | undefined {
    if (this.#ends(CLOSE_OBJECT)) return undefined;
    const start = this.#at;
    const end = this.#bytes[start] === QUOTE ? skipString(this.#bytes, start, this.#to) : -1;
    const colon = end === -1 ? -1 : skipSpace(this.#bytes, end, this.#to);
    if (colon === -1 || this.#bytes[colon] !== COLON) return this.#break();
    this.#at = skipSpace(this.#bytes, colon + 1, this.#to);
    return this.#oneOf(keys, start + 1, end - 1);
  }

  /** To the next element; false behind the list's end. */
  element(): boolean {
    return !this.#ends(CLOSE_ARRAY);
  }

  skip(): void {
    const end = skipValue(this.#bytes, this.#at, this.#to);
    if (end === -1) this.#break();
    else this.#at = end;
  }

  /** The value's place; steps behind it. */
  span(): Span {
    const start = this.#at;
    this.skip();
    return { start, end: this.#at };
  }

  isText(): boolean {
    return this.#bytes[this.#at] === QUOTE;
  }

  /** The place of a text, quotes included; undefined for another value. Steps behind it. */
  text(): Span | undefined {
    const isText = this.isText();
    const span = this.span();
    return isText && !this.broken ? span : undefined;
  }

  /** A text if it is one of `words`; else ''. Makes no string: most of what is asked for is one of few. Steps behind it. */
  word<Word extends string>(words: readonly Word[]): Word | '' {
    const span = this.text();
    return span === undefined ? '' : this.#oneOf(words, span.start + 1, span.end - 1);
  }

  /** Any text, made only where it is none of the `usual` ones; undefined for another value. Steps behind it. */
  string(usual: readonly string[]): string | undefined {
    const span = this.text();
    if (span === undefined) return undefined;
    const word = this.#oneOf(usual, span.start + 1, span.end - 1);
    return word === '' ? this.#decoded(span) : word;
  }

  #decoded({ start, end }: Span): string | undefined {
    try {
      return JSON.parse(this.#bytes.toString('utf8', start, end)) as string;
    } catch {
      return undefined;
    }
  }

  #enter(open: number): boolean {
    if (this.#at >= this.#to || this.#bytes[this.#at] !== open) return false;
    this.#at++;
    return true;
  }

  #ends(close: number): boolean {
    if (this.broken) return true;
    this.#at = skipSpace(this.#bytes, this.#at, this.#to);
    if (this.#bytes[this.#at] === COMMA) this.#at = skipSpace(this.#bytes, this.#at + 1, this.#to);
    if (this.#at >= this.#to) this.#break();
    else if (this.#bytes[this.#at] === close) this.#at++;
    else return false;
    return true;
  }

  #oneOf<Word extends string>(words: readonly Word[], start: number, end: number): Word | '' {
    for (const word of words) {
      if (word.length !== end - start) continue;
      let same = 0;
      while (same < word.length && this.#bytes[start + same] === word.charCodeAt(same)) same++;
      if (same === word.length) return word;
    }
    return '';
  }

  #break(): undefined {
    this.broken = true;
    this.#at = this.#to;
  }
}
