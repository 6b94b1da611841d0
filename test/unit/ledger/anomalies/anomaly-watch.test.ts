import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { AnomalyWatch } from '../../../../src/core/ledger/anomalies/anomaly-watch.ts';
import type { Anomaly, AnomalyKind } from '../../../../src/core/ledger/anomalies/anomaly.ts';
import { isFailure } from '../../../../src/core/ledger/anomalies/error-watch.ts';
import type { SettledRequest } from '../../../../src/core/ledger/records.ts';
import { Dice, entryOf, habitOf, ordinaryDays } from '../../../properties/ordinary-days.ts';
import { ledgerOn, opened, scratch, settlement } from '../ledger-kit.ts';

const KINDS: readonly AnomalyKind[] = ['spend', 'errors', 'latency'];
const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const START = Date.UTC(2026, 10, 23, 9);
const AGENT = { agent: 'codex', models: ['m'] };

/** Ten dollars in each of 24 quarters, in ten requests, each of 100 tokens in 5 seconds; then an hour of nothing. */
function settledIn(): {
  watch: AnomalyWatch;
  see: (values: Partial<SettledRequest>, at: number) => readonly Anomaly[];
  now: number;
} {
  const watch = new AnomalyWatch();
  const see = (values: Partial<SettledRequest>, at: number): readonly Anomaly[] => watch.saw(entryOf(AGENT, values), KINDS, at);
  for (let n = 0; n < 240; n++)
    assert.deepEqual(see({ costNano: 1e9, firstByteMs: 2000, totalMs: 5000 }, START + n * 1.5 * MINUTE), []);
  return { watch, see, now: START + 28 * QUARTER };
}

