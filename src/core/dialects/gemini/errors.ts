import type { ErrorCode, GatewayError } from '../../ir/error.ts';
import { recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { realStatus } from '../stream-failure.ts';
import { refusal } from '../upstream-refusal.ts';
import { KEY_REFUSED, vendorWord } from '../vendor-word.ts';

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
  'content-policy': 'INVALID_ARGUMENT',
  'out-of-credit': 'RESOURCE_EXHAUSTED',
  'quota-spent': 'RESOURCE_EXHAUSTED',
  'not-supported': 'UNIMPLEMENTED',
  'no-key': 'UNAUTHENTICATED',
  'shutting-down': 'UNAVAILABLE',
  'upstream-unreachable': 'UNAVAILABLE',
  'upstream-timeout': 'DEADLINE_EXCEEDED',
  'upstream-broken': 'UNAVAILABLE',
  'upstream-overloaded': 'UNAVAILABLE',
  'upstream-rate-limited': 'RESOURCE_EXHAUSTED',
  'budget-spent': 'FAILED_PRECONDITION',
  'limit-reached': 'RESOURCE_EXHAUSTED',
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
  const code = vendorWord(error);
  // Google refuses a wrong key with 400, which would pass for a fault of the request.
  const said = code === KEY_REFUSED ? 401 : realStatus(status, error);
  const message = textAt(error, 'message') ?? textAt(body, 'error');
  return refusal({ status: said, code, type: textAt(error, 'status'), message });
}
