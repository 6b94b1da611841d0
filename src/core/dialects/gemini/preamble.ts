import type { SseEvent } from '../../wire/sse-event.ts';
import { asRecord, listAt, parseRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { STOPS } from './stops.ts';

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

export function isRefusal(event: SseEvent): boolean {
  const chunk = parseRecord(event.data.trim());
  const candidates = listAt(chunk, 'candidates').map(asRecord);
  if (!candidates.every(isWordless)) return false;
  return (
    isReason(recordAt(chunk, 'promptFeedback'), 'blockReason') ||
    candidates.some((candidate) => STOPS[textAt(candidate, 'finishReason') ?? ''] === 'refusal')
  );
}

function saysNothing(candidate: JsonRecord | undefined): boolean {
  return candidate !== undefined && !isReason(candidate, 'finishReason') && isWordless(candidate);
}

function isWordless(candidate: JsonRecord | undefined): boolean {
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
