import { gatewayError, type GatewayError } from '../ir/error.ts';
import type { Part } from '../ir/parts.ts';
import type { SseEvent } from '../wire/sse-event.ts';
import { parseRecord, type JsonRecord } from './read-json.ts';
import { failedBy } from './stream-failure.ts';
import { refusal } from './upstream-refusal.ts';

/** Turns the events of one streamed answer into parts. Pure; the result never depends on how bytes were cut. */
export interface Decoder {
  push(event: SseEvent): readonly Part[];
  /** The stream is over. Without the dialect's terminal event the last part is a response-error. Nothing follows it. */
  end(): readonly Part[];
}

/** Nothing but blanks can follow such arguments. */
export function isWholeObject(json: string): boolean {
  // Most fragments fail here, so that a long argument is not parsed over and over.
  return json.trimEnd().endsWith('}') && parseRecord(json) !== undefined;
}

export function cutOff(): GatewayError {
  return gatewayError(
    'upstream-broken',
    'The answer was cut off: the provider closed the connection before it had finished. Try again.',
  );
}

export function notJson(): GatewayError {
  return gatewayError('upstream-broken', 'The provider sent something that is not JSON in the middle of its answer. Try again.');
}

/** An error that the provider put into its stream. It keeps the status that the provider's words stand for. */
export function providerError(error: JsonRecord | string | undefined): GatewayError {
  const { status, code, message } = failedBy(error);
  const refused = refusal({ status, code, type: undefined, message });
  return { ...refused, message: `The provider broke off its answer: ${shortened(message)}` };
}

/** One line, and no more of it than a person reads. */
function shortened(message: string): string {
  const line = message.replace(/\s+/g, ' ').trim();
  return line.length > 400 ? `${line.slice(0, 400)}...` : line;
}
