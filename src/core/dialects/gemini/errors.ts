import { gatewayError, type ErrorCode, type GatewayError } from '../../ir/error.ts';
import { asRecord, listAt, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { failedBy } from '../stream-failure.ts';

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

/** A provider's error answer. A refused stream without `alt=sse` brings it inside a list. */
export function readError(status: number, body: JsonRecord | undefined): GatewayError {
  const whole: unknown = body;
  const record = Array.isArray(whole) ? asRecord(whole[0]) : asRecord(whole);
  const error = recordAt(record, 'error') ?? record;
  const said = isKeyRefused(error) ? 401 : status >= 400 ? status : failedBy(error).status;
  const message = textAt(error, 'message') ?? textAt(record, 'error') ?? wordless(said);
  return { ...gatewayError(codeOf(said, message), message), status: said, retryable: isRetryable(said) };
}

/** Google refuses a wrong key with 400, which would pass for a fault of the request. */
function isKeyRefused(error: JsonRecord | undefined): boolean {
  return listAt(error, 'details').some((detail) => textAt(asRecord(detail), 'reason') === 'API_KEY_INVALID');
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
