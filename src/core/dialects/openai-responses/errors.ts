import type { GatewayError } from '../../ir/error.ts';
import type { StreamMeter } from '../dialect.ts';
import { recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { realStatus } from '../stream-failure.ts';
import { refusal } from '../upstream-refusal.ts';
import { vendorWord } from '../vendor-word.ts';
import { ResponsesMeter } from './meter.ts';

export { renderError } from '../openai-chat/errors.ts';

const FINAL: ReadonlyMap<string, string> = new Map([
  ['context-too-long', 'context_length_exceeded'],
  ['out-of-credit', 'insufficient_quota'],
  ['quota-spent', 'insufficient_quota'],
  ['budget-spent', 'insufficient_quota'],
  ['content-policy', 'invalid_prompt'],
]);

/**
 * `server_error` for nearly all that happens: it is the code after which Codex sends the turn again. It takes most others as final, and
 * those that are meant so are said.
 */
export function failedCode(error: GatewayError): string {
  return FINAL.get(error.code) ?? 'server_error';
}

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
      error: { code: failedCode(error), message: error.message },
      incomplete_details: null,
      model: seen?.model ?? '',
      output: [],
      usage: null,
    },
  };
  return `event: response.failed\ndata: ${JSON.stringify(event)}\n\n`;
}

/** A whole answer may say that it failed, with status 200. */
export function readError(status: number, body: JsonRecord | undefined): GatewayError {
  const error = recordAt(body, 'error') ?? textAt(body, 'error') ?? body;
  const fields = typeof error === 'string' ? undefined : error;
  return refusal({
    status: realStatus(status, error),
    code: vendorWord(fields),
    type: textAt(fields, 'type'),
    message: typeof error === 'string' ? error : (textAt(fields, 'message') ?? textAt(fields, 'detail')),
  });
}
