import type { SseEvent } from '../../wire/sse-event.ts';
import { asRecord, listAt, parseRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';

export function isPreamble(event: SseEvent): boolean {
  const text = event.data.trim();
  if (text === '') return true;
  const chunk = parseRecord(text);
  if (chunk === undefined) return false;
  if (recordAt(chunk, 'error') !== undefined) return true;
  // A prompt that is refused gets no candidates: that is the whole answer.
  if (isReason(recordAt(chunk, 'promptFeedback'), 'blockReason')) return false;
  return listAt(chunk, 'candidates').every((candidate) => saysNothing(asRecord(candidate)));
}

function saysNothing(candidate: JsonRecord | undefined): boolean {
  if (candidate === undefined || isReason(candidate, 'finishReason')) return false;
  return listAt(recordAt(candidate, 'content'), 'parts').every(isEmptyPart);
}

/** An empty text alone. A signature beside it is state that must not get lost. */
function isEmptyPart(part: unknown): boolean {
  const record = asRecord(part);
  return (
    record !== undefined && Object.entries(record).every(([key, value]) => key === 'thought' || (key === 'text' && value === ''))
  );
}

/** FINISH_REASON_UNSPECIFIED is the default of the enum, and says that there is none. */
function isReason(record: JsonRecord | undefined, key: string): boolean {
  const reason = textAt(record, key);
  return reason !== undefined && !reason.endsWith('_UNSPECIFIED');
}
