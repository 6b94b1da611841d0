import type { SseEvent } from './sse-event.ts';

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;
const BOM_SIZE = 3;

/** An event over bytes that hold exactly one. `first` in its stream: only there a byte order mark is none of the text. */
export function eventOf(bytes: Buffer, start: number, end: number, first: boolean): SseEvent {
  return new ScannedEvent(bytes, start, end, first);
}

/** Everything is read when asked for: of a long stream's events a meter looks into a handful. */
class ScannedEvent implements SseEvent {
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  readonly #first: boolean;
  #raw: Buffer | undefined;
  #name: string | undefined;
  #data: string | undefined;
  /** Where the value of the first `data` line is, and then, in turn, those of further ones. */
  #dataStart = 0;
  #dataEnd = -1;
  #furtherData: number[] | undefined;

  constructor(bytes: Buffer, start: number, end: number, first: boolean) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#first = first;
  }

  get raw(): Buffer {
    return (this.#raw ??= this.#bytes.subarray(this.#start, this.#end));
  }

  get name(): string {
    return this.#name ?? this.#readLines();
  }

  get data(): string {
    if (this.#data !== undefined) return this.#data;
    if (this.#name === undefined) this.#readLines();
    if (this.#dataEnd === -1) return (this.#data = '');
    let text = this.raw.toString('utf8', this.#dataStart, this.#dataEnd);
    const further = this.#furtherData ?? [];
    for (let i = 0; i < further.length; i += 2) text += `\n${this.raw.toString('utf8', further[i], further[i + 1])}`;
    return (this.#data = text);
  }

  /** Works on `raw`, never on the chunk: a search for a line end must not run on into what follows. Returns the name. */
  #readLines(): string {
    const raw = this.raw;
    const hasCr = raw.indexOf(CR) !== -1;
    let name = '';
    let line = this.#first && startsWithBom(raw) ? BOM_SIZE : 0;
    while (line < raw.length) {
      const stop = lineEnd(raw, line, hasCr);
      if (isField(raw, line, stop, 'data')) this.#addData(valueStart(raw, line + 4, stop), stop);
      else if (isField(raw, line, stop, 'event')) name = raw.toString('utf8', valueStart(raw, line + 5, stop), stop);
      line = stop + 1;
    }
    return (this.#name = name);
  }

  #addData(start: number, end: number): void {
    if (this.#dataEnd === -1) {
      this.#dataStart = start;
      this.#dataEnd = end;
    } else {
      (this.#furtherData ??= []).push(start, end);
    }
  }
}

/** A CRLF shows as a line and an empty line, which inside one event says nothing. */
function lineEnd(raw: Buffer, from: number, hasCr: boolean): number {
  const lf = raw.indexOf(LF, from);
  const end = lf === -1 ? raw.length : lf;
  if (!hasCr) return end;
  const cr = raw.indexOf(CR, from);
  return cr === -1 || cr > end ? end : cr;
}

/** `data:`, or `data` alone on its line. */
function isField(raw: Buffer, line: number, stop: number, field: 'data' | 'event'): boolean {
  const after = line + field.length;
  if (after > stop || (after < stop && raw[after] !== COLON)) return false;
  for (let i = 0; i < field.length; i++) {
    if (raw[line + i] !== field.charCodeAt(i)) return false;
  }
  return true;
}

function valueStart(raw: Buffer, colon: number, stop: number): number {
  if (colon >= stop) return stop;
  return colon + 1 < stop && raw[colon + 1] === SPACE ? colon + 2 : colon + 1;
}

function startsWithBom(raw: Buffer): boolean {
  return raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf;
}
