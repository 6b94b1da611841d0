import type { Carry } from '../../ir/carry.ts';
import { readTag, TAG_START, tagOf } from '../../ir/carry.ts';

/**
 * Reasoning items are the one opaque place of this dialect, and every agent sends them back. So the signature of a text or of a tool
 * call (Gemini's) travels in an item of its own behind them. A tag is base64; what follows its first dot says to whom it belongs: the
 * call's id, or nothing for the text before.
 */
export type Belongs = { readonly to: 'itself' } | { readonly to: 'text' } | { readonly to: 'call'; readonly callId: string };

export function sealed(carry: Carry, belongs: Belongs): string {
  if (belongs.to === 'itself') return tagOf(carry);
  return `${tagOf(carry)}.${belongs.to === 'call' ? belongs.callId : ''}`;
}

/** Undefined for encrypted content of a provider. */
export function unsealed(text: string): { readonly carry: Carry; readonly belongs: Belongs } | undefined {
  if (!text.startsWith(TAG_START)) return undefined;
  const dot = text.indexOf('.');
  const carry = readTag(dot === -1 ? text : text.slice(0, dot));
  if (carry === undefined) return undefined;
  const callId = text.slice(dot + 1);
  return { carry, belongs: dot === -1 ? { to: 'itself' } : callId === '' ? { to: 'text' } : { to: 'call', callId } };
}
