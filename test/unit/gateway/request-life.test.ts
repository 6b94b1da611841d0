import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { RequestLife } from '../../../src/core/gateway/request-life.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

describe('the life of a request', () => {
  function begun(totalMs = 60_000) {
    const clock = new VirtualClock();
    let leave: () => void = () => undefined;
    const life = new RequestLife({ onGone: (listener) => (leave = listener) }, clock, totalMs);
    return { clock, life, leave: () => leave() };
  }

  it('tells what goes on now, and nothing else, that it is over', async () => {
    const { clock, life } = begun();
    const told: string[] = [];
    life.during((why) => told.push(`first ${why}`));
    life.during((why) => told.push(`second ${why}`));
    await clock.advance(60_000);
    assert.deepEqual([told, life.over], [['second deadline'], 'deadline']);
  });

  it('is over once: an agent that leaves after the deadline is no second end', async () => {
    const { clock, life, leave } = begun();
    const told: string[] = [];
    life.during((why) => told.push(why));
    leave();
    await clock.advance(60_000);
    leave();
    assert.deepEqual([told, life.over], [['gone'], 'gone']);
  });

  it('cuts a pause short, and leaves no timer behind', async () => {
    const { clock, life, leave } = begun();
    const whole = life.pause(1_000);
    await clock.advance(1_000);
    assert.equal(await whole, undefined);
    const cut = life.pause(50_000);
    leave();
    assert.equal(await cut, 'gone');
    assert.equal(await life.pause(50_000), 'gone', 'and there is none after it');
    life.end();
    assert.equal(clock.pending, 0);
  });
});
