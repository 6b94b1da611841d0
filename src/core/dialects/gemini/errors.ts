import type { ErrorCode, GatewayError } from '../../ir/error.ts';
import { asRecord, listAt, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { realStatus } from '../stream-failure.ts';
import { refusal } from '../upstream-refusal.ts';

/** google.rpc status names. */
const STATUSES: Readonly<Record<ErrorCode, string>> = {
  'bad-request': 'INVALID_ARGUMENT',
  forbidden: 'PERMISSION_DENIED',
  unauthenticated: 'UNAUTHENTICATED',
  'not-found': 'NOT_FOUND',
  'method-not-allowed': 'INVALID_ARGUMENT',
  'body-too-large': 'INVALID_ARGUMENT',
  'unsupported-encoding': 'INVALID_ARGUMENT',
  'model-not-found': 'NOT_FOUND',
  'context-too-long': 'INVALID_ARGUMENT',
  'out-of-credit': 'RESOURCE_EXHAUSTED',
  'not-supported': 'UNIMPLEMENTED',
  'no-key': 'UNAUTHENTICATED',
  'shutting-down': 'UNAVAILABLE',
  'upstream-unreachable': 'UNAVAILABLE',
  'upstream-timeout': 'DEADLINE_EXCEEDED',
  'upstream-broken': 'UNAVAILABLE',
  'upstream-overloaded': 'UNAVAILABLE',
  'upstream-rate-limited': 'RESOURCE_EXHAUSTED',
  'upstream-error': 'UNAVAILABLE',
  internal: 'INTERNAL',
};

export function renderError(error: GatewayError): Record<string, unknown> {
  return { error: { code: error.status, message: error.message, status: STATUSES[error.code] } };
}

/** Gemini CLI takes an error object in the stream for a clean end. Only a cut connection is heeded. */
export function renderStreamError(): undefined {
  return undefined;
}

/** A provider's error answer. */
export function readError(status: number, body: JsonRecord | undefined): GatewayError {
  const error = recordAt(body, 'error') ?? body;
  const said = isKeyRefused(error) ? 401 : realStatus(status, error);
  const message = textAt(error, 'message') ?? textAt(body, 'error');
  return refusal({ status: said, code: undefined, type: textAt(error, 'status'), message });
}

/** Google refuses a wrong key with 400, which would pass for a fault of the request. */
function isKeyRefused(error: JsonRecord | undefined): boolean {
  return listAt(error, 'details').some((detail) => textAt(asRecord(detail), 'reason') === 'API_KEY_INVALID');
}
