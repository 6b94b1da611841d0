import type { DialectQuirks, Dialect } from '../dialects/dialect.ts';
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
  readonly dialect: Dialect;
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
