import assert from 'node:assert/strict';
import { daysPeriod, periodChoices } from '../../../src/vscode/export/choices.ts';

describe('editor: what can be exported', () => {
  const now = new Date(2026, 0, 15, 13, 30);
  const at = (year: number, month: number, day: number) => new Date(year, month - 1, day).getTime();

  it('offers calendar days and months, over the turn of a year', () => {
    const periods = Object.fromEntries(periodChoices(now).map(({ label, period, name }) => [label, { ...period, name }]));
    assert.deepEqual(periods['Today'], { since: at(2026, 1, 15), name: 'today' });
    assert.deepEqual(periods['Last 30 days'], { since: at(2025, 12, 17), name: '30-days' });
    assert.deepEqual(periods['Last month'], { since: at(2025, 12, 1), until: at(2026, 1, 1), name: '2025-12' });
    assert.deepEqual(periods['Everything'], { name: 'all' });
  });

  it('reads days, the last one included', () => {
    assert.deepEqual(daysPeriod('2026-11-01'), { since: at(2026, 11, 1), until: at(2026, 11, 2) });
    assert.deepEqual(daysPeriod(' 2026-10-24  2026-10-31 '), { since: at(2026, 10, 24), until: at(2026, 11, 1) });
    for (const bad of ['', '2026', '2026-02-30', '2026-11-02 2026-11-01', '2026-11-01 x', '2026-11-01 2026-11-02 2026-11-03'])
      assert.equal(daysPeriod(bad), undefined, bad);
  });
});
