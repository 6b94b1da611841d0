import { partsOf } from './secret-parts.ts';

const REDACTED = '[redacted]';

/** Shorter "secrets" are placeholders for local servers (`none`, `x`); replacing them would only garble the text. */
export const SHORTEST_SECRET = 6;

/**
 * Puts `[redacted]` for every occurrence of the secrets in a provider's error: whole, also where escapes of JSON or of URLs stand for
 * some of their characters (`\/`, `\u0073k-`, `%2B`, and the doubled backslashes of JSON inside JSON), and in parts, also of their
 * base64 and hexadecimal forms.
 */
export function redact(body: Uint8Array, secrets: readonly string[]): Uint8Array {
  // The longest first, so that a secret that begins with another is taken whole.
  const known = secrets.filter((secret) => secret.length >= SHORTEST_SECRET).sort((a, b) => b.length - a.length);
  if (known.length === 0) return body;
  // As latin1 a character is a byte, so bytes that are no UTF-8 come through unharmed.
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1');
  const clean = withoutParts(text.replace(new RegExp(known.map(pattern).join('|'), 'g'), REDACTED), known);
  return clean === text ? body : Buffer.from(clean, 'latin1');
}

/** The same for a text that was already read out of its JSON. */
export function redactText(text: string, secrets: readonly string[]): string {
  return Buffer.from(redact(Buffer.from(text), secrets)).toString();
}

function withoutParts(text: string, secrets: readonly string[]): string {
  let clean = '';
  let at = 0;
  for (const { from, to } of partsOf(text, secrets)) {
    clean += text.slice(at, from) + REDACTED;
    at = to;
  }
  return at === 0 ? text : clean + text.slice(at);
}

/**
 * Per character: itself as UTF-8 or its \u escape, its bytes as URLs write them, and the two that JSON may escape by a backslash. Runs
 * of backslashes are bounded: over a megabyte of them an open one would take quadratic time.
 */
function pattern(secret: string): string {
  let source = '';
  for (const character of secret) {
    const units = Array.from({ length: character.length }, (_, i) => unicodeEscape(character.charCodeAt(i))).join('');
    const encoded = `${units}|${percentEncoded(character)}`;
    if (character === '\\') source += String.raw`(?:${encoded}|\\{1,8})`;
    else source += `(?:${character === '/' || character === '"' ? String.raw`\\{0,8}` : ''}${bytesOf(character)}|${encoded})`;
  }
  return source;
}

function bytesOf(character: string): string {
  return [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

/** `%[cC]3%[aA]9` for é; URLs inside URLs have `%25` for the percent sign. */
function percentEncoded(character: string): string {
  return [...Buffer.from(character)].map((byte) => `%(?:25){0,2}${anyCase(byte.toString(16).padStart(2, '0'))}`).join('');
}

/** `\\{1,8}u00[eE]9` for é. */
function unicodeEscape(unit: number): string {
  return String.raw`\\{1,8}u` + anyCase(unit.toString(16).padStart(4, '0'));
}

function anyCase(digits: string): string {
  return digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}
