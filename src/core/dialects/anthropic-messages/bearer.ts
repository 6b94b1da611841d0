import { tagOf, type Carry } from '../../ir/carry.ts';
import { parseRecord, textAt } from '../read-json.ts';

/**
 * Only thoughts have an opaque field in this dialect, and agents send them back. So the signature of a tool call (Gemini's) travels in a
 * redacted thought of its own behind it, as a tag whose token names what it belongs to. Within the tag, because agents may check that
 * the field is base64. The signature of a text is left out: Gemini does not insist on it, and `claude -p` prints the last block of an
 * answer, which must not be a redacted thought.
 */
export interface Bearer {
  /** The call that is signed. */
  readonly callId: string;
  readonly carry: Carry;
}

/** No token begins so: Gemini's are base64, those of others JSON. */
const MARK = 'signs-another-block:';

export function bearerBlock(carry: Carry, callId: string): Record<string, unknown> {
  const token = MARK + JSON.stringify({ callId, token: carry.token });
  return { type: 'redacted_thinking', data: tagOf({ issuer: carry.issuer, token }) };
}

/** Undefined for a carry that is a thought's own. */
export function readBearer({ issuer, token }: Carry): Bearer | undefined {
  if (!token.startsWith(MARK)) return undefined;
  const held = parseRecord(token.slice(MARK.length));
  return { callId: textAt(held, 'callId') ?? '', carry: { issuer, token: textAt(held, 'token') ?? '' } };
}
