const REDACTED = '[redacted]';

/** Shorter "secrets" are placeholders for local servers (`none`, `x`); replacing them would only garble the text. */
const SHORTEST = 6;

/**
 * Puts `[redacted]` for every occurrence of the secrets in a provider's error, also where JSON escapes stand for some of their
 * characters (`\/`, `\u0073k-`, and the doubled backslashes of JSON inside JSON).
 */
export function redact(body: Uint8Array, secrets: readonly string[]): Uint8Array {
  // The longest first, so that a secret that begins with another is taken whole.
  const known = secrets.filter((secret) => secret.length >= SHORTEST).sort((a, b) => b.length - a.length);
  if (known.length === 0) return body;
  // As latin1 a character is a byte, so bytes that are no UTF-8 come through unharmed.
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1');
  const clean = text.replace(new RegExp(known.map(pattern).join('|'), 'g'), REDACTED);
  return clean === text ? body : Buffer.from(clean, 'latin1');
}

/** The same for a text that was already read out of its JSON. */
export function redactText(text: string, secrets: readonly string[]): string {
  return Buffer.from(redact(Buffer.from(text), secrets)).toString();
}

/**
 * Per character: itself as UTF-8 or its \u escape, and the two that JSON may escape by a backslash. Runs of backslashes are bounded:
 * over a megabyte of them an open one would take quadratic time.
 */
function pattern(secret: string): string {
  let source = '';
  for (const character of secret) {
    const units = Array.from({ length: character.length }, (_, i) => unicodeEscape(character.charCodeAt(i))).join('');
    if (character === '\\') source += String.raw`(?:${units}|\\{1,8})`;
    else source += `(?:${character === '/' || character === '"' ? String.raw`\\{0,8}` : ''}${bytesOf(character)}|${units})`;
  }
  return source;
}

function bytesOf(character: string): string {
  return [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

/** `\\{1,8}u00[eE]9` for é. */
function unicodeEscape(unit: number): string {
  const digits = unit.toString(16).padStart(4, '0');
  return String.raw`\\{1,8}u` + digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}
