import type { SseEvent } from '../../wire/sse-event.ts';
import { asRecord, listAt, parseRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';

export function isPreamble(event: SseEvent): boolean {
  const text = event.data.trim();
  if (text === '') return true;
  const data = parseRecord(text);
  if (data === undefined) return false;
  switch (data['type'] ?? event.name) {
    case 'response.created':
    case 'response.queued':
    case 'response.in_progress':
      return listAt(recordAt(data, 'response'), 'output').length === 0;
    case 'response.output_item.added':
      return isEmptyItem(recordAt(data, 'item'));
    case 'response.content_part.added':
    case 'response.reasoning_summary_part.added':
      return isEmptyPart(recordAt(data, 'part'));
    case 'response.failed':
    case 'error':
      return true;
    default:
      return false;
  }
}

export function isRefusal(event: SseEvent): boolean {
  const data = parseRecord(event.data.trim());
  const response = recordAt(data, 'response');
  return (
    (data?.['type'] ?? event.name) === 'response.incomplete' &&
    textAt(recordAt(response, 'incomplete_details'), 'reason') === 'content_filter' &&
    listAt(response, 'output').every((item) => isEmptyItem(asRecord(item)))
  );
}

/** Encrypted reasoning is nothing that anybody reads, and comes again, whole, when the item is done. */
function isEmptyItem(item: JsonRecord | undefined): boolean {
  const type = item?.['type'];
  if (type !== 'message' && type !== 'reasoning') return false;
  return [...listAt(item, 'content'), ...listAt(item, 'summary')].every((part) => isEmptyPart(asRecord(part)));
}

function isEmptyPart(part: JsonRecord | undefined): boolean {
  return part !== undefined && textAt(part, 'text') === undefined && textAt(part, 'refusal') === undefined;
}
