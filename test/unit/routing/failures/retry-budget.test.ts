import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { RetryBudget } from '../../../../src/core/routing/failures/retry-budget.ts';

function budget(): { budget: RetryBudget; pass: (ms: number) => void; taken: () => number } {
  let now = 5000;
  const made = new RetryBudget({ now: () => assert.fail('the wall clock jumps'), monotonic: () => now });
  return {
    budget: made,
    pass: (ms) => void (now += ms),
    taken: () => {
      let taken = 0;
      while (made.take()) taken++;
      return taken;
    },
  };
}

describe('RetryBudget', () => {
  it('begins with ten', () => {
    assert.equal(budget().taken(), 10);
  });

  it('gets one for each five requests, and saves ten at most', () => {
    const { budget: retries, taken } = budget();
    taken();
    for (let request = 0; request < 4; request++) retries.request();
    assert.equal(taken(), 0);
    retries.request();
    assert.equal(taken(), 1);
    for (let request = 0; request < 500; request++) retries.request();
    assert.equal(taken(), 10);
  });

  it('gets one in ten seconds without any request', () => {
    const { pass, taken } = budget();
    taken();
    pass(9999);
    assert.equal(taken(), 0);
    pass(1);
    assert.equal(taken(), 1);
    pass(3_600_000);
    assert.equal(taken(), 10);
  });

  it('never gives more than its share', () => {
    const step = fc.oneof(fc.constant('request' as const), fc.constant('take' as const), fc.integer({ min: 0, max: 30_000 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const { budget: retries, pass } = budget();
        let [requests, elapsed, taken] = [0, 0, 0];
        for (const each of steps) {
          if (typeof each === 'number') {
            pass(each);
            elapsed += each;
          } else if (each === 'request') {
            retries.request();
            requests++;
          } else if (retries.take()) taken++;
          assert.ok(taken <= 10 + requests / 5 + elapsed / 10_000 + 1e-6);
        }
      }),
    );
  });
});
