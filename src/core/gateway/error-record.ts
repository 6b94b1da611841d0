import { asRecord, listAt, parseRecord, type JsonRecord } from '../dialects/read-json.ts';
import type { GatewayError } from '../ir/error.ts';
import { failureOfError } from '../routing/failures/failure-of.ts';
import type { Failure } from '../routing/failures/failure.ts';
import { readRetryHints } from '../routing/failures/retry-hints.ts';
import type { AnswerHeaders } from './exchange.ts';

/** The JSON of an error answer. Google puts its error into a list where a stream was asked for. */
export function errorRecord(text: string): JsonRecord | undefined {
  return parseRecord(text) ?? asRecord(listAt(parseRecord(`{"list":${text || '[]'}}`), 'list')[0]);
}

/** What a provider's error answer means for further attempts. `now`: milliseconds since the epoch. */
export function failureOfAnswer(
  error: GatewayError,
  status: number,
  headers: AnswerHeaders,
  body: JsonRecord | undefined,
  now: number,
): Failure {
  return { ...failureOfError(error, readRetryHints(headers, body, now)), code: `upstream-${status}` };
}
