import type { DialectQuirks, Dialect } from '../dialects/dialect.ts';
import type { GatewayError } from '../ir/error.ts';
import type { UpstreamFailure } from '../ports.ts';
import type { Answer, AnswerHeaders } from './exchange.ts';
import type { Outcome } from './settle-once.ts';

/**
 * Takes a provider's answer once its status is known and passes it on. `end`, `fail` and `gone` each say how the request ended;
 * one of them is called, once.
 */
export interface AnswerSink {
  data(chunk: Buffer): void;
  end(): Outcome;
  fail(failure: Exclude<UpstreamFailure, 'aborted'>): Outcome;
  /** The agent went away; nothing more can be sent. */
  gone(): Outcome;
}

/** A sink that exists before its answer does: it keeps the agent's patience from the moment of asking. */
export interface StreamSink extends AnswerSink {
  /** The provider accepted: what follows is a stream of events. */
  accepted(status: number, headers: AnswerHeaders): void;
  /** The stream never came: the answer is an error of the provider. True when headers had to be sent before that was known. */
  release(): boolean;
  /** Ends an answer whose headers are out with an error that the agent heeds, or cuts it. */
  breakOff(error: GatewayError): Outcome;
  /** How the request ended if it ended early: the agent has its answer, and what else comes is of no use. */
  readonly refused: Outcome | undefined;
}

/** How long a stream is left to itself, in milliseconds. */
export interface StreamTiming {
  /** Silence towards the agent before a blank line bridges it. */
  readonly silence: number;
  /** Waiting for the first event before headers are sent without it. */
  readonly commit: number;
}

/** What every kind of answer needs. */
export interface AnswerContext {
  readonly answer: Answer;
  /** The agent's dialect: errors are in its shape. */
  readonly dialect: Dialect;
  /** What the provider speaks: its answers are read and metered by this. The same as `dialect` where bytes pass. */
  readonly spoken: Dialect;
  readonly quirks: DialectQuirks;
  readonly provider: string;
  readonly host: string;
  /** What a provider may echo and nobody may see: the key that was sent. */
  readonly secrets: readonly string[];
  readonly timing: StreamTiming;
  /** `x-gatehouse-*` as they stand when the answer begins. */
  readonly ownHeaders: () => AnswerHeaders;
  /** Writes to the agent, counts, and pauses the provider while the agent is slower. */
  readonly write: (chunk: Uint8Array | string) => void;
}
