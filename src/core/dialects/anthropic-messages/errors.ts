import type { ErrorCode, GatewayError } from '../../ir/error.ts';

const TYPES: Readonly<Record<ErrorCode, string>> = {
  'bad-request': 'invalid_request_error',
  forbidden: 'permission_error',
  unauthenticated: 'authentication_error',
  'not-found': 'not_found_error',
  'method-not-allowed': 'invalid_request_error',
  'body-too-large': 'request_too_large',
  'unsupported-encoding': 'invalid_request_error',
  'model-not-found': 'not_found_error',
  'not-supported': 'not_supported',
  'no-key': 'authentication_error',
  'shutting-down': 'api_error',
  'upstream-unreachable': 'api_error',
  'upstream-timeout': 'timeout_error',
  'upstream-broken': 'api_error',
  'upstream-overloaded': 'overloaded_error',
  'upstream-rate-limited': 'rate_limit_error',
  'upstream-error': 'api_error',
  internal: 'api_error',
};

export function renderError(error: GatewayError): Record<string, unknown> {
  return { type: 'error', error: { type: TYPES[error.code], message: error.message } };
}

export function renderStreamError(error: GatewayError): string {
  return `event: error\ndata: ${JSON.stringify(renderError(error))}\n\n`;
}
