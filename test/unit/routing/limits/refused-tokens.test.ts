import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { RefusedTokens } from '../../../../src/core/routing/limits/refused-tokens.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

function start() {
  const clock = new VirtualClock();
  const sums: number[] = [];
  let bursts = 0;
  const refused = new RefusedTokens(clock, clock, { sum: (requests) => sums.push(requests), burst: () => bursts++ });
  const fail = (times: number): number =>
    Array.from({ length: times }, () => refused.refused()).filter(({ slowed }) => slowed).length;
  return { clock, sums, refused, fail, bursts: () => bursts };
}

describe('requests without a valid token', () => {
  it('are summed up: the first at once, the others once a minute, and none is lost', async () => {
    const { clock, sums, fail, refused } = start();
    fail(1);
    assert.deepEqual(sums, [1]);
    fail(10_000);
    assert.deepEqual(sums, [1]);
    await clock.advance(60_000);
    assert.deepEqual(sums, [1, 10_000]);
    fail(5);
    refused.close();
    assert.deepEqual(sums, [1, 10_000, 5]);
  });

  it('say nothing in a minute without any, and begin anew after it', async () => {
    const { clock, sums, fail } = start();
    fail(1);
    await clock.advance(300_000);
    assert.deepEqual(sums, [1]);
    fail(1);
    assert.deepEqual(sums, [1, 1]);
  });

  it('are slowed after 60 in a minute, and not for longer than they come', async () => {
    const { clock, fail } = start();
    assert.equal(fail(60), 0);
    assert.equal(fail(1000), 1000);
    await clock.advance(10_000);
    assert.equal(fail(20), 10);
    await clock.advance(60_000);
    assert.equal(fail(60), 0);
  });

  it('are worth a word once for each burst, and a stray one or two are not', async () => {
    const { clock, fail, bursts } = start();
    fail(2);
    assert.equal(bursts(), 0);
    fail(500);
    assert.equal(bursts(), 1);
    await clock.advance(60_000);
    fail(500);
    assert.equal(bursts(), 1, 'the same burst');
    await clock.advance(180_000);
    fail(3);
    assert.equal(bursts(), 2);
  });
});
