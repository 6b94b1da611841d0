import { gatewayError, type ErrorCode, type GatewayError } from '../ir/error.ts';

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
 * A provider's refusal as a value. Its words stay: agents act upon some of them, and people on the rest. Two kinds are told apart
 * whatever their status is: a context that is full, at which agents compact, and an account that is empty, at which nobody should
 * ask again.
 */
export function refusal(said: Refusal): GatewayError {
  const { status, code, type } = said;
  const message = shortened(said.message ?? wordless(status));
  if (isTooLong(said))
    return { ...gatewayError('context-too-long', message), status: status >= 500 || status === 413 ? 400 : status };
  if (status === 402 || SPENT.test(code ?? '') || SPENT.test(type ?? ''))
    return { ...gatewayError('out-of-credit', message), status };
  return { ...gatewayError(codeOf(said), message), status, retryable: isRetryable(status) };
}

/** OpenAI's and its imitators' codes, Anthropic's sentence, llama.cpp's type, and what vLLM, Mistral, xAI and Google write. */
const TOO_LONG =
  /context_length_exceeded|exceed_context_size|context[ _](?:length|window|size)|maximum (?:context|prompt)|(?:prompt|input) is too long|too large for model with|input token count .* exceeds the maximum/i;

const SPENT = /^(?:insufficient_quota|credit_balance_exhausted|billing_\w+|insufficient_balance)$/;

function isTooLong({ status, code, type, message }: Refusal): boolean {
  if (code === 'string_above_max_length' || [code, type].includes('context_length_exceeded')) return true;
  // Some say it with a status of their own fault: xAI 413, some proxies 500. There the code must say it, above.
  return status < 429 && [code, type, message].some((each) => each !== undefined && TOO_LONG.test(each));
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
