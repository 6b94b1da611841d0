import { gatewayError, type ErrorCode, type GatewayError } from '../ir/error.ts';
import { KEY_REFUSED } from './vendor-word.ts';

/** What a provider said instead of an answer, as far as its dialect could tell it apart. */
export interface Refusal {
  /** 400 to 599. */
  readonly status: number;
  /** The vendor's own word for it (`context_length_exceeded`), where there is one. */
  readonly code: string | undefined;
  readonly type: string | undefined;
  /** The provider's words; undefined where it had none. */
  readonly message: string | undefined;
}

/**
 * A provider's refusal as a value. Its words stay: agents act upon some of them, and people on the rest. Some kinds are told apart
 * whatever their status is: a context that is full, at which agents compact; an account that is empty and a day's quota that is spent,
 * at which nobody should ask again; and what a filter refused, which another provider may take.
 */
export function refusal(said: Refusal): GatewayError {
  const { status, code } = said;
  const message = shortened(said.message ?? wordless(status));
  if (isTooLong(said))
    return { ...gatewayError('context-too-long', message), status: status >= 500 || status === 413 ? 400 : status };
  if (isSpent(said)) return { ...gatewayError('out-of-credit', message), status };
  if (isDayOver(said)) return { ...gatewayError('quota-spent', message), status };
  if (isFiltered(said)) return { ...gatewayError('content-policy', message), status };
  if (code === KEY_REFUSED) return { ...gatewayError('unauthenticated', message), status };
  return { ...gatewayError(codeOf(said), message), status, retryable: isRetryable(status) };
}

/** OpenAI's and its imitators' codes, Anthropic's sentences, llama.cpp's type, and what vLLM, Mistral, xAI and Google write. */
const TOO_LONG =
  /context_length_exceeded|exceed_context_size|context[ _](?:length|window|size|limit)|maximum (?:context|prompt)|(?:prompt|input) is too long|too large for model with|input token count .* exceeds the maximum/i;

/** OpenAI's, Anthropic's, DeepSeek's; limits on spending have a code of their own for each level at which they are set. */
const SPENT =
  /^(?:insufficient_quota|credit_balance_exhausted|billing_\w+|insufficient_balance|organization_usage_limit_exceeded|\w*spend_limit_(?:exceeded|reached))$/;

/**
 * Anthropic says the first two with 400 and `invalid_request_error`, and the third with a 429 that looks like any rate limit, with a
 * Retry-After of minutes that helps nobody; xAI the others with 403 or 429. "Check your plan and billing" says
 * nothing: Google writes it into every 429.
 */
const SPENT_WORDS =
  /credit balance is too low|reached your specified (?:workspace )?API usage limits|exceed your account's (?:\w+ )?spend limit|used all available credits|reached its monthly spending limit/i;

const QUOTA_OF_DAYS = /PerDay|^quota_exceeded$|^openrouter_free_tier_daily$/;

/** Other sentences on days (OpenAI, Groq: "requests per day ... try again in 7m12s") are of windows that slide, and name their time. */
const DAY_WORDS = /free-models-per-day/;

const POLICY =
  /^(?:content_filter|content_policy_violation|ResponsibleAIPolicyViolation|cyber_policy|invalid_prompt|data_inspection_failed)$/i;

/** Anthropic, OpenAI, Azure, xAI, OpenRouter, DeepSeek, Google (the last three). */
const POLICY_WORDS =
  /output blocked by content filtering policy|violating our usage polic|content management policy|violates usage guidelines|rejected by our safety system|your input was flagged|flagged for possible cybersecurity risk|content exists risk|PROHIBITED_CONTENT|\bblocked\b.{0,60}\bSAFETY\b|Responsible AI practices/i;

function isTooLong({ status, code, type, message }: Refusal): boolean {
  if (code === 'string_above_max_length' || [code, type].includes('context_length_exceeded')) return true;
  // Some say it with a status of their own fault: xAI 413, some proxies 500. There the code must say it, above.
  return status < 429 && [code, type, message].some((each) => each !== undefined && TOO_LONG.test(each));
}

function isSpent({ status, code, type, message }: Refusal): boolean {
  if (status === 402 || SPENT.test(code ?? '') || SPENT.test(type ?? '')) return true;
  return status < 500 && SPENT_WORDS.test(message ?? '');
}

function isDayOver({ status, code, type, message }: Refusal): boolean {
  if (status !== 429 && status !== 403) return false;
  return QUOTA_OF_DAYS.test(code ?? '') || QUOTA_OF_DAYS.test(type ?? '') || DAY_WORDS.test(message ?? '');
}

/** By its words under 400, 403 and 422 alone: xAI's 403 would pass for a key that was rejected. */
function isFiltered({ status, code, type, message }: Refusal): boolean {
  if (POLICY.test(code ?? '') || POLICY.test(type ?? '')) return true;
  return (status === 400 || status === 403 || status === 422) && POLICY_WORDS.test(message ?? '');
}

function isRetryable(status: number): boolean {
  return status >= 500 ? status !== 501 : status === 408 || status === 409 || status === 425 || status === 429;
}

function codeOf({ status, code, type, message }: Refusal): ErrorCode {
  switch (status) {
    case 401:
      return 'unauthenticated';
    case 403:
      return 'forbidden';
    case 404:
      // Nearly every 404 to a well-formed call is about the model; some say so, some say nothing.
      return (code ?? type ?? 'not_found_error').includes('model') || message === undefined || /model/i.test(message)
        ? 'model-not-found'
        : 'not-found';
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
      return status >= 500 ? 'upstream-error' : 'bad-request';
  }
}

function wordless(status: number): string {
  return `The provider answered with status ${status} and no words. ${isRetryable(status) ? 'Try again.' : 'Check the model and the key.'}`;
}

const LONGEST = 4000;

function shortened(words: string): string {
  return words.length > LONGEST ? `${words.slice(0, LONGEST)}...` : words;
}
