import type { ErrorCode, GatewayError } from '../../ir/error.ts';

interface OpenAiError {
  readonly type: string;
  readonly code: string | null;
}

const REFUSED: OpenAiError = { type: 'invalid_request_error', code: null };
const BROKEN: OpenAiError = { type: 'server_error', code: 'server_error' };

const SHAPES: Readonly<Record<ErrorCode, OpenAiError>> = {
  'bad-request': REFUSED,
  forbidden: { type: 'invalid_request_error', code: 'permission_denied' },
  unauthenticated: { type: 'invalid_request_error', code: 'invalid_api_key' },
  'not-found': { type: 'invalid_request_error', code: 'not_found' },
  'method-not-allowed': { type: 'invalid_request_error', code: 'method_not_allowed' },
  'body-too-large': { type: 'invalid_request_error', code: 'request_too_large' },
  'unsupported-encoding': { type: 'invalid_request_error', code: 'unsupported_encoding' },
  'model-not-found': { type: 'invalid_request_error', code: 'model_not_found' },
  'not-supported': { type: 'invalid_request_error', code: 'not_supported' },
  'no-key': { type: 'invalid_request_error', code: 'invalid_api_key' },
  'shutting-down': { type: 'server_error', code: 'server_is_overloaded' },
  'upstream-unreachable': BROKEN,
  'upstream-timeout': { type: 'server_error', code: 'timeout' },
  'upstream-broken': BROKEN,
  'upstream-overloaded': { type: 'server_error', code: 'server_is_overloaded' },
  'upstream-rate-limited': { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  'upstream-error': BROKEN,
  internal: BROKEN,
};

export function renderError(error: GatewayError): Record<string, unknown> {
  const { type, code } = SHAPES[error.code];
  return { error: { message: error.message, type, param: null, code } };
}

/** Chat has no event for it: readers take what is there for the whole answer. A cut connection is the only sign they heed. */
export function renderStreamError(): undefined {
  return undefined;
}
