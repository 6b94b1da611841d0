import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { FALLBACK_CAUSES } from '../../../../src/core/config/kinds.ts';
import type { Random } from '../../../../src/core/ports.ts';
import { decide, type Decision, type Left, type RetryPolicy, type Spent } from '../../../../src/core/routing/failures/decide.ts';
import type { Failure, FailureClass } from '../../../../src/core/routing/failures/failure.ts';
import type { FallbackCause } from '../../../../src/core/routing/rules/route.ts';

const POLICY: RetryPolicy = { attempts: 2, longestWaitMs: 10_000 };
const FRESH: Spent = { retriesHere: 0, budget: true, remainingMs: 600_000 };

const failed = (kind: FailureClass, more: Partial<Failure> = {}): Failure => ({
  class: kind,
  status: 500,
  code: 'x',
  waitMs: undefined,
  shouldRetry: undefined,
  ...more,
});
const left = (otherKeys: boolean, ...causes: readonly FallbackCause[]): Left => ({
  otherKeys,
  fallbackFor: (cause) => causes.includes(cause),
});
const chance = (fraction: number): Random => ({ fraction: () => fraction, bytes: (size) => new Uint8Array(size) });
const LUCK = chance(0.5);

function ask(failure: Failure, what: Left, spent: Partial<Spent> = {}, policy: Partial<RetryPolicy> = {}, random = LUCK): Decision {
  return decide(failure, what, { ...FRESH, ...spent }, { ...POLICY, ...policy }, random);
}

function shown(decision: Decision): string {
  return decision.kind === 'fall-back' ? `fall-back ${decision.cause}` : decision.kind;
}

type Outcome = 'retry' | 'key' | 'fall' | 'stop';
const SHOWN: Readonly<Record<Outcome, string>> = { retry: 'retry', key: 'next-key', fall: 'fall-back error', stop: 'give-up' };

/** With nothing else left; another key; a fallback for errors; both. */
type Row = readonly [string, Failure, Partial<Spent>, Outcome, Outcome, Outcome, Outcome];

const TABLE: readonly Row[] = [
  ['bad-request', failed('bad-request'), {}, 'stop', 'stop', 'stop', 'stop'],
  ['context-window', failed('context-window'), {}, 'stop', 'stop', 'stop', 'stop'],
  ['content-policy', failed('content-policy'), {}, 'stop', 'stop', 'stop', 'stop'],
  ['key-rejected', failed('key-rejected'), {}, 'stop', 'key', 'fall', 'key'],
  ['out-of-credit', failed('out-of-credit'), {}, 'stop', 'key', 'fall', 'key'],
  ['out-of-credit, with a hint', failed('out-of-credit', { waitMs: 100, shouldRetry: true }), {}, 'stop', 'key', 'fall', 'key'],
  ['quota', failed('quota', { waitMs: 900 }), {}, 'stop', 'key', 'fall', 'key'],
  ['rate-limited, at once', failed('rate-limited', { waitMs: 0 }), {}, 'retry', 'retry', 'retry', 'retry'],
  ['rate-limited, short', failed('rate-limited', { waitMs: 800 }), {}, 'retry', 'retry', 'retry', 'retry'],
  ['rate-limited, middling', failed('rate-limited', { waitMs: 1500 }), {}, 'retry', 'key', 'fall', 'key'],
  ['rate-limited, as long as allowed', failed('rate-limited', { waitMs: 10_000 }), {}, 'retry', 'key', 'fall', 'key'],
  ['rate-limited, long', failed('rate-limited', { waitMs: 10_001 }), {}, 'stop', 'key', 'fall', 'key'],
  ['throttled', failed('throttled'), {}, 'retry', 'retry', 'retry', 'retry'],
  ['throttled, again', failed('throttled'), { retriesHere: 1 }, 'stop', 'key', 'fall', 'key'],
  ['overloaded', failed('overloaded'), {}, 'retry', 'retry', 'retry', 'retry'],
  ['overloaded, again', failed('overloaded'), { retriesHere: 1 }, 'retry', 'retry', 'retry', 'retry'],
  ['overloaded, once too often', failed('overloaded'), { retriesHere: 2 }, 'stop', 'stop', 'fall', 'fall'],
  ['overloaded, with a hint', failed('overloaded', { waitMs: 3000 }), {}, 'retry', 'retry', 'fall', 'fall'],
  ['model-missing', failed('model-missing'), {}, 'stop', 'stop', 'fall', 'fall'],
  ['transient', failed('transient'), {}, 'retry', 'retry', 'retry', 'retry'],
  ['transient, once too often', failed('transient'), { retriesHere: 2 }, 'stop', 'stop', 'fall', 'fall'],
  ['transient, no budget', failed('transient'), { budget: false }, 'stop', 'stop', 'fall', 'fall'],
  ['transient, not to be repeated', failed('transient', { shouldRetry: false }), {}, 'stop', 'stop', 'fall', 'fall'],
  ['rate-limited, not to be repeated', failed('rate-limited', { waitMs: 1, shouldRetry: false }), {}, 'stop', 'key', 'fall', 'key'],
  ['transient, little time', failed('transient'), { remainingMs: 500 }, 'stop', 'stop', 'fall', 'fall'],
  ['transient, no time', failed('transient'), { remainingMs: 0 }, 'stop', 'stop', 'stop', 'stop'],
  ['key-rejected, no time', failed('key-rejected'), { remainingMs: -1 }, 'stop', 'stop', 'stop', 'stop'],
  ['unreachable', failed('unreachable'), {}, 'retry', 'retry', 'fall', 'fall'],
  ['unreachable, again', failed('unreachable'), { retriesHere: 1 }, 'stop', 'stop', 'fall', 'fall'],
  ['timeout', failed('timeout'), {}, 'stop', 'stop', 'fall', 'fall'],
  ['not-servable', failed('not-servable'), {}, 'stop', 'key', 'fall', 'key'],
];

