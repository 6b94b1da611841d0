import { readTag, tagOf, type Carry } from '../../ir/carry.ts';
import { parseRecord } from '../read-json.ts';

/**
 * Gemini CLI sends back the signatures of function calls, but no thoughts. What another dialect's model thought before a call
 * therefore travels on the call as well: under a tag whose token is this list and not the call's own state.
 */
export interface ThoughtBefore {
  readonly carry: Carry;
  /** How many characters of text stood between it and the call before it. */
  readonly at: number;
}

/** No token begins so: Gemini's are base64, those of others whole blocks as JSON. */
const MARK = 'thoughts-before-this-call:';

/** Thoughts of the first one's issuer only: a tag has one. */
export function tagOfThoughts(thoughts: readonly [ThoughtBefore, ...ThoughtBefore[]]): string {
  const { issuer } = thoughts[0].carry;
  const list = thoughts.flatMap(({ carry, at }) => (carry.issuer === issuer ? [[at, carry.token]] : []));
  return tagOf({ issuer, token: MARK + JSON.stringify({ list }) });
}

export type Signature =
  /** State of the part that bears it. */
  | { readonly kind: 'own'; readonly carry: Carry }
  | { readonly kind: 'thoughts'; readonly issuer: string; readonly thoughts: readonly ThoughtBefore[] };

/** Undefined for a signature that is no tag of ours. */
export function readSignature(text: string): Signature | undefined {
  const carry = readTag(text);
  if (carry === undefined) return undefined;
  if (!carry.token.startsWith(MARK)) return { kind: 'own', carry };
  const list = parseRecord(carry.token.slice(MARK.length))?.['list'];
  const thoughts = (Array.isArray(list) ? list : []).flatMap((entry: unknown): ThoughtBefore[] => {
    const [at, token] = Array.isArray(entry) ? (entry as unknown[]) : [];
    return typeof at === 'number' && typeof token === 'string' ? [{ at, carry: { issuer: carry.issuer, token } }] : [];
  });
  return { kind: 'thoughts', issuer: carry.issuer, thoughts };
}
