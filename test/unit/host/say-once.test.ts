import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'mocha';
import type { Anomaly } from '../../../src/core/ledger/anomalies/anomaly.ts';
import type { RoutingNews } from '../../../src/core/routing/routing-state.ts';
import { sayOnce } from '../../../src/host/say-once.ts';

const MINUTE = 60_000;

const burst = (agent: string, paused = false): RoutingNews => ({
  kind: 'burst',
  burst: { agent, perMinute: 90, usual: 3 },
  paused,
});
const numbers = {
  spend: { spentNano: 5e9, minutes: 4, usualNano: 1e9 },
  errors: { requests: 12, failed: 9, usualShare: 0, code: undefined },
  latency: { target: 'p/m', answers: 8, medianMs: 40_000, usualMs: 9000 },
};
const anomaly = (agent: string, kind: Anomaly['kind'], paused = false): RoutingNews => ({
  kind: 'anomaly',
  anomaly: { kind, agent, since: 0, ...numbers[kind] } as Anomaly,
  paused,
});

describe('sayOnce', () => {
  let now: number;
  let told: RoutingNews[];
  let say: (news: RoutingNews) => void;
  beforeEach(() => {
    now = 1000;
    told = [];
    say = sayOnce({ now: () => 0, monotonic: () => now }, (news) => told.push(news));
  });

  it('lets the first tell of a loop, its requests or its money, and the other again after a quarter of an hour', () => {
    say(burst('codex'));
    now += 14 * MINUTE;
    say(anomaly('codex', 'spend'));
    assert.deepEqual(told, [burst('codex')]);
    now += 2 * MINUTE;
    say(anomaly('codex', 'spend'));
    now += MINUTE;
    say(burst('codex'));
    assert.deepEqual(told, [burst('codex'), anomaly('codex', 'spend')]);
  });

  it('lets the first tell of a provider in trouble, its errors or its delays', () => {
    say(anomaly('codex', 'errors'));
    say(anomaly('codex', 'latency'));
    assert.deepEqual(told, [anomaly('codex', 'errors')]);
  });

  it('tells of another agent, of another trouble, and of the same kind again', () => {
    const all = [burst('codex'), anomaly('claude-code', 'spend'), anomaly('codex', 'errors'), burst('codex')];
    for (const news of all) say(news);
    assert.deepEqual(told, all);
  });

  it('always tells of a pause', () => {
    say(burst('codex'));
    say(anomaly('codex', 'spend', true));
    assert.equal(told.length, 2);
  });
});
