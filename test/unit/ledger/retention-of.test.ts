import assert from 'node:assert/strict';
import { parseConfig } from '../../../src/core/config/parse.ts';
import type { Config } from '../../../src/core/config/schema.ts';
import { retentionOf } from '../../../src/core/ledger/retention-of.ts';

function config(value: object): Config {
  const parsed = parseConfig(value);
  assert.equal(parsed.faults, undefined);
  return parsed.config;
}

const faults = (retention: object) => parseConfig({ retention }).faults?.map(({ path, message }) => `${path}: ${message}`);

describe('ledger: the setting "retention"', () => {
  it('keeps everything where nothing is said', () => {
    assert.deepEqual(retentionOf(config({})), { rowsDays: Infinity, rollupDays: Infinity });
    assert.deepEqual(retentionOf(config({ retention: { bodies: false, days: 90 } })), { rowsDays: 90, rollupDays: Infinity });
    assert.deepEqual(retentionOf(config({ retention: { days: 30, rollupDays: 400 } })), { rowsDays: 30, rollupDays: 400 });
  });

  it('keeps what a budget counts', () => {
    const days = (...windows: unknown[]) =>
      retentionOf(config({ retention: { days: 1 }, budgets: windows.map((window) => ({ window, usd: 1 })) })).rowsDays;
    assert.deepEqual(
      [days(), days('day'), days('week', 'day'), days('day', 'month'), days({ hours: 5 }), days({ hours: 744 })],
      [1, 2, 8, 32, 2, 32],
    );
  });

  it('says what is wrong with it', () => {
    assert.match(faults({ days: 90, rollupDays: 30 })?.[0] ?? '', /^retention.rollupDays: must not be less than "days"/);
    assert.match(faults({ rollupDays: 30 })?.[0] ?? '', /^retention.days: is needed beside "rollupDays"/);
    assert.match(faults({ bodies: true })?.[0] ?? '', /^retention.bodies: is not available/);
    assert.match(faults({ day: 3 })?.[0] ?? '', /^retention.day: unknown setting, did you mean "days"/);
    for (const days of [0, -1, 1.5, '30', 40_000]) assert.equal(faults({ days })?.length, 1, String(days));
  });
});
