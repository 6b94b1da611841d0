import { asRecord, type JsonRecord } from '../read-json.ts';
import { field } from './reading.ts';
import { readSignature } from './thought-tag.ts';
import { NO_SIGNATURE } from './write-contents.ts';

/** Says that a content was there whose parts were all another model's thoughts: Google refuses a content without parts. */
const NOTHING_LEFT = { text: '(no text)' };

/** See `Codec.untag`. A call that loses its signature gets the stand-in, because Gemini 3 refuses the first of a turn without any. */
export function untag(body: JsonRecord, issuer: string, untagged: 'keep' | 'drop'): Record<string, unknown> | undefined {
  const { contents } = body;
  const list: readonly unknown[] = Array.isArray(contents) ? contents : [contents];
  let changed = false;
  const result = list.map((content) => {
    const record = asRecord(content);
    const parts = record?.['parts'];
    if (record === undefined || !Array.isArray(parts)) return content;
    const kept = untagParts(parts, issuer, untagged);
    if (kept.length === parts.length && kept.every((part, n) => part === parts[n])) return content;
    changed = true;
    return { ...record, parts: kept.length === 0 ? [NOTHING_LEFT] : kept };
  });
  if (!changed) return undefined;
  return { ...body, contents: Array.isArray(contents) ? result : result[0] };
}

function untagParts(parts: readonly unknown[], issuer: string, untagged: 'keep' | 'drop'): readonly unknown[] {
  let isFirstCall = true;
  return parts.flatMap((part): unknown[] => {
    const record = asRecord(part);
    if (record === undefined) return [part];
    const isCall = field(record, 'functionCall') !== undefined;
    const isFirst = isCall && isFirstCall;
    if (isCall) isFirstCall = false;
    const text = field(record, 'thoughtSignature');
    // Made by a model that signs nothing.
    if (typeof text !== 'string' && isFirst) return [{ ...record, thoughtSignature: NO_SIGNATURE }];
    if (typeof text !== 'string' || text === NO_SIGNATURE) return [part];
    const signature = readSignature(text);
    if (signature === undefined && untagged === 'keep') return [part];
    const { thoughtSignature: _, thought_signature: __, ...bare } = record;
    if (signature?.kind === 'own' && signature.carry.issuer === issuer)
      return [{ ...bare, thoughtSignature: signature.carry.token }];
    if (isFirst) return [{ ...bare, thoughtSignature: NO_SIGNATURE }];
    // Another model's thought, or the empty text that bore a signature.
    return record['thought'] === true || record['text'] === '' ? [] : [bare];
  });
}