const OWN_CAUSE: Partial<Record<FailureClass, FallbackCause>> = {
  'context-window': 'context-window',
  'content-policy': 'content-policy',
};

const SUBSETS: readonly (readonly FallbackCause[])[] = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) =>
  FALLBACK_CAUSES.filter((_, at) => (bits & (1 << at)) !== 0),
);

describe('decide', () => {
  for (const [name, failure, spent, nothing, key, fallback, both] of TABLE) {
    it(name, () => {
      for (const causes of SUBSETS) {
        for (const otherKeys of [false, true]) {
          const own = OWN_CAUSE[failure.class];
          const byError = causes.includes('error');
          const usual = otherKeys ? (byError ? both : key) : byError ? fallback : nothing;
          const expected = own !== undefined && causes.includes(own) ? `fall-back ${own}` : SHOWN[usual];
          const decision = ask(failure, left(otherKeys, ...causes), spent);
          assert.equal(shown(decision), expected, `${otherKeys ? 'keys, ' : ''}${causes.join(', ')}`);
        }
      }
    });
  }

  it('has each class in its table', () => {
    assert.equal(new Set(TABLE.map(([, failure]) => failure.class)).size, 14);
  });

  it('waits for a random part of a time that doubles, at most 8 s', () => {
    const waits = (random: Random) =>
      [0, 1, 2, 3, 4, 5].map((retriesHere) => ask(failed('transient'), left(false), { retriesHere }, { attempts: 9 }, random));
    const times = (...all: readonly number[]) => all.map((waitMs) => ({ kind: 'retry', waitMs }));
    assert.deepEqual(waits(chance(0)), times(0, 0, 0, 0, 0, 0));
    assert.deepEqual(waits(chance(0.5)), times(250, 500, 1000, 2000, 4000, 4000));
    assert.deepEqual(waits(chance(0.999_999)), times(500, 1000, 2000, 4000, 8000, 8000));
  });

  it('adds up to a quarter to a hint', () => {
    const wait = (waitMs: number, fraction: number) =>
      ask(failed('rate-limited', { waitMs }), left(false), {}, {}, chance(fraction));
    assert.deepEqual(wait(4000, 0), { kind: 'retry', waitMs: 4000 });
    assert.deepEqual(wait(4000, 0.5), { kind: 'retry', waitMs: 4500 });
    assert.deepEqual(wait(9000, 0.999_999), { kind: 'retry', waitMs: 10_000 });
    assert.deepEqual(wait(100, 0.5), { kind: 'retry', waitMs: 300 });
  });

  it('follows the policy', () => {
    assert.equal(shown(ask(failed('transient'), left(false), {}, { attempts: 0 })), 'give-up');
    assert.equal(shown(ask(failed('throttled'), left(false), {}, { attempts: 0 })), 'give-up');
    assert.equal(shown(ask(failed('transient'), left(false), { retriesHere: 4 }, { attempts: 5 })), 'retry');
    assert.equal(shown(ask(failed('transient'), left(false), { retriesHere: 5 }, { attempts: 5 })), 'give-up');
    assert.deepEqual(ask(failed('transient'), left(false), {}, { longestWaitMs: 0 }), { kind: 'retry', waitMs: 0 });
    assert.equal(shown(ask(failed('rate-limited', { waitMs: 1 }), left(false), {}, { longestWaitMs: 0 })), 'give-up');
  });
});

