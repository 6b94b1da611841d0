import type { ErrorCode, GatewayError } from '../../ir/error.ts';

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
