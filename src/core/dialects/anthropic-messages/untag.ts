import { readTag } from '../../ir/carry.ts';
import { asRecord, parseRecord, textAt, type JsonRecord } from '../read-json.ts';

/**
 * A body that goes to `issuer` as it came, with its own thoughts put back and those of others taken out. Where a message held
 * nothing else, it goes, and its neighbours of the same role become one message: what the provider checks then, roles in turn and
 * results right after their calls, still holds.
 */
export function untag(body: JsonRecord, issuer: string, untagged: 'keep' | 'drop'): Record<string, unknown> | undefined {
  const messages = body['messages'];
  if (!Array.isArray(messages)) return undefined;
  let changed = false;
  const result: unknown[] = [];
  for (const message of messages) {
    const record = asRecord(message);
    const content = record?.['content'];
    if (record === undefined || !Array.isArray(content)) {
      result.push(message);
      continue;
    }
    const kept: unknown[] = content.flatMap((block) => ownBlocks(block, issuer, untagged));
    const same = kept.length === content.length && kept.every((block, n) => block === content[n]);
    changed ||= !same;
    // What was empty before is not ours to judge.
    if (same || kept.length > 0) result.push(same ? message : { ...record, content: kept });
  }
  return changed ? { ...body, messages: result.length < messages.length ? alternating(result) : result } : undefined;
}

function ownBlocks(block: unknown, issuer: string, untagged: 'keep' | 'drop'): unknown[] {
  const record = asRecord(block);
  if (!isThinking(record)) return [block];
  const carry = readTag(textAt(record, record?.['type'] === 'thinking' ? 'signature' : 'data') ?? '');
  if (carry === undefined) return untagged === 'keep' ? [block] : [];
  const own = carry.issuer === issuer ? parseRecord(carry.token) : undefined;
  return isThinking(own) ? [own] : [];
}

function isThinking(block: JsonRecord | undefined): boolean {
  return block?.['type'] === 'thinking' || block?.['type'] === 'redacted_thinking';
}

/** Neighbours of one role as one message. Messages with fields of their own stay apart: the provider joins them itself. */
function alternating(messages: readonly unknown[]): unknown[] {
  const result: unknown[] = [];
  for (const message of messages) {
    const before = asRecord(result.at(-1));
    const record = asRecord(message);
    if (before !== undefined && record !== undefined && isPlain(before) && isPlain(record) && before['role'] === record['role'])
      result[result.length - 1] = { ...before, content: [...blocksOf(before['content']), ...blocksOf(record['content'])] };
    else result.push(message);
  }
  return result;
}

function isPlain(message: JsonRecord): boolean {
  return Object.keys(message).every((key) => key === 'role' || key === 'content');
}

function blocksOf(content: unknown): readonly unknown[] {
  if (Array.isArray(content)) return content;
  return typeof content === 'string' && content !== '' ? [{ type: 'text', text: content }] : [];
}
