import { gatewayError, type ErrorCode, type GatewayError } from '../../ir/error.ts';
import { recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { failedBy } from '../stream-failure.ts';

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

/**
 * A provider's error answer. Its words pass as they are: Claude Code finds `prompt is too long: N tokens > M maximum` in them and
 * compacts the conversation.
 */
export function readError(status: number, body: JsonRecord | undefined): GatewayError {
  const error = recordAt(body, 'error') ?? textAt(body, 'error') ?? body;
  // Some imitations send their errors with status 200.
  const said = status >= 400 ? status : failedBy(error).status;
  const message = (typeof error === 'string' ? error : (textAt(error, 'message') ?? textAt(error, 'detail'))) ?? wordless(said);
  return { ...gatewayError(codeOf(said, message), message), status: said, retryable: isRetryable(said) };
}

function wordless(status: number): string {
  return `The provider answered with status ${status} and no words. ${isRetryable(status) ? 'Try again.' : 'Check the model and the key.'}`;
}

function isRetryable(status: number): boolean {
  return status >= 500 ? status !== 501 : status === 408 || status === 409 || status === 429;
}

function codeOf(status: number, message: string): ErrorCode {
  switch (status) {
    case 400:
    case 422:
      return 'bad-request';
    case 401:
      return 'unauthenticated';
    case 403:
      return 'forbidden';
    case 404:
      return /model/i.test(message) ? 'model-not-found' : 'not-found';
    case 405:
      return 'method-not-allowed';
    case 408:
    case 504:
      return 'upstream-timeout';
    case 413:
      return 'body-too-large';
    case 429:
      return 'upstream-rate-limited';
    case 501:
      return 'not-supported';
    case 503:
    case 529:
      return 'upstream-overloaded';
    default:
      return 'upstream-error';
  }
}
