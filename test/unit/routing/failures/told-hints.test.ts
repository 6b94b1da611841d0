import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Failure, FailureClass } from '../../../../src/core/routing/failures/failure.ts';
import { toldHints } from '../../../../src/core/routing/failures/told-hints.ts';

const failed = (kind: FailureClass, waitMs?: number, shouldRetry?: boolean): Failure => ({
  class: kind,
  status: 500,
  code: 'x',
  waitMs,
  shouldRetry,
});
const NO = { 'x-should-retry': 'false' };

describe('toldHints', () => {
  it('forbids what is useless, and bounds its time', () => {
    for (const kind of ['key-rejected', 'out-of-credit', 'quota'] as const) {
      assert.deepEqual(toldHints(failed(kind)), NO);
      assert.deepEqual(toldHints(failed(kind, 2500)), { ...NO, 'retry-after': '3' });
      assert.deepEqual(toldHints(failed(kind, 7_200_000)), { ...NO, 'retry-after': '60' });
    }
  });

  it('takes a time over a minute for useless', () => {
    assert.deepEqual(toldHints(failed('rate-limited', 60_000)), { 'retry-after': '60' });
    assert.deepEqual(toldHints(failed('rate-limited', 60_001)), { ...NO, 'retry-after': '60' });
    assert.deepEqual(toldHints(failed('overloaded', 300_000)), { ...NO, 'retry-after': '60' });
  });

  it('tells the time where repeating helps, if there is one', () => {
    assert.deepEqual(toldHints(failed('rate-limited', 1)), { 'retry-after': '1' });
    assert.deepEqual(toldHints(failed('rate-limited', 0)), { 'retry-after': '1' });
    assert.deepEqual(toldHints(failed('transient', 4001)), { 'retry-after': '5' });
    for (const kind of ['throttled', 'overloaded', 'transient', 'unreachable', 'timeout'] as const)
      assert.deepEqual(toldHints(failed(kind)), {});
  });

  it('leaves faults of the request alone', () => {
    for (const kind of ['bad-request', 'context-window', 'content-policy', 'model-missing'] as const)
      assert.deepEqual(toldHints(failed(kind)), {});
  });

  it('passes on that the provider forbids it', () => {
    assert.deepEqual(toldHints(failed('overloaded', undefined, false)), NO);
    assert.deepEqual(toldHints(failed('rate-limited', 2000, false)), { ...NO, 'retry-after': '2' });
    assert.deepEqual(toldHints(failed('out-of-credit', undefined, true)), NO);
  });

  it('a limit of ours names its time, a missing key has none', () => {
    assert.deepEqual(toldHints(failed('not-servable', 3000)), { 'retry-after': '3' });
    assert.deepEqual(toldHints(failed('not-servable')), NO);
  });

  it('replaces of the headers that are there only those that would mislead', () => {
    assert.deepEqual(toldHints(failed('rate-limited', 2500), { 'retry-after': '2.5' }), {});
    const carried = { 'retry-after': '7200', 'retry-after-ms': '7200000' };
    assert.deepEqual(toldHints(failed('quota', 7_200_000), carried), { ...NO, 'retry-after': '60', 'retry-after-ms': '60000' });
  });

  it('never tells more than a minute', () => {
    const kinds = fc.constantFrom<FailureClass>('rate-limited', 'quota', 'overloaded', 'not-servable', 'out-of-credit');
    fc.assert(
      fc.property(kinds, fc.integer({ min: 0, max: 10_000_000 }), (kind, waitMs) => {
        const told = toldHints(failed(kind, waitMs));
        const seconds = Number(told['retry-after']);
        assert.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60);
        assert.ok(told['x-should-retry'] === 'false' || seconds * 1000 >= waitMs);
      }),
    );
  });
});
