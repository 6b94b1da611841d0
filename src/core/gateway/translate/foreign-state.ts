import { CODECS } from '../../dialects/codecs.ts';
import { recordAt, type JsonRecord } from '../../dialects/read-json.ts';
import { TAG_START } from '../../ir/carry.ts';
import type { DialectId } from '../../ir/dialect.ts';
import { parsedBody } from './parsed-body.ts';

/**
 * A body that is about to be relayed, without the opaque state of others. Nearly every body has none and passes as it came. One with our
 * tags in it, or from a conversation that another provider of the same dialect has served, is written anew: no provider may see, or
 * choke on, what another one signed.
 */
export function withoutForeignState(raw: Uint8Array, dialect: DialectId, issuer: string, others: Others): Uint8Array {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.length);
  // A call that a model of another dialect made may bear nothing at all, which Gemini 3 takes from itself no more than from others.
  if (others === 'none' && !bytes.includes(TAG_START)) return raw;
  const body = parsedBody(raw);
  if (body === undefined) return raw;
  const untagged = (record: JsonRecord) => CODECS[dialect].untag(record, issuer, others === 'same-dialect' ? 'drop' : 'keep');
  // Gemini counts the tokens of a whole request, which then stands inside of another.
  const inner = recordAt(body, COUNTED);
  const cleanInner = inner && untagged(inner);
  const clean = cleanInner === undefined ? untagged(body) : { ...body, [COUNTED]: cleanInner };
  return clean === undefined ? raw : Buffer.from(JSON.stringify(clean));
}

const COUNTED = 'generateContentRequest';

/** Who else has spoken in a conversation. Of the same dialect: its signatures bear no tag of ours. */
type Others = 'none' | 'other-dialects' | 'same-dialect';

const MOST_CONVERSATIONS = 5000;

/** Which providers have spoken in a conversation, as far as agents name theirs. The oldest are forgotten first. */
export class ConversationIssuers {
  readonly #seen = new Map<string, Set<string>>();

  /** Notes that `issuer` serves the conversation from now on. */
  note(conversation: string, issuer: string): void {
    const issuers = this.#seen.get(conversation) ?? new Set<string>();
    issuers.add(issuer);
    this.#seen.delete(conversation);
    this.#seen.set(conversation, issuers);
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= MOST_CONVERSATIONS) break;
      this.#seen.delete(oldest);
    }
  }

  othersThan(issuer: string, conversation: string): Others {
    const issuers = this.#seen.get(conversation);
    if (issuers === undefined || (issuers.size === 1 && issuers.has(issuer))) return 'none';
    const dialect = issuer.slice(0, issuer.indexOf('@') + 1);
    return [...issuers].some((other) => other !== issuer && other.startsWith(dialect)) ? 'same-dialect' : 'other-dialects';
  }
}
