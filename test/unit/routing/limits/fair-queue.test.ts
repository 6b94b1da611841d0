import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FairQueue } from '../../../../src/core/routing/limits/fair-queue.ts';

function queueOf(...items: readonly string[]): FairQueue<string> {
  const queue = new FairQueue<string>();
  for (const item of items) queue.push(item.charAt(0), item);
  return queue;
}

function drained(queue: FairQueue<string>): string[] {
  const order: string[] = [];
  for (let item = queue.take(); item !== undefined; item = queue.take()) order.push(item);
  return order;
}

describe('FairQueue', () => {
  it('serves flows in turn, and each in order', () => {
    assert.deepEqual(drained(queueOf('a1', 'a2', 'a3', 'b1', 'c1', 'c2')), ['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
  });

  it('shows the one that it takes next', () => {
    const queue = queueOf('a1', 'a2', 'b1');
    for (let left = 3; left > 0; left--) {
      assert.equal(queue.size, left);
      const first = queue.peek();
      assert.equal(queue.take(), first);
    }
    assert.equal(queue.peek(), undefined);
    assert.equal(queue.take(), undefined);
    assert.equal(queue.size, 0);
  });

  it('puts one who comes back behind those who wait', () => {
    const queue = queueOf('a1', 'b1', 'c1');
    assert.equal(queue.take(), 'a1');
    queue.push('a', 'a2');
    assert.deepEqual(drained(queue), ['b1', 'c1', 'a2']);
  });

  it('lets one go out of the middle and keeps the turns of the rest', () => {
    const queue = queueOf('a1', 'a2', 'a3', 'b1');
    queue.remove('a', 'a2');
    queue.remove('b', 'nobody');
    queue.remove('nobody', 'a1');
    assert.equal(queue.size, 3);
    assert.equal(queue.indexOf('a', 'a3'), 1);
    assert.deepEqual(drained(queue), ['a1', 'b1', 'a3']);
  });

  it('forgets a flow with its last', () => {
    const queue = queueOf('a1', 'b1');
    queue.remove('a', 'a1');
    assert.equal(queue.lengthOf('a'), 0);
    assert.equal(queue.peek(), 'b1');
  });

  it('asks the newest of the largest flow to make room', () => {
    assert.equal(queueOf('a1', 'b1', 'b2', 'b3', 'c1').givesWayTo('a'), 'b3');
    assert.equal(queueOf('a1', 'b1', 'b2', 'b3', 'c1').givesWayTo('d'), 'b3');
  });

  it('asks nobody where the one that gives way would have fewer', () => {
    assert.equal(queueOf('b1').givesWayTo('a'), undefined);
    assert.equal(queueOf('a1', 'b1', 'b2').givesWayTo('a'), undefined);
    assert.equal(queueOf('b1', 'b2', 'b3').givesWayTo('b'), undefined);
    assert.equal(new FairQueue().givesWayTo('a'), undefined);
  });
});
