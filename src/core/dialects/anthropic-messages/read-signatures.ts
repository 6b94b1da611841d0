import type { AssistantContent } from '../../ir/call.ts';
import { readBearer, type Bearer } from './bearer.ts';
import type { Reading } from './reading.ts';

/** A message's content with each signature on the call it signs. Agents may put thoughts first, so calls are found by their id. */
export function withSignatures(content: readonly AssistantContent[], reading: Reading): readonly AssistantContent[] {
  const result: AssistantContent[] = [];
  const bearers: Bearer[] = [];
  for (const part of content) {
    const bearer = part.kind === 'reasoning' && part.carry !== undefined ? readBearer(part.carry) : undefined;
    if (bearer === undefined) result.push(part);
    else bearers.push(bearer);
  }
  for (const { callId, carry } of bearers) {
    const at = result.findIndex((part) => part.kind === 'tool-call' && part.callId === callId);
    const signed = result[at];
    if (signed === undefined) reading.losses.add('dropped-reasoning');
    else result[at] = { ...signed, carry };
  }
  return result;
}
