/**
 * Reads and edits the top level of a JSON object in its bytes. Values are skipped, not parsed, so what is not edited stays equal
 * to the byte: JSON.parse and stringify would move integer-like keys to the front and round large integers, and both spoil a
 * provider's prompt cache.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

export interface JsonMember {
  /** Escapes undone: `"mod\u0065l"` is `model`. */
  readonly key: string;
  /** Offsets of the value, whitespace around it left out. */
  readonly start: number;
  readonly end: number;
}

export interface JsonObjectBytes {
  /** Offset of the opening brace. */
  readonly open: number;
  /** In order; a key may come twice, and then JSON parsers take the last. */
  readonly members: readonly JsonMember[];
}

/** Replaces the value of each member of that name, or appends one. `json` is JSON text. */
export interface JsonEdit {
  readonly key: string;
  readonly json: string;
}

/**
 * The members of the object between two offsets, nothing but whitespace (and a byte order mark) around it. Undefined for what is
 * not an object. Inside values only strings and brackets are followed: what else is wrong there is for the provider to refuse.
 */
export function scanMembers(raw: Uint8Array, from = 0, to: number = raw.length): JsonObjectBytes | undefined {
  if (from !== 0 || to !== raw.length) return scanRange(raw, from, to);
  if (!SCANNED.has(raw)) SCANNED.set(raw, scanRange(raw, from, to));
  return SCANNED.get(raw);
}

/** A request's body is looked into twice, and may hold megabytes. A body must not be written to once it was scanned. */
const SCANNED = new WeakMap<Uint8Array, JsonObjectBytes | undefined>();

function scanRange(raw: Uint8Array, from: number, to: number): JsonObjectBytes | undefined {
  const bytes = asBuffer(raw);
  const members: JsonMember[] = [];
  const open = skipSpace(bytes, from === 0 ? afterBom(bytes) : from, to);
  if (bytes[open] !== OPEN_OBJECT || open >= to) return undefined;
  let at = skipSpace(bytes, open + 1, to);
  if (bytes[at] === CLOSE_OBJECT) return skipSpace(bytes, at + 1, to) === to ? { open, members } : undefined;
  for (;;) {
    if (bytes[at] !== QUOTE) return undefined;
    const keyEnd = skipString(bytes, at, to);
    const key = keyEnd === -1 ? undefined : decodeKey(bytes, at, keyEnd);
    if (key === undefined) return undefined;
    at = skipSpace(bytes, keyEnd, to);
    if (bytes[at] !== COLON) return undefined;
    const start = skipSpace(bytes, at + 1, to);
    const end = skipValue(bytes, start, to);
    if (end === -1) return undefined;
    members.push({ key, start, end });
    at = skipSpace(bytes, end, to);
    if (at >= to) return undefined;
    if (bytes[at] === CLOSE_OBJECT) return skipSpace(bytes, at + 1, to) === to ? { open, members } : undefined;
    if (bytes[at] !== COMMA) return undefined;
    at = skipSpace(bytes, at + 1, to);
  }
}

/** The offsets of an array's elements; undefined for what is not an array. */
export function scanElements(
  raw: Uint8Array,
  from: number,
  to: number,
): readonly { readonly start: number; readonly end: number }[] | undefined {
  const bytes = asBuffer(raw);
  const elements: { start: number; end: number }[] = [];
  let at = skipSpace(bytes, from, to);
  if (bytes[at] !== OPEN_ARRAY || at >= to) return undefined;
  at = skipSpace(bytes, at + 1, to);
  if (bytes[at] === CLOSE_ARRAY) return skipSpace(bytes, at + 1, to) === to ? elements : undefined;
  for (;;) {
    const end = skipValue(bytes, at, to);
    if (end === -1) return undefined;
    elements.push({ start: at, end });
    at = skipSpace(bytes, end, to);
    if (at >= to) return undefined;
    if (bytes[at] === CLOSE_ARRAY) return skipSpace(bytes, at + 1, to) === to ? elements : undefined;
    if (bytes[at] !== COMMA) return undefined;
    at = skipSpace(bytes, at + 1, to);
  }
}

/** Undefined where `raw` is not an object. The result is `raw` itself when there is nothing to do. */
export function spliceMembers(raw: Uint8Array, edits: readonly JsonEdit[]): Uint8Array | undefined {
  const object = scanMembers(raw);
  return object === undefined ? undefined : replaceRanges(raw, memberRanges(object, edits));
}

/** Bytes to put in the place of others. An empty range inserts. */
export interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What the edits replace in an object's bytes. */
export function memberRanges(object: JsonObjectBytes, edits: readonly JsonEdit[]): readonly Replacement[] {
  const replacements: Replacement[] = [];
  let appended = '';
  for (const { key, json } of edits) {
    let found = false;
    for (const member of object.members) {
      if (member.key !== key) continue;
      found = true;
      replacements.push({ start: member.start, end: member.end, text: json });
    }
    if (!found) appended += `${appended === '' && object.members.length === 0 ? '' : ','}${JSON.stringify(key)}:${json}`;
  }
  if (appended !== '') {
    const end = object.members.at(-1)?.end ?? object.open + 1;
    replacements.push({ start: end, end, text: appended });
  }
  return replacements;
}

