import type { SseEvent } from '../../wire/sse-event.ts';
import { asRecord, listAt, parseRecord, type JsonRecord } from '../read-json.ts';

export function isPreamble(event: SseEvent): boolean {
  const text = event.data.trim();
  if (text === '') return true;
  const chunk = parseRecord(text);
  if (chunk === undefined) return false;
  // Older vLLM: the error is the chunk itself.
  if (event.name === 'error' || chunk['object'] === 'error' || !isEmpty(chunk['error'])) return true;
  return listAt(chunk, 'choices').every((choice) => saysNothing(asRecord(choice)));
}

export function isRefusal(event: SseEvent): boolean {
  const choices = listAt(parseRecord(event.data.trim()), 'choices').map(asRecord);
  return choices.some(
    (choice) => choice?.['finish_reason'] === 'content_filter' && saysNothing({ ...choice, finish_reason: undefined }),
  );
}

/** Azure's first chunk tells by this how the prompt was filtered. */
const BESIDE_THE_ANSWER = new Set(['index', 'content_filter_results']);

function saysNothing(choice: JsonRecord | undefined): boolean {
  if (choice === undefined) return false;
  return Object.entries(choice).every(([key, value]) => {
    if (BESIDE_THE_ANSWER.has(key)) return true;
    const delta = key === 'delta' ? asRecord(value) : undefined;
    return delta === undefined ? isEmpty(value) : Object.entries(delta).every(([name, each]) => name === 'role' || isEmpty(each));
  });
}

/** A member that is not known counts as output, unless there is nothing in it. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return Array.isArray(value) ? value.length === 0 : typeof value === 'object' && Object.keys(value).length === 0;
}
