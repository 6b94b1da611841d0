import { asRecord, parseRecord, type JsonRecord } from '../read-json.ts';
import { unsealed } from './carry-items.ts';

/** Only reasoning items hold opaque state that agents send back. See `Codec.untag`. */
export function untag(body: JsonRecord, issuer: string, untagged: 'keep' | 'drop'): Record<string, unknown> | undefined {
  const input = body['input'];
  if (!Array.isArray(input)) return undefined;
  let changed = false;
  const kept = input.flatMap((each: unknown) => {
    const item = asRecord(each);
    const encrypted = item?.['type'] === 'reasoning' ? item['encrypted_content'] : undefined;
    if (typeof encrypted !== 'string') return [each];
    const tag = unsealed(encrypted);
    if (tag === undefined && untagged === 'keep') return [each];
    changed = true;
    // A token of this dialect is the whole item.
    const own = tag?.carry.issuer === issuer && tag.belongs.to === 'itself' ? parseRecord(tag.carry.token) : undefined;
    return own === undefined ? [] : [own];
  });
  return changed ? { ...body, input: kept } : undefined;
}
