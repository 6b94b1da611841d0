import { gatewayError, type ErrorCode, type GatewayError } from '../../ir/error.ts';
import type { StreamMeter } from '../dialect.ts';
import { recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { failedBy } from '../stream-failure.ts';
import { ResponsesMeter } from './meter.ts';

export { renderError } from '../openai-chat/errors.ts';

/** `server_error` whatever happened: it is the code after which Codex sends the turn again; most others it takes as final. */
export function renderStreamError(error: GatewayError, meter: StreamMeter | undefined): string {
  const seen = meter instanceof ResponsesMeter ? meter : undefined;
  const event = {
    type: 'response.failed',
    sequence_number: seen?.nextSequenceNumber ?? 0,
    response: {
      id: seen?.responseId ?? 'resp_unknown',
      object: 'response',
      created_at: 0,
      status: 'failed',
      error: { code: 'server_error', message: error.message },
      incomplete_details: null,
      model: seen?.model ?? '',
      output: [],
      usage: null,
    },
  };
  return `event: response.failed\ndata: ${JSON.stringify(event)}\n\n`;
}

/** Codes that mean a status of their own, whatever status they come with: xAI sends a full context with 413, some proxies with 500. */
const MEANT: ReadonlyMap<unknown, number> = new Map([
  ['context_length_exceeded', 400],
  ['string_above_max_length', 400],
]);

/** Final although they come with a status that usually passes: nobody pays by asking again. */
const SPENT: ReadonlySet<unknown> = new Set(['insufficient_quota', 'credit_balance_exhausted', 'billing_hard_limit_reached']);

/** The provider's words stay: agents act upon some of them (a context that is too long), and people on the rest. */
export function readError(status: number, body: JsonRecord | undefined): GatewayError {
  const error = recordAt(body, 'error') ?? textAt(body, 'error') ?? body;
  const fields = typeof error === 'string' ? undefined : error;
  const code = textAt(fields, 'code');
  // A whole answer may say that it failed, with status 200.
  const meant = MEANT.get(code) ?? (status >= 400 ? status : failedBy(error).status);
  const words = typeof error === 'string' ? error : (textAt(fields, 'message') ?? textAt(fields, 'detail'));
  const message = words ?? `The provider answered with status ${meant} and gave no reason.`;
  const passes = meant === 408 || meant === 409 || meant === 429 || (meant >= 500 && meant !== 501);
  const isSpent = SPENT.has(code) || SPENT.has(fields?.['type']);
  return { ...gatewayError(codeOf(meant, code), message), status: meant, retryable: passes && !isSpent };
}

function codeOf(status: number, code: string | undefined): ErrorCode {
  switch (status) {
    case 401:
      return 'unauthenticated';
    case 403:
      return 'forbidden';
    case 404:
      return code === undefined || code === 'model_not_found' ? 'model-not-found' : 'not-found';
    case 413:
      return 'body-too-large';
    case 429:
      return 'upstream-rate-limited';
    case 408:
    case 504:
      return 'upstream-timeout';
    case 503:
    case 529:
      return 'upstream-overloaded';
    default:
      return status >= 500 || status === 402 ? 'upstream-error' : 'bad-request';
  }
}
