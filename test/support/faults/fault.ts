import { DIALECT_IDS, type DialectId } from '../../../src/core/ir/dialect.ts';
import type { FailureClass } from '../../../src/core/routing/failures/failure.ts';
import type { Step, StepError } from '../fake-providers/script.ts';

/**
 * What a gateway makes of a fault at its best, with neither a fallback nor retries of its own.
 * `answer`: it is harmless, the agent gets its answer. `error`: nothing of an answer was there to be seen, so a proper error status.
 * `broken-stream`: the agent has seen output, so an error event that it heeds or a cut connection, never a clean end.
 */
export type ExpectedKind = 'answer' | 'error' | 'broken-stream';

/** One thing that a provider does wrong, as steps of the fake: one a request, and all is well when they are used up. */
export interface Fault {
  readonly name: string;
  readonly right: ExpectedKind;
  /** Of an `error`; undefined of the rest. */
  readonly class: FailureClass | undefined;
  /** The provider worked on it, so what it told of usage, or an estimate, is booked. */
  readonly billable: boolean;
  /** What the provider says about coming again. `waitMs` is right to a second. */
  readonly hint: { readonly waitMs?: number; readonly shouldRetry?: boolean } | undefined;
  /** It takes many seconds: for a virtual clock only. */
  readonly slow: boolean;
  appliesTo(dialect: DialectId, stream: boolean): boolean;
  steps(dialect: DialectId, stream: boolean): readonly Step[] | 'refuse-connections';
}

interface FaultSpec {
  readonly name: string;
  /** All four when left out. */
  readonly dialects?: readonly DialectId[];
  /** Only streams, or only whole answers; both when left out. */
  readonly only?: 'stream' | 'whole';
  readonly billable?: boolean;
  readonly hint?: Fault['hint'];
  readonly slow?: boolean;
  readonly steps: Fault['steps'];
}

const faultOf = (spec: FaultSpec, right: ExpectedKind, kind: FailureClass | undefined, billable: boolean): Fault => ({
  name: spec.name,
  right,
  class: kind,
  billable: spec.billable ?? billable,
  hint: spec.hint,
  slow: spec.slow === true,
  appliesTo: (dialect, stream) => (spec.dialects ?? DIALECT_IDS).includes(dialect) && spec.only !== (stream ? 'whole' : 'stream'),
  steps: spec.steps,
});

/** A fault that the agent need not notice. */
export const harmless = (spec: FaultSpec): Fault => faultOf(spec, 'answer', undefined, true);

/** A fault before any output. Not billable when left out. */
export const failing = (kind: FailureClass, spec: FaultSpec): Fault => faultOf(spec, 'error', kind, false);

/** A fault after output. */
export const breaking = (spec: Omit<FaultSpec, 'only'>): Fault =>
  faultOf({ ...spec, only: 'stream' }, 'broken-stream', undefined, true);

/** An error answer, in words of its own for each dialect that has them. */
export function refusing(
  kind: FailureClass,
  name: string,
  errors: Partial<Readonly<Record<DialectId, StepError>>>,
  hint?: Fault['hint'],
): Fault {
  const dialects = DIALECT_IDS.filter((dialect) => errors[dialect] !== undefined);
  return failing(kind, { name, dialects, hint, steps: (dialect) => [{ error: errors[dialect] ?? { status: 500 } }] });
}

/** The same error in every dialect that is named. */
export function alike(error: StepError, dialects: readonly DialectId[] = DIALECT_IDS): Partial<Record<DialectId, StepError>> {
  return Object.fromEntries(dialects.map((dialect) => [dialect, error]));
}

export const OPENAI: readonly DialectId[] = ['openai-chat', 'openai-responses'];

/**
 * Where the events of a fake's stream begin to say something, counted in events: `opening` are those that only say that there is an
 * answer; with `output` two pieces of text are out; `text` is all of it, and only the end is missing. Of an answer with nothing but
 * text in six pieces, as it comes by itself.
 */
export const EVENTS: Readonly<Record<DialectId, { readonly opening: number; readonly output: number; readonly text: number }>> = {
  'openai-chat': { opening: 1, output: 3, text: 7 },
  'openai-responses': { opening: 2, output: 6, text: 10 },
  'anthropic-messages': { opening: 1, output: 5, text: 9 },
  // Its first event is output already, and its last piece of text comes with the end.
  gemini: { opening: 0, output: 2, text: 5 },
};

/** All that begin with an event without output. */
export const WITH_OPENING: readonly DialectId[] = DIALECT_IDS.filter((dialect) => EVENTS[dialect].opening > 0);
