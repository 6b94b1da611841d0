import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { AttemptGuard, type Impatience, type Patience } from '../../../src/core/gateway/attempt-guard.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const PATIENCE: Patience = { firstByte: 10_000, idle: 5_000, firstOutput: undefined, tokensPerSecond: undefined };

describe('the patience with an attempt', () => {
  function guarded(patience: Partial<Patience> = {}, stream = true) {
    const clock = new VirtualClock();
    const trips: Impatience[] = [];
    const guard = new AttemptGuard(clock, clock, { ...PATIENCE, ...patience }, 'openai-chat', stream, (why) => trips.push(why));
    return { clock, trips, guard };
  }

  it('ends when no byte comes, and later when no further one does; each byte begins it anew', async () => {
    const silent = guarded();
    await silent.clock.advance(9_999);
    assert.deepEqual(silent.trips, []);
    await silent.clock.advance(1);
    assert.deepEqual(silent.trips, ['first-byte-timeout']);

    const { clock, trips, guard } = guarded();
    await clock.advance(9_000);
    guard.heard(0);
    for (let n = 0; n < 5; n++) {
      await clock.advance(4_900);
      guard.heard(10);
    }
    assert.deepEqual(trips, []);
    await clock.advance(5_000);
    assert.deepEqual(trips, ['idle-timeout']);
    assert.equal(clock.pending, 0);
  });

  it('does not count the time in which the agent does not read', async () => {
    const { clock, trips, guard } = guarded({ tokensPerSecond: 10 });
    guard.heard(0);
    guard.sawOutput();
    guard.paused();
    await clock.advance(60_000);
    assert.deepEqual(trips, [], 'neither silent nor slow');
    guard.resumed();
    await clock.advance(4_999);
    assert.deepEqual(trips, []);
    await clock.advance(1);
    assert.deepEqual(trips, ['idle-timeout']);
  });

  it('with a limit on the first output, heartbeats are none; a whole answer has no first output', async () => {
    const { clock, trips, guard } = guarded({ firstOutput: 3_000 });
    for (let n = 0; n < 2; n++) {
      await clock.advance(1_400);
      guard.heard(20);
    }
    await clock.advance(200);
    assert.deepEqual(trips, ['no-output']);
    const whole = guarded({ firstOutput: 3_000 }, false);
    await whole.clock.advance(5_000);
    assert.deepEqual(whole.trips, []);
    whole.guard.stop();
    assert.equal(whole.clock.pending, 0);
  });

  it('with a least pace, a slow half minute is enough, and a quick one earns the next', async () => {
    // 90 bytes of a chat stream are about a token.
    const { clock, trips, guard } = guarded({ tokensPerSecond: 2 });
    guard.heard(0);
    guard.sawOutput();
    const half = async (bytesASecond: number): Promise<void> => {
      for (let n = 0; n < 30; n++) {
        guard.heard(bytesASecond);
        await clock.advance(1_000);
      }
    };
    await half(200);
    await half(200);
    assert.deepEqual(trips, []);
    await half(100);
    assert.deepEqual(trips, ['too-slow']);
    assert.equal(clock.pending, 0, 'nothing is left of it');
  });

  it('is over when the attempt is', async () => {
    const { clock, trips, guard } = guarded({ firstOutput: 100, tokensPerSecond: 5 });
    guard.heard(1);
    guard.stop();
    guard.resumed();
    guard.sawOutput();
    await clock.advance(100_000);
    assert.deepEqual([trips, clock.pending], [[], 0]);
  });
});
