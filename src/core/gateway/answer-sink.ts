import type { DialectQuirks, Dialect } from '../dialects/dialect.ts';
import type { Timers } from '../ports.ts';
import type { Answer, AnswerHeaders } from './exchange.ts';
import type { Outcome } from './outcome.ts';
import type { Break } from './upstream-trouble.ts';

/**
 * Takes a provider's answer once its status is known and passes it on. `end`, `breakOff` and `gone` each say how the attempt ended;
 * one of them is called, once. A failure before the agent has seen any of the answer is not told to it here: see `Outcome.tell`.
 */
export interface AnswerSink {
  data(chunk: Buffer): void;
  end(): Outcome;
  /** Ends an answer that has begun with an error that the agent heeds, or cuts it; one that has not begun is `untold`. */
  breakOff(why: Break): Outcome;
  /** The agent went away; nothing more can be sent. */
  gone(): Outcome;
}

/** A sink that exists before its answer does: it keeps the agent's patience from the moment of asking. */
export interface StreamSink extends AnswerSink {
  /** The provider accepted: what follows is a stream of events. */
  accepted(status: number, headers: AnswerHeaders): void;
  /** The stream never came: the answer is an error of the provider. True when headers had to be sent before that was known. */
  release(): boolean;
  /** How the attempt ended if it ended early: what else comes is of no use. */
  readonly refused: Outcome | undefined;
}

/** How long a stream is left to itself, in milliseconds. */
export interface StreamTiming {
  /** Silence towards the agent before a blank line bridges it. */
  readonly silence: number;
  /** Waiting for the first event before headers are sent without it. */
  readonly commit: number;
  /** From the first event on: waiting for one that says something before the stream is let go. */
  readonly hold: number;
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
  /** There is somebody else for what a provider refuses for its content. */
  readonly refusalMoves: boolean;
  readonly timing: StreamTiming;
  readonly timers: Timers;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** `x-gatehouse-*` as they stand when the answer begins. */
  readonly ownHeaders: () => AnswerHeaders;
  /** The first event that says something was seen: from here on there is no other attempt. */
  readonly onOutput: () => void;
  /** Writes to the agent, counts, and pauses the provider while the agent is slower. */
  readonly write: (chunk: Uint8Array | string) => void;
}
