import type { SseEvent } from '../../wire/sse-event.ts';
import { listAt, parseRecord, recordAt, textAt } from '../read-json.ts';

export function isRefusal(event: SseEvent): boolean {
  const data = parseRecord(event.data.trim());
  return (data?.['type'] ?? event.name) === 'message_delta' && textAt(recordAt(data, 'delta'), 'stop_reason') === 'refusal';
}

export function isPreamble(event: SseEvent): boolean {
  const text = event.data.trim();
  if (text === '') return true;
  const data = parseRecord(text);
  if (data === undefined) return false;
  switch (data['type'] ?? event.name) {
    case 'message_start':
      // Always empty as Anthropic sends it; an imitation might put the answer there.
      return listAt(recordAt(data, 'message'), 'content').length === 0;
    case 'content_block_start': {
      const block = recordAt(data, 'content_block');
      const type = block?.['type'];
      return (type === 'text' || type === 'thinking') && textAt(block, type) === undefined;
    }
    case 'ping':
    case 'error':
      return true;
    default:
      return false;
  }
}
