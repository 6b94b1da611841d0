import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { calendarSpan, countedAt, leavesAt, whenWords } from '../../../../src/core/ledger/budgets/windows.ts';

const HOUR = 3_600_000;
const MODULE = fileURLToPath(new URL('../../../../src/core/ledger/budgets/windows.ts', import.meta.url));

describe('budgets: windows', () => {
  const zone = process.env['TZ'];
  const inZone = (name: string) => (process.env['TZ'] = name);
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  const hours = (unit: 'day' | 'week' | 'month', at: number) => {
    const { begins, ends } = calendarSpan(unit, at);
    return (ends - begins) / HOUR;
  };

  it('the days on which clocks change are as long as they are, and so are their weeks and months', () => {
    inZone('Europe/Berlin');
    assert.deepEqual(
      [new Date(2026, 2, 29, 12), new Date(2026, 9, 25, 12)].map((at) => hours('day', at.getTime())),
      [23, 25],
    );
    assert.equal(hours('week', new Date(2026, 9, 21).getTime()), 7 * 24 + 1);
    assert.equal(hours('month', new Date(2026, 2, 1).getTime()), 31 * 24 - 1);
    inZone('America/New_York');
    assert.deepEqual(
      [new Date(2026, 2, 8, 12), new Date(2026, 10, 1, 12)].map((at) => hours('day', at.getTime())),
      [23, 25],
    );
    inZone('Australia/Lord_Howe');
    assert.deepEqual(
      [new Date(2026, 3, 5, 12), new Date(2026, 9, 4, 12)].map((at) => hours('day', at.getTime())),
      [24.5, 23.5],
    );
  });

  it('a moment before midnight is of the old window, midnight itself of the new', () => {
    inZone('America/New_York');
    const midnight = Date.UTC(2026, 10, 1, 4);
    assert.deepEqual(calendarSpan('month', midnight).begins, midnight);
    assert.deepEqual(calendarSpan('month', midnight - 1), { begins: Date.UTC(2026, 9, 1, 4), ends: midnight });
    assert.deepEqual(calendarSpan('day', midnight - 1).ends, midnight);
    // The hour that comes twice is of one day, both times.
    for (const at of [Date.UTC(2026, 10, 1, 5, 30), Date.UTC(2026, 10, 1, 6, 30)])
      assert.deepEqual(calendarSpan('day', at), { begins: midnight, ends: Date.UTC(2026, 10, 2, 5) });
  });

  it('a week begins on Monday, also seen from Sunday and over the end of a year', () => {
    inZone('Europe/Berlin');
    const monday = new Date(2026, 11, 28).getTime();
    for (const at of [monday, new Date(2026, 11, 31, 23, 59).getTime(), new Date(2027, 0, 3, 23, 59, 59, 999).getTime()])
      assert.deepEqual(calendarSpan('week', at), { begins: monday, ends: new Date(2027, 0, 4).getTime() });
    assert.equal(calendarSpan('week', new Date(2027, 0, 4).getTime()).begins, new Date(2027, 0, 4).getTime());
  });

  it('a day that begins at one in the morning does', () => {
    inZone('America/Santiago');
    const noon = new Date(2026, 8, 6, 12).getTime();
    const { begins } = calendarSpan('day', noon);
    assert.equal(new Date(begins).getHours(), 1);
    assert.equal(calendarSpan('day', begins - 1).ends, begins);
  });

  it('windows of any zone and time lie end to end and hold their moment', () => {
    const zones = fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'America/Santiago',
      'America/Havana',
      'Asia/Kathmandu',
      'Pacific/Apia',
      'Atlantic/Azores',
      'Africa/Cairo',
    );
    const at = fc.integer({ min: Date.UTC(2005, 0), max: Date.UTC(2035, 0) });
    fc.assert(
      fc.property(zones, at, fc.constantFrom('day' as const, 'week' as const, 'month' as const), (name, moment, unit) => {
        inZone(name);
        const span = calendarSpan(unit, moment);
        assert.ok(span.begins <= moment && moment < span.ends);
        assert.equal(calendarSpan(unit, span.ends).begins, span.ends);
        assert.equal(calendarSpan(unit, span.begins - 1).ends, span.begins);
        assert.deepEqual(calendarSpan(unit, span.ends - 1), span);
      }),
      { numRuns: 400 },
    );
  });

  it('a rolling window counts nothing less than its hours, and a sixtieth of them more at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 744 }),
        fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2027, 0) }),
        (length, at) => {
          const counted = countedAt({ hours: length }, at);
          assert.ok(counted.kind === 'rolling');
          const { begins, last, width } = counted;
          assert.equal(width, (length * HOUR) / 60);
          assert.ok(begins <= at - length * HOUR && begins > at - length * HOUR - width);
          assert.ok(last <= at && at < last + width);
          // What was counted in the first slot counts until just before it leaves, and not then.
          const leaves = leavesAt({ hours: length }, begins + width);
          const before = countedAt({ hours: length }, leaves - 1);
          const after = countedAt({ hours: length }, leaves);
          assert.ok(before.kind === 'rolling' && after.kind === 'rolling');
          assert.equal(before.begins, begins);
          assert.equal(after.begins, begins + width);
        },
      ),
    );
  });

  it('says when in the words of the local calendar', () => {
    inZone('Europe/Berlin');
    const now = new Date(2026, 10, 21, 12).getTime();
    const words = (...date: [number, number, number, number, number]) => whenWords(new Date(...date).getTime(), now);
    assert.deepEqual(
      [
        words(2026, 10, 21, 14, 5),
        words(2026, 10, 22, 0, 0),
        words(2026, 10, 23, 0, 0),
        words(2026, 10, 27, 23, 59),
        words(2026, 10, 28, 0, 0),
        words(2026, 11, 1, 0, 0),
      ],
      [
        'today at 14:05',
        'tomorrow at 00:00',
        'on Monday at 00:00',
        'on Friday at 23:59',
        'on 28 November at 00:00',
        'on 1 December at 00:00',
      ],
    );
  });

  it('a process that was started in a zone has the windows of that zone', function () {
    this.timeout(10_000);
    const script = `import(${JSON.stringify(MODULE)}).then(({ calendarSpan }) => {
      const { begins, ends } = calendarSpan('day', Date.UTC(2026, 9, 25, 11));
      console.log(begins, (ends - begins) / 3600000);
    })`;
    const expected: Record<string, string> = {
      'Europe/Berlin': `${Date.UTC(2026, 9, 24, 22)} 25`,
      'America/New_York': `${Date.UTC(2026, 9, 25, 4)} 24`,
      'Australia/Lord_Howe': `${Date.UTC(2026, 9, 24, 13)} 24`,
    };
    for (const [TZ, line] of Object.entries(expected)) {
      const { stdout } = spawnSync(process.execPath, ['-e', script], { env: { ...process.env, TZ }, encoding: 'utf8' });
      assert.equal(stdout.trim(), line, TZ);
    }
  });
});
