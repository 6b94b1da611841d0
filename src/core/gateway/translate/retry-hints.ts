import type { JsonRecord } from '../../dialects/read-json.ts';
import { readRetryInfo } from '../../routing/failures/retry-hints.ts';
import type { AnswerHeaders } from '../exchange.ts';

/** Hints that mean the same in every dialect. The rate-limit headers of one vendor would only confuse the agents of another. */
const SHARED = ['retry-after', 'retry-after-ms', 'x-should-retry', 'request-id', 'x-request-id'] as const;

/** When to come again, from a provider's headers, or from Google's `RetryInfo` in the body, which has no header. */
export function retryHints(headers: AnswerHeaders, body: JsonRecord | undefined): AnswerHeaders {
  const hints: AnswerHeaders = {};
  for (const name of SHARED) {
    const value = headers[name];
    if (value !== undefined) hints[name] = value;
  }
  const delay = hints['retry-after'] === undefined ? readRetryInfo(body) : undefined;
  // Whole seconds, rounded up: `"34.4s"` is 35.
  return delay === undefined ? hints : { ...hints, 'retry-after': String(Math.ceil(delay / 1000)) };
}
