import type { GatewayError } from '../ir/error.ts';
import type { Failure } from '../routing/failures/failure.ts';
import { failureOfError } from '../routing/failures/failure-of.ts';
import { toldHints } from '../routing/failures/told-hints.ts';
import { redactText } from '../wire/redact.ts';
import { answerError } from './answer-error.ts';
import type { AnswerContext } from './answer-sink.ts';
import type { AnswerHeaders } from './exchange.ts';
import type { Outcome } from './outcome.ts';

/** What is known of an attempt beside its error. */
export interface Known {
  readonly settled?: Outcome['settled'];
  readonly metered?: Outcome['metered'];
  /** True where the provider worked on it although it told no usage. */
  readonly billable?: boolean;
  /** For the ledger; the error's own code when left out. */
  readonly code?: string;
  readonly failure?: Failure;
  /** Hints of the provider that go to the agent with the error. */
  readonly headers?: AnswerHeaders;
}

/** Ends an attempt of which the agent has heard nothing. Who decides about further attempts has it told, or not. */
export function untold(context: AnswerContext, error: GatewayError, known: Known = {}): Outcome {
  const told = { ...error, message: redactText(error.message, context.secrets) };
  const failure = known.failure ?? failureOfError(error, {});
  const headers = { ...known.headers, ...toldHints(failure, known.headers) };
  return {
    settled: known.settled ?? 'error',
    status: error.status,
    metered: known.metered,
    billable: known.billable ?? known.metered !== undefined,
    error: known.code ?? error.code,
    failure,
    tell: () => void answerError(context.answer, context.dialect, told, { ...headers, ...context.ownHeaders() }),
  };
}
