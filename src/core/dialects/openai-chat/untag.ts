import { readTag, TAG_START, type Carry } from '../../ir/carry.ts';
import { asRecord, listAt, parseRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import {
  addDetails,
  detailOpaque,
  readThought,
  repeatThoughts,
  type ReasoningDetail,
  type RepeatedThought,
} from './reasoning-details.ts';

type Json = Record<string, unknown>;
type Untagged = 'keep' | 'drop';

/** Opaque state stands in two places: on tool calls (`extra_content`) and in `reasoning_details`. */
export function untag(body: JsonRecord, issuer: string, untagged: Untagged): Json | undefined {
  const messages = listAt(body, 'messages');
  const clean = messages.map((value) => {
    const message = asRecord(value);
    return message === undefined || message['role'] !== 'assistant' ? value : untagMessage(message, issuer, untagged);
  });
  return clean.every((message, at) => message === messages[at]) ? undefined : { ...body, messages: clean };
}

function untagMessage(message: JsonRecord, issuer: string, untagged: Untagged): JsonRecord {
  const calls = listAt(message, 'tool_calls');
  const clean = calls.map((value) => {
    const call = asRecord(value);
    return call === undefined ? value : untagCall(call, issuer, untagged);
  });
  const result = clean.every((call, at) => call === calls[at]) ? message : { ...message, tool_calls: clean };
  return untagReasoning(result, issuer, untagged);
}

function untagCall(call: JsonRecord, issuer: string, untagged: Untagged): JsonRecord {
  const signature = textAt(recordAt(recordAt(call, 'extra_content'), 'google'), 'thought_signature');
  const kept = signature === undefined ? 'as-is' : judge(signature, issuer, untagged);
  if (kept === 'as-is') return call;
  const { extra_content: extra, ...rest } = call;
  if (kept !== 'out') {
    const own = recordAt(parseRecord(kept.token), 'extra_content');
    return own === undefined ? rest : { ...rest, extra_content: own };
  }
  const { google, ...others } = asRecord(extra) ?? {};
  const { thought_signature: _, ...google_ } = asRecord(google) ?? {};
  const left = { ...others, ...(Object.keys(google_).length > 0 ? { google: google_ } : {}) };
  return Object.keys(left).length > 0 ? { ...rest, extra_content: left } : rest;
}

function untagReasoning(message: JsonRecord, issuer: string, untagged: Untagged): JsonRecord {
  const details: ReasoningDetail[] = [];
  addDetails(details, listAt(message, 'reasoning_details'));
  const own: RepeatedThought[] = [];
  let changed = false;
  let foreign = false;
  for (const detail of details) {
    const opaque = detailOpaque(detail);
    const kept = opaque === undefined ? 'as-is' : judge(opaque, issuer, untagged);
    if (kept === 'as-is') {
      own.push({ reasoning_details: [detail] });
      continue;
    }
    changed = true;
    const thought = kept === 'out' ? undefined : readThought(kept.token);
    if (thought === undefined) foreign = true;
    else own.push(thought);
  }
  if (!changed) return message;
  const { reasoning_details: _, ...rest } = message;
  const result: Json = { ...rest };
  // The plain fields repeat the details: what somebody else thought is in them as well, and what is put back brings its own.
  if (foreign || own.some((thought) => thought.reasoning_details === undefined)) {
    delete result['reasoning_content'];
    delete result['reasoning'];
  }
  repeatThoughts(result, own);
  return result;
}

function judge(opaque: string, issuer: string, untagged: Untagged): 'as-is' | 'out' | Carry {
  const carry = readTag(opaque);
  if (carry !== undefined) return carry.issuer === issuer ? carry : 'out';
  // A tag that an agent has cut is nobody's any more.
  return untagged === 'drop' || opaque.startsWith(TAG_START) ? 'out' : 'as-is';
}