/** Replacements may come in any order; they must not overlap. */
export function replaceRanges(raw: Uint8Array, replacements: readonly Replacement[]): Uint8Array {
  if (replacements.length === 0) return raw;
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const { start, end, text } of [...replacements].sort((a, b) => a.start - b.start || a.end - b.end)) {
    parts.push(raw.subarray(at, start), Buffer.from(text));
    at = end;
  }
  parts.push(raw.subarray(at));
  return Buffer.concat(parts);
}

/**
 * The values of the named members of a whole body, parsed; nothing else is. As with JSON.parse the last of several wins. A value
 * that is no JSON is left out. Undefined when the body is not an object.
 */
export function pickMembers(raw: Uint8Array, keys: readonly string[]): Record<string, unknown> | undefined {
  const object = scanMembers(raw);
  if (object === undefined) return undefined;
  const picked: Record<string, unknown> = {};
  for (const key of keys) {
    const value = parseMember(raw, object, key);
    if (value !== undefined) picked[key] = value;
  }
  return picked;
}

/** The parsed value of one member; undefined where it is absent or no JSON. */
export function parseMember(raw: Uint8Array, object: JsonObjectBytes, key: string): unknown {
  const member = lastMember(object, key);
  if (member === undefined) return undefined;
  try {
    return JSON.parse(asBuffer(raw).toString('utf8', member.start, member.end)) as unknown;
  } catch {
    return undefined;
  }
}

/** The member that a JSON parser would see. */
export function lastMember(object: JsonObjectBytes, key: string): JsonMember | undefined {
  for (let at = object.members.length - 1; at >= 0; at--) if (object.members[at]?.key === key) return object.members[at];
  return undefined;
}

/** One value down a path of keys (`stream_options`, `include_usage`), parsed; undefined where there is none. */
export function readNested(raw: Uint8Array, path: readonly string[]): unknown {
  let object = scanMembers(raw);
  for (const [depth, key] of path.entries()) {
    if (object === undefined) return undefined;
    if (depth === path.length - 1) return parseMember(raw, object, key);
    const member = lastMember(object, key);
    object = member === undefined ? undefined : scanMembers(raw, member.start, member.end);
  }
  return undefined;
}

export function asBuffer(raw: Uint8Array): Buffer {
  return Buffer.isBuffer(raw) ? raw : Buffer.from(raw.buffer, raw.byteOffset, raw.length);
}

function afterBom(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

export function skipSpace(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    at++;
  }
  return at;
}

/** From the opening quote to behind the closing one; -1 where there is none. */
export function skipString(bytes: Buffer, open: number, to: number): number {
  let at = open + 1;
  for (;;) {
    // Most strings are short, or full of escaped quotes, and cheaper to walk. Plain text and images are long: there a native
    // search is many times faster.
    const walkTo = Math.min(to, at + 64);
    while (at < walkTo) {
      const byte = bytes[at];
      if (byte === QUOTE) return at + 1;
      at += byte === BACKSLASH ? 2 : 1;
    }
    const quote = bytes.indexOf(QUOTE, at);
    if (quote === -1 || quote >= to) return -1;
    let slash = quote;
    while (slash > at && bytes[slash - 1] === BACKSLASH) slash--;
    if ((quote - slash) % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

/** -1 where no value begins, or it does not end. */
export function skipValue(bytes: Buffer, start: number, to: number): number {
  if (start >= to) return -1;
  const first = bytes[start]!;
  if (first === QUOTE) return skipString(bytes, start, to);
  if (first === OPEN_OBJECT || first === OPEN_ARRAY) return skipContainer(bytes, start, to);
  let at = start;
  while (at < to && isScalarByte(bytes[at]!)) at++;
  return at === start ? -1 : at;
}

function skipContainer(bytes: Buffer, start: number, to: number): number {
  let depth = 0;
  let at = start;
  while (at < to) {
    let byte = bytes[at]!;
    // Digits, commas and spaces in a loop of their own: embeddings are made of them.
    while (byte < OPEN_ARRAY && byte !== QUOTE && ++at < to) byte = bytes[at]!;
    if (byte === QUOTE) {
      at = skipString(bytes, at, to);
      if (at === -1) return -1;
      continue;
    }
    at++;
    // Braces and brackets differ only in the bit 0x20: { 7b [ 5b, } 7d ] 5d.
    const shape = byte | 0x20;
    if (shape === OPEN_OBJECT) depth++;
    else if (shape === CLOSE_OBJECT && --depth === 0) return at;
  }
  return -1;
}

/** Letters, digits and `+ - .`: what true, false, null and numbers are made of. */
function isScalarByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2d ||
    byte === 0x2b ||
    byte === 0x2e ||
    byte === 0x45
  );
}

function decodeKey(bytes: Buffer, open: number, end: number): string | undefined {
  const text = bytes.toString('utf8', open + 1, end - 1);
  if (!text.includes('\\')) return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return undefined;
  }
}
