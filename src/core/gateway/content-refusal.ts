import { CODECS } from '../dialects/codecs.ts';
import type { JsonRecord } from '../dialects/read-json.ts';
import type { DialectId } from '../ir/dialect.ts';
import { gatewayError } from '../ir/error.ts';
import { failureOfError } from '../routing/failures/failure-of.ts';
import type { AnswerContext } from './answer-sink.ts';
import type { Outcome } from './outcome.ts';
import { untold, type Known } from './untold.ts';

/**
 * An answer of status 200 that consists of a refusal and not one word: Gemini's blocked prompt, Anthropic's stop reason `refusal`. For an
 * agent that has somebody else for such requests it is a failed attempt; what it used is paid for.
 */
export function refusedContent(context: AnswerContext, metered: Known['metered']): Outcome {
  const { provider } = context;
  const error = gatewayError('content-policy', `"${provider}" refused to answer this for its content. Put it in other words.`);
  const failure = { ...failureOfError(error, {}), code: 'content-policy' };
  return untold(context, error, { metered, billable: true, failure });
}

/** True for a whole answer that is such a refusal. */
export function isRefused(dialect: DialectId, body: JsonRecord): boolean {
  const parts = CODECS[dialect].decodeWhole(body, {});
  const last = parts.at(-1);
  return last?.type === 'response-end' && last.stop.reason === 'refusal' && !parts.some(({ type }) => type === 'block-start');
}
