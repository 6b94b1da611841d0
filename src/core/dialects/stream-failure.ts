import type { StreamState } from './dialect.ts';
import { textAt, type JsonRecord } from './read-json.ts';
import { vendorWord } from './vendor-word.ts';

type Failed = Extract<StreamState, { phase: 'failed' }>;

/** Error types, codes and google.rpc statuses, as providers put them into streams, by the HTTP status they stand for. */
const STATUS: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  invalid_request: 400,
  invalid_prompt: 400,
  bad_request: 400,
  context_length_exceeded: 400,
  content_filter: 400,
  cyber_policy: 400,
  invalid_argument: 400,
  failed_precondition: 400,
  authentication_error: 401,
  invalid_api_key: 401,
  unauthenticated: 401,
  billing_error: 402,
  credit_balance_exhausted: 402,
  permission_error: 403,
  permission_denied: 403,
  not_found_error: 404,
  not_found: 404,
  model_not_found: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  resource_exhausted: 429,
  too_many_requests: 429,
  api_error: 500,
  server_error: 500,
  internal_server_error: 500,
  internal: 500,
  unimplemented: 501,
  unavailable: 503,
  server_is_overloaded: 503,
  slow_down: 503,
  timeout_error: 504,
  deadline_exceeded: 504,
  overloaded_error: 529,
};

/** The state that a provider's error object stands for. `error` may also be a bare text. */
export function failedBy(error: JsonRecord | string | undefined): Failed {
  if (typeof error === 'string') return { phase: 'failed', status: 500, code: undefined, message: error };
  const status = httpStatus(error?.['code']) ?? httpStatus(error?.['status']) ?? named(error) ?? 500;
  const message =
    textAt(error, 'message') ?? textAt(error, 'code') ?? textAt(error, 'type') ?? 'The provider broke off with an error.';
  return { phase: 'failed', status, code: wordOf(error), message };
}

/** Numbers say no more than the status does. */
function wordOf(error: JsonRecord | undefined): string | undefined {
  return [vendorWord(error), textAt(error, 'type'), textAt(error, 'status')].find(
    (word) => word !== undefined && !/^\d+$/.test(word),
  );
}

/** Some providers send their errors with a status of success: then what they say decides. */
export function realStatus(status: number, error: JsonRecord | string | undefined): number {
  return status >= 400 ? status : failedBy(error).status;
}

/** Some put the HTTP status itself into `code`, as a number or a text. */
function httpStatus(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^[45]\d\d$/.test(value) ? Number(value) : value;
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599 ? status : undefined;
}

function named(error: JsonRecord | undefined): number | undefined {
  for (const key of ['code', 'type', 'status']) {
    const name = textAt(error, key)?.toLowerCase();
    if (name !== undefined && Object.hasOwn(STATUS, name)) return STATUS[name];
  }
  return undefined;
}
