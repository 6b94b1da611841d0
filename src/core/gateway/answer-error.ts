import type { Dialect } from '../dialects/dialect.ts';
import type { GatewayError } from '../ir/error.ts';
import type { Answer, AnswerHeaders } from './exchange.ts';

/** Retry-After for our own retryable errors. Over 60 s Claude Code gives up and three other agents ignore it. */
const RETRY_AFTER_SECONDS = '2';

/** Answers with an error in the agent's dialect; retry hints among `headers` win. Only before the answer has begun. */
export function answerError(answer: Answer, dialect: Dialect, error: GatewayError, headers: AnswerHeaders = {}): number {
  const body = Buffer.from(JSON.stringify(dialect.renderError(error)));
  answer.begin(error.status, {
    ...(error.retryable ? { 'retry-after': RETRY_AFTER_SECONDS } : { 'x-should-retry': 'false' }),
    ...headers,
    'content-type': 'application/json',
    'content-length': String(body.length),
  });
  answer.write(body);
  answer.end();
  return body.length;
}
