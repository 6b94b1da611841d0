import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { Minutes } from '../../../../src/core/ledger/anomalies/minutes.ts';
import { Past } from '../../../../src/core/ledger/anomalies/past.ts';

const MINUTE = 60_000;

describe('Past', () => {
  it('has the quantiles of the latest values, by nearest rank', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 25 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, most, share) => {
          const past = new Past(most);
          for (const value of values) past.add(value);
          const sorted = values.slice(-most).sort((a, b) => a - b);
          assert.equal(past.size, sorted.length);
          const least = sorted.find((value) => sorted.filter((other) => other <= value).length >= share * sorted.length);
          assert.equal(past.quantile(share), least ?? 0);
        },
      ),
    );
  });
});

describe('Minutes', () => {
  it('hold what was counted in this minute and the fourteen before it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 5 * MINUTE }), fc.nat(1000)), { maxLength: 60 }),
        fc.integer({ min: 0, max: 20 * MINUTE }),
        (steps, later) => {
          const minutes = new Minutes();
          const added: { minute: number; amount: number }[] = [];
          let now = Date.UTC(2026, 10, 21);
          for (const [wait, amount] of steps) {
            now += wait;
            minutes.add(amount, now);
            added.push({ minute: Math.floor(now / MINUTE), amount });
          }
          now += later;
          minutes.moveTo(now);
          const held = added.filter(({ minute }) => Math.floor(now / MINUTE) - minute < 15);
          assert.equal(
            minutes.total,
            held.reduce((sum, { amount }) => sum + amount, 0),
          );
          assert.equal(minutes.active, new Set(held.filter(({ amount }) => amount > 0).map(({ minute }) => minute)).size);
        },
      ),
    );
  });

  it('tell when most of it began', () => {
    const minutes = new Minutes();
    minutes.add(5, 100 * MINUTE);
    for (let at = 108; at < 111; at++) minutes.add(50, at * MINUTE + 7);
    assert.deepEqual(minutes.onset(), { since: 108 * MINUTE, minutes: 3, amount: 150 });
  });

  it('stand still while the clock is set back', () => {
    const minutes = new Minutes();
    minutes.add(5, 100 * MINUTE);
    minutes.add(3, 40 * MINUTE);
    assert.equal(minutes.total, 8);
    minutes.add(1, 115 * MINUTE);
    assert.equal(minutes.total, 1);
  });
});
