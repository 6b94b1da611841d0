import type { ErrorCode, GatewayError } from '../../ir/error.ts';
import { asRecord, listAt, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { realStatus } from '../stream-failure.ts';
import { refusal } from '../upstream-refusal.ts';
import { vendorWord } from '../vendor-word.ts';

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
  'context-too-long': { type: 'invalid_request_error', code: 'context_length_exceeded' },
  'content-policy': { type: 'invalid_request_error', code: 'content_policy_violation' },
  'out-of-credit': { type: 'insufficient_quota', code: 'insufficient_quota' },
  'quota-spent': { type: 'insufficient_quota', code: 'insufficient_quota' },
  'not-supported': { type: 'invalid_request_error', code: 'not_supported' },
  'no-key': { type: 'invalid_request_error', code: 'invalid_api_key' },
  'shutting-down': { type: 'server_error', code: 'server_is_overloaded' },
  'upstream-unreachable': BROKEN,
  'upstream-timeout': { type: 'server_error', code: 'timeout' },
  'upstream-broken': BROKEN,
  'upstream-overloaded': { type: 'server_error', code: 'server_is_overloaded' },
  'upstream-rate-limited': { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  'budget-spent': { type: 'insufficient_quota', code: 'insufficient_quota' },
  'limit-reached': { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
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

/** What a provider answered instead of an answer. */
export function readError(status: number, body: JsonRecord | undefined): GatewayError {
  const told = recordAt(body, 'error') ?? body;
  return refusal({
    status: realStatus(status, told),
    code: vendorWord(told),
    type: textAt(told, 'type'),
    message: wordsOf(body),
  });
}

/** Where the sentence stands: OpenAI, Ollama (a text), FastAPI (`detail`), Mistral (`message`, perhaps with a list inside), Cloudflare. */
function wordsOf(body: JsonRecord | undefined): string | undefined {
  const error = recordAt(body, 'error');
  if (error !== undefined) {
    const words = sentence(error['message']) ?? sentence(error['detail']) ?? textAt(error, 'code') ?? textAt(error, 'type');
    // OpenRouter's own sentence says only that somebody behind it failed; who and why stands beside it.
    const raw = textAt(recordAt(error, 'metadata'), 'raw');
    return raw === undefined || words?.includes(raw) === true
      ? words
      : [words, raw].filter((each) => each !== undefined).join(': ');
  }
  return sentence(body?.['error']) ?? sentence(body?.['message']) ?? sentence(body?.['detail']) ?? sentence(listAt(body, 'errors'));
}

/** A text, or the texts of a list or an object of errors, as FastAPI writes them: `body.messages: Field required`. */
function sentence(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value.trim();
  if (depth > DEEPEST) return undefined;
  if (Array.isArray(value)) {
    const all = value.map((each) => sentence(each, depth + 1)).filter((each) => each !== undefined);
    return all.length === 0 ? undefined : all.join('; ');
  }
  const fault = asRecord(value);
  if (fault === undefined) return undefined;
  const words = textAt(fault, 'msg') ?? sentence(fault['message'], depth + 1) ?? sentence(fault['detail'], depth + 1);
  const place = listAt(fault, 'loc').join('.');
  return words === undefined || place === '' ? words : `${place}: ${words}`;
}

const DEEPEST = 4;
