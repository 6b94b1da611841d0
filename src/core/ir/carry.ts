/**
 * State that only its issuer can read: a thinking signature, encrypted reasoning, a thought signature. Never parsed, never forged,
 * and shown to nobody but the issuer again.
 */
export interface Carry {
  /** `anthropic-messages@anthropic`: who wrote it, as dialect and provider. */
  readonly issuer: string;
  /** What that dialect's writer needs to say it again: a signature, or a whole block as JSON text. */
  readonly token: string;
}

/**
 * How every tag begins, whatever it holds. A tag is base64 (`gatehouse:`, the issuer, a line feed, the token), because it stands where
 * agents expect a signature, and some of them check that those are base64. Nine bytes are twelve characters without a rest.
 */
export const TAG_START = 'Z2F0ZWhvdXNl';

const MARK = 'gatehouse:';

/** The text under which a carry travels through an agent that speaks another dialect than its issuer. */
export function tagOf(carry: Carry): string {
  return Buffer.from(`${MARK}${carry.issuer}\n${carry.token}`).toString('base64');
}

/** Undefined for whatever is no tag of ours: then it is opaque to us, and its issuer is not known. */
export function readTag(text: string): Carry | undefined {
  if (!text.startsWith(TAG_START)) return undefined;
  const plain = Buffer.from(text, 'base64').toString();
  const line = plain.indexOf('\n');
  if (!plain.startsWith(MARK) || line === -1) return undefined;
  return { issuer: plain.slice(MARK.length, line), token: plain.slice(line + 1) };
}