const CLASSES = [...new Set(TABLE.map(([, failure]) => failure.class))];

describe('decide, whatever comes', () => {
  const failures: fc.Arbitrary<Failure> = fc.record({
    class: fc.constantFrom(...CLASSES),
    status: fc.integer({ min: 400, max: 599 }),
    code: fc.constant('x'),
    waitMs: fc.option(fc.oneof(fc.integer({ min: 0, max: 30_000 }), fc.double({ min: 0, max: 30_000, noNaN: true })), {
      nil: undefined,
    }),
    shouldRetry: fc.option(fc.boolean(), { nil: undefined }),
  });
  const situations = fc.record({
    otherKeys: fc.boolean(),
    causes: fc.subarray([...FALLBACK_CAUSES]),
    retriesHere: fc.nat(6),
    budget: fc.boolean(),
    remainingMs: fc.integer({ min: -100, max: 60_000 }),
    attempts: fc.nat(5),
    longestWaitMs: fc.nat(60_000),
    fraction: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
  });
  const NEVER_HERE: ReadonlySet<FailureClass> = new Set([
    'bad-request',
    'context-window',
    'content-policy',
    'key-rejected',
    'out-of-credit',
    'quota',
    'model-missing',
    'timeout',
    'not-servable',
  ]);

  it('repeats only what may be, in time, and never sooner than the provider said', () => {
    fc.assert(
      fc.property(failures, situations, (failure, now) => {
        const decision = decide(failure, left(now.otherKeys, ...now.causes), now, now, chance(now.fraction));
        if (decision.kind !== 'retry') return;
        assert.ok(!NEVER_HERE.has(failure.class) && failure.shouldRetry !== false);
        assert.ok(now.budget && now.retriesHere < now.attempts);
        assert.ok(failure.class !== 'throttled' || now.retriesHere === 0);
        assert.ok(decision.waitMs >= (failure.waitMs ?? 0), 'sooner than said');
        assert.ok(decision.waitMs >= 0 && decision.waitMs <= now.longestWaitMs && decision.waitMs < now.remainingMs);
        // Who could go elsewhere does not wait.
        const elsewhere = now.causes.includes('error') || (now.otherKeys && ['rate-limited', 'throttled'].includes(failure.class));
        assert.ok(!elsewhere || decision.waitMs <= 1000);
      }),
      { numRuns: 2000 },
    );
  });

  it('goes only where there is something left, and gives up only where there is not', () => {
    fc.assert(
      fc.property(failures, situations, (failure, now) => {
        const decision = decide(failure, left(now.otherKeys, ...now.causes), now, now, chance(now.fraction));
        if (decision.kind === 'next-key') assert.ok(now.otherKeys);
        if (decision.kind === 'fall-back') {
          assert.ok(now.causes.includes(decision.cause));
          assert.equal(decision.cause, OWN_CAUSE[failure.class] ?? 'error');
        }
        if (decision.kind === 'give-up' && now.remainingMs > 0 && failure.class !== 'bad-request')
          assert.ok(!now.causes.includes(OWN_CAUSE[failure.class] ?? 'error'));
      }),
      { numRuns: 2000 },
    );
  });
});
