import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { beforeEach, describe, it } from 'mocha';
import { BurstWatch, type Burst } from '../../../../src/core/routing/limits/burst.ts';

const MINUTE = 60_000;

let now: number;
let watch: BurstWatch;

function begin(): void {
  now = 123_457;
  watch = new BurstWatch({ now: () => 0, monotonic: () => now });
}

/** So many requests, evenly over so many minutes; what was told. */
function ask(perMinute: number, minutes: number, agent = 'codex'): Burst[] {
  const told: Burst[] = [];
  const count = Math.round(perMinute * minutes);
  const began = now;
  for (let at = 0; at < count; at++) {
    now = began + (at * MINUTE) / perMinute;
    const burst = watch.saw(agent);
    if (burst !== undefined) told.push(burst);
  }
  now = began + minutes * MINUTE;
  return told;
}

describe('BurstWatch', () => {
  beforeEach(begin);

  it('tells a jump far above the past, once', () => {
    assert.deepEqual(ask(10, 15), []);
    const told = ask(300, 2);
    assert.equal(told.length, 1);
    assert.equal(told[0]?.agent, 'codex');
    assert.equal(told[0]?.perMinute, 60);
    assert.equal(told[0].usual.toFixed(6), '10.000000');
  });

  it('tells again after ten minutes if it goes on', () => {
    ask(10, 120);
    assert.equal(ask(300, 12).length, 2);
  });

  it('gets used to what lasts', () => {
    ask(10, 12);
    assert.equal(ask(300, 60).length, 1);
  });

  it('forgets half of the past in three hours of activity', () => {
    ask(100, 180);
    now += 1000 * MINUTE;
    ask(10, 180);
    const usual = ask(300, 1)[0]?.usual;
    // A quarter of all that ever was against a half.
    assert.ok(usual !== undefined && Math.abs(usual - 40) < 1, `usual is ${usual}`);
  });

  it('says nothing before it knows ten active minutes', () => {
    ask(1, 10);
    assert.deepEqual(ask(500, 1), []);
    begin();
    ask(1, 12);
    assert.equal(ask(500, 1).length, 1);
  });

  it('knows no past from time in which nothing was asked', () => {
    ask(5, 3);
    now += 100 * MINUTE;
    ask(5, 3);
    now += 100 * MINUTE;
    assert.deepEqual(ask(500, 1), []);
  });

  it('is quiet on a storm of thirty after lunch', () => {
    for (let time = 0; time < 20; time++) {
      ask(2, 1);
      now += 3 * MINUTE;
    }
    now += 60 * MINUTE;
    assert.deepEqual(ask(1000, 0.03), []);
    assert.deepEqual(ask(1000, 0.029), []);
  });

  it('is quiet on less than sixty in the minute, and on less than five times the usual', () => {
    ask(2, 20);
    assert.deepEqual(ask(59, 10), []);
    begin();
    ask(100, 20);
    assert.deepEqual(ask(480, 5), []);
  });

  it('counts the last minute only', () => {
    ask(1, 30);
    for (let time = 0; time < 10; time++) {
      assert.deepEqual(ask(1000, 0.059), []);
      now += MINUTE;
    }
  });

  it('does not take the burst itself for the past', () => {
    ask(10, 10.5);
    // The minute under way ends within the burst, with most of it.
    now -= 1000;
    assert.equal(ask(100, 1).length, 1);
  });

  it('keeps agents apart', () => {
    ask(200, 20, 'busy');
    ask(2, 20, 'quiet');
    assert.deepEqual(ask(250, 3, 'busy'), []);
    assert.equal(ask(250, 1, 'quiet').length, 1);
  });

  it('keeps no more agents than a thousand, and forgets the one that was silent longest', () => {
    ask(1, 20, 'first');
    ask(1, 20, 'second');
    now += MINUTE;
    watch.saw('first');
    for (let count = 0; count < 999; count++) {
      now += 1;
      watch.saw(`agent-${count}`);
    }
    assert.equal(ask(500, 1, 'first').length, 1);
    assert.deepEqual(ask(500, 1, 'second'), []);
  });

  it('a steady agent of any rate is never told of', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 600, noNaN: true }), fc.integer({ min: 0, max: 59_999 }), (rate, offset) => {
        begin();
        now += offset;
        assert.deepEqual(ask(rate, Math.min(40, 6000 / rate)), []);
      }),
      { numRuns: 60 },
    );
  });

  it('a steady agent that pauses now and then is never told of', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 300, noNaN: true }),
        fc.array(fc.tuple(fc.double({ min: 0.5, max: 5, noNaN: true }), fc.integer({ min: 0, max: 30 })), {
          minLength: 15,
          maxLength: 25,
        }),
        (rate, spells) => {
          begin();
          for (const [minutes, pause] of spells) {
            assert.deepEqual(ask(rate, minutes), []);
            now += pause * 20_000;
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('a jump to ten times the rate, above sixty, is told of within a minute', () => {
    fc.assert(
      fc.property(fc.double({ min: 6.5, max: 60, noNaN: true }), fc.double({ min: 12, max: 40, noNaN: true }), (rate, minutes) => {
        begin();
        assert.deepEqual(ask(rate, minutes), []);
        assert.equal(ask(rate * 10, 1).length, 1);
      }),
      { numRuns: 60 },
    );
  });
});
