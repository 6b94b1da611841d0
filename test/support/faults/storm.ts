import type { DialectId } from '../../../src/core/ir/dialect.ts';
import type { Answerer } from '../fake-providers/script.ts';
import { FAULTS } from './catalogue.ts';
import type { Fault } from './fault.ts';

export interface Storm extends Answerer {
  /** The faults that were given, in order, and undefined for each request that was left alone. */
  readonly given: readonly (string | undefined)[];
}

/**
 * Gives a random fault to a share (0 to 1) of the requests; the others, and those whose fault is harmless, get what `well` says. The same
 * seed gives the same faults to the same sequence of requests.
 */
export function storm(seed: number, share: number, well: Answerer = () => undefined): Storm {
  const fraction = fractions(seed);
  const given: (string | undefined)[] = [];
  const answer: Answerer = (request) => {
    // Two numbers for each request, whatever becomes of it: what one request gets does not depend on the kind of those before it.
    const [hit, which] = [fraction() < share, fraction()];
    const all = hit ? weather(request.dialect, request.read.stream) : [];
    const fault = all[Math.floor(which * all.length)];
    given.push(fault?.name);
    if (fault === undefined) return well(request);
    const steps = fault.steps(request.dialect, request.read.stream);
    const step = steps === 'refuse-connections' ? undefined : steps[0];
    return fault.right === 'answer' ? { ...well(request), ...step } : step;
  };
  return Object.assign(answer, { given });
}

/** What passes: neither another key, nor another model, nor money is needed, only another try. */
const PASSING = ['transient', 'overloaded', 'rate-limited', 'throttled'];

/** Harmless to the agents' own readers as well, and without a text of its own. Anthropic's SDK, for one, throws at a second `message_start`. */
const HARMLESS = ['gzip-unasked', 'crlf-line-ends', 'usage-absent', 'missing-done-mark'];

/** Seconds at most: real agents do not wait by a virtual clock. */
const LONGEST_HINT_MS = 5000;

/** The faults that an agent behind a good gateway with a fallback does not notice, and that pass by themselves. */
function weather(dialect: DialectId, stream: boolean): readonly Fault[] {
  return FAULTS.filter(
    (fault) =>
      fault.appliesTo(dialect, stream) &&
      !fault.slow &&
      (fault.hint?.waitMs ?? 0) <= LONGEST_HINT_MS &&
      (fault.class === undefined ? HARMLESS.includes(fault.name) : PASSING.includes(fault.class)),
  );
}

/** Mulberry32: small, and the same everywhere. */
function fractions(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
