import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'mocha';
import type { Anomaly } from '../../../src/core/ledger/anomalies/anomaly.ts';
import { AnomalyAlarms } from '../../../src/vscode/routing/anomaly-alarms.ts';

const EVENING = new Date(2026, 10, 21, 22, 15).getTime();
const MIDNIGHT = new Date(2026, 10, 22).getTime();

const spend = (agent: string): Anomaly => ({ kind: 'spend', agent, since: 0, spentNano: 5e9, minutes: 4, usualNano: 1e9 });
const errors = (agent: string): Anomaly => ({
  kind: 'errors',
  agent,
  since: 0,
  requests: 12,
  failed: 9,
  usualShare: 0,
  code: undefined,
});

describe('AnomalyAlarms', () => {
  const kept = new Map<string, unknown>();
  const memento = {
    get: <T>(key: string, otherwise: T): T => (kept.get(key) as T | undefined) ?? otherwise,
    update: (key: string, value: unknown) => Promise.resolve(void kept.set(key, value)),
  };
  let alarms: AnomalyAlarms;
  beforeEach(() => {
    kept.clear();
    alarms = new AnomalyAlarms(memento);
  });

  it('shows one at a time of an agent and a kind', () => {
    assert.ok(alarms.opens(spend('codex'), false, EVENING));
    assert.ok(!alarms.opens(spend('codex'), false, EVENING));
    assert.ok(alarms.opens(errors('codex'), false, EVENING), 'another kind');
    assert.ok(alarms.opens(spend('claude-code'), false, EVENING), 'another agent');
    alarms.closed(spend('codex'), false);
    assert.ok(alarms.opens(spend('codex'), false, EVENING));
  });

  it('does not speak of an agent again today, also in another window, but does tomorrow', async () => {
    await alarms.notAgainToday('codex', EVENING);
    assert.ok(!alarms.opens(errors('codex'), false, MIDNIGHT - 1));
    assert.ok(!new AnomalyAlarms(memento).opens(spend('codex'), false, MIDNIGHT - 1));
    assert.ok(alarms.opens(spend('claude-code'), false, EVENING), 'another agent');
    assert.ok(alarms.opens(spend('codex'), false, MIDNIGHT));
  });

  it('forgets whom it need not be quiet about any more', async () => {
    await alarms.notAgainToday('codex', EVENING);
    await alarms.notAgainToday('claude-code', MIDNIGHT + 1);
    assert.deepEqual(
      [...kept.values()].map((value) => Object.keys(value as object)),
      [['claude-code']],
    );
  });

  it('says that an agent was paused, whoever does not want to hear of it, and beside what is open', async () => {
    await alarms.notAgainToday('codex', EVENING);
    assert.ok(alarms.opens(spend('codex'), true, EVENING));
    assert.ok(alarms.opens(spend('claude-code'), false, EVENING));
    assert.ok(alarms.opens(spend('claude-code'), true, EVENING));
  });
});