describe('AnomalyWatch', () => {
  it('counts as failures what the provider or the gateway failed at, and nothing else', () => {
    const failed = (values: Partial<SettledRequest>) => isFailure(entryOf(AGENT, values));
    assert.equal(failed({}), false);
    for (const status of [400, 404, 429, 500, 529]) assert.equal(failed({ settled: 'error', status }), true, String(status));
    assert.equal(failed({ settled: 'truncated' }), true);
    assert.equal(failed({ settled: 'timeout', status: 504 }), true);
    assert.equal(failed({ settled: 'aborted', status: 499 }), undefined, 'the agent left');
    assert.equal(failed({ settled: 'blocked', status: 429, error: 'budget-spent' }), undefined, 'a budget');
    assert.equal(failed({ settled: 'error', status: 429, error: 'limit-reached' }), undefined, 'a limit of a key');
    assert.equal(failed({ settled: 'crashed' }), undefined);
    for (const status of [401, 402, 403])
      assert.equal(failed({ settled: 'error', status }), undefined, 'a dead key has news of its own');
  });

  it('tells of money at four times a dear quarter, not before', () => {
    const { see, now } = settledIn();
    for (let n = 1; n < 20; n++) assert.deepEqual(see({ costNano: 2e9, totalMs: 5000 }, now + n * 1000), [], `${n}`);
    assert.deepEqual(see({ costNano: 2e9, totalMs: 5000 }, now + 20_000), [
      { kind: 'spend', agent: 'codex', since: now, spentNano: 40e9, minutes: 1, usualNano: 10e9 },
    ]);
  });

  it('takes a few huge requests for no loop', () => {
    const { see, now } = settledIn();
    for (let n = 0; n < 4; n++) assert.deepEqual(see({ costNano: 30e9, totalMs: 5000 }, now + n * 1000), []);
  });

  it('says nothing of small money, however many times the usual it is', () => {
    const watch = new AnomalyWatch();
    const see = (costNano: number, at: number): readonly Anomaly[] => watch.saw(entryOf(AGENT, { costNano }), KINDS, at);
    for (let n = 0; n < 240; n++) see(10_000, START + n * 1.5 * MINUTE);
    for (let n = 0; n < 290; n++) assert.deepEqual(see(10_000_000, START + 24 * QUARTER + n * 1000), []);
  });

  it('learns what lasts, by and by', () => {
    const { see, now } = settledIn();
    const told: number[] = [];
    for (let n = 0; n < 24 * 60; n++) {
      const at = now + n * (MINUTE / 2);
      if (see({ costNano: 2e9, totalMs: 5000 }, at).length > 0) told.push((at - now) / MINUTE);
    }
    assert.ok(told.length >= 1 && told.length <= 2, `told after ${told.join(', ')} minutes`);
  });

  it('tells of failures in at least four minutes, with the code that most of them had', () => {
    const { see, now } = settledIn();
    const fail = (at: number, error = 'upstream-529') => see({ settled: 'error', status: 529, error, costNano: 0 }, at);
    for (let n = 0; n < 30; n++) assert.deepEqual(fail(now + n * 5000), [], 'a few minutes are not worth a word');
    const found = fail(now + 3 * MINUTE, 'reset');
    assert.deepEqual(
      found.map((anomaly) => anomaly.kind === 'errors' && [anomaly.failed, anomaly.usualShare, anomaly.code, anomaly.since]),
      [[31, 0, 'upstream-529', now]],
    );
    assert.deepEqual(fail(now + 4 * MINUTE), [], 'told once');
  });

  it('measures a wait by the size of the answer, and leaves out what other attempts and queues took', () => {
    const long = { usage: entryOf(AGENT, {}).usage, firstByteMs: 2000 };
    const play = (values: Partial<SettledRequest>): readonly Anomaly[] => {
      const { see, now } = settledIn();
      return Array.from({ length: 16 }, (_, n) => see({ ...long, ...values }, now + n * MINUTE)).flat();
    };
    const [slow, ...more] = play({ totalMs: 25_000, firstByteMs: 10_000 });
    assert.deepEqual([slow?.kind, slow?.kind === 'latency' && slow.target, more.length], ['latency', 'anthropic/m', 0]);
    const usage = { ...long.usage, output: 600 };
    assert.deepEqual(play({ totalMs: 25_000, usage }), [], 'six times as long an answer');
    assert.deepEqual(play({ totalMs: 25_000, firstByteMs: 10_000, attempts: 2 }), [], 'a fallback');
    const trace = { queuedMs: 20_000, tries: [] };
    assert.deepEqual(play({ totalMs: 25_000, firstByteMs: 22_000, trace }), [], 'a limit of the user’s');
    assert.deepEqual(play({ totalMs: 9000 }), [], 'a delay that nobody feels');
  });

  it('looks for nothing but what it is asked for', () => {
    const { watch, now } = settledIn();
    for (let n = 0; n < 60; n++) assert.deepEqual(watch.saw(entryOf(AGENT, { costNano: 5e9 }), ['errors'], now + n * 1000), []);
  });

  it('knows after a restart what it knew before: the roll-ups hold it', async function () {
    this.timeout(20_000);
    const place = scratch();
    try {
      const dice = new Dice(3);
      const habit = habitOf(dice, 3);
      const from = Date.UTC(2026, 10, 9);
      const days = ordinaryDays(dice, habit, 9, from);
      const live = new AnomalyWatch();
      const prices = new Map<string, number | undefined>();
      const book = ledgerOn(place.file, { price: ({ id }) => prices.get(id) });
      place.later(() => book.close());
      for (const { at, entry } of days) {
        live.saw(entry, KINDS, at);
        const request = opened({ at, agent: entry.agent, provider: entry.provider, model: entry.model });
        prices.set(request.id, entry.costNano);
        void book.open(request);
        const { settled, status, error, usage, firstByteMs, totalMs } = entry;
        book.settle(settlement(request.id, { settled, status, error, usage, firstByteMs, totalMs }));
      }
      const now = from + 10 * 24 * 60 * MINUTE;
      const again = new AnomalyWatch();
      again.learn(book.quarters(from, now) ?? assert.fail());
      const told = (watch: AnomalyWatch, play: (at: number) => SettledRequest): readonly Anomaly[] => {
        for (let n = 0; n < 400; n++) {
          const at = now + n * 20_000;
          const found = watch.saw(play(at), KINDS, at);
          if (found.length > 0) return found;
        }
        return [];
      };
      const loop = (): SettledRequest => entryOf(habit, { costNano: 1_500_000_000 });
      const [before] = told(live, loop);
      const [after] = told(again, loop);
      assert.ok(before !== undefined && after !== undefined);
      assert.deepEqual(after, before);
    } finally {
      place.clean();
    }
  });
});
