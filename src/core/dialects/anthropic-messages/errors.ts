import type { ErrorCode, GatewayError } from '../../ir/error.ts';
import { recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { realStatus } from '../stream-failure.ts';
import { refusal } from '../upstream-refusal.ts';
import { vendorWord } from '../vendor-word.ts';

const TYPES: Readonly<Record<ErrorCode, string>> = {
  'bad-request': 'invalid_request_error',
  forbidden: 'permission_error',
  unauthenticated: 'authentication_error',
  'not-found': 'not_found_error',
  'method-not-allowed': 'invalid_request_error',
  'body-too-large': 'request_too_large',
  'unsupported-encoding': 'invalid_request_error',
  'model-not-found': 'not_found_error',
  'context-too-long': 'invalid_request_error',
  'content-policy': 'invalid_request_error',
  'out-of-credit': 'billing_error',
  // Claude Code prints its message as it is, where `rate_limit_error` promises that waiting helps.
  'quota-spent': 'billing_error',
  'not-supported': 'not_supported',
  'no-key': 'authentication_error',
  'shutting-down': 'api_error',
  'upstream-unreachable': 'api_error',
  'upstream-timeout': 'timeout_error',
  'upstream-broken': 'api_error',
  'upstream-overloaded': 'overloaded_error',
  'upstream-rate-limited': 'rate_limit_error',
  'budget-spent': 'billing_error',
  'limit-reached': 'rate_limit_error',
  'upstream-error': 'api_error',
  internal: 'api_error',
};

export function renderError(error: GatewayError): Record<string, unknown> {
  return { type: 'error', error: { type: TYPES[error.code], message: messageOf(error) } };
}

/** Claude Code compacts the conversation where it finds these words, and gives up where it does not. */
function messageOf({ code, message }: GatewayError): string {
  return code !== 'context-too-long' || /prompt is too long/i.test(message) ? message : `prompt is too long: ${message}`;
}

export function renderStreamError(error: GatewayError): string {
  return `event: error\ndata: ${JSON.stringify(renderError(error))}\n\n`;
}

/** A provider's error answer. */
export function readError(status: number, body: JsonRecord | undefined): GatewayError {
  const error = recordAt(body, 'error') ?? textAt(body, 'error') ?? body;
  if (typeof error === 'string')
    return refusal({ status: realStatus(status, error), code: undefined, type: undefined, message: error });
  const message = textAt(error, 'message') ?? textAt(error, 'detail');
  return refusal({ status: realStatus(status, error), code: vendorWord(error), type: textAt(error, 'type'), message });
}
