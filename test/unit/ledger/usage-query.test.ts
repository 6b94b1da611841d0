import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { UsageBy, UsageRow } from '../../../src/core/ledger/records.ts';
import type { LedgerStore } from '../../../src/core/ledger/store.ts';
import { ledgerOn, opened, scratch, settlement, usageOf } from './ledger-kit.ts';

describe('ledger: usage', () => {
  let place: ReturnType<typeof scratch>;
  let book: LedgerStore;
  const zone = process.env['TZ'];
  beforeEach(() => {
    place = scratch();
    book = ledgerOn(place.file);
  });
  afterEach(() => {
    book.close();
    place.clean();
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  function add(request: Parameters<typeof opened>[0], how: Parameters<typeof settlement>[1] = {}): void {
    const made = opened(request);
    void book.open(made);
    book.settle(settlement(made.id, how));
  }

  const groups = (by: UsageBy[], range = {}): unknown[] =>
    book.usage({ by, ...range }).map((row) => [...Object.values(row.group), row.requests]);

  it('an empty book has a total of nothing, and no groups', () => {
    assert.deepEqual(book.usage({ by: ['agent'] }), []);
    const zero = {
      requests: 0,
      errors: 0,
      input: 0,
      cacheRead: 0,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
      output: 0,
      reasoning: 0,
      costNano: 0,
      unpriced: 0,
      estimated: 0,
      savedNano: 0,
    };
    assert.deepEqual(book.usage({ by: [] }), [{ group: {}, ...zero }]);
  });

  it('sums every bucket, and counts errors, unpriced and estimated requests', () => {
    const usage = usageOf({ input: 1, cacheRead: 2, cacheWrite5m: 3, cacheWrite1h: 4, output: 5, reasoningWithinOutput: 1 });
    add({ agent: 'codex' }, { usage });
    add({ agent: 'codex', model: 'unknown-1' }, { usage, status: 500, settled: 'error' });
    add({ agent: 'codex' }, { usage: undefined, bytesOut: 40, settled: 'aborted' });
    add({ agent: 'cline' }, { usage: undefined, billable: false, status: 429 });
    assert.deepEqual(book.usage({ by: ['agent'] }), [
      {
        group: { agent: 'cline' },
        requests: 1,
        errors: 1,
        input: 0,
        cacheRead: 0,
        cacheWrite5m: 0,
        cacheWrite1h: 0,
        output: 0,
        reasoning: 0,
        costNano: 0,
        unpriced: 0,
        estimated: 0,
        savedNano: 0,
      },
      {
        group: { agent: 'codex' },
        requests: 3,
        errors: 2,
        input: 1_002,
        cacheRead: 4,
        cacheWrite5m: 6,
        cacheWrite1h: 8,
        output: 11,
        reasoning: 2,
        costNano: 70 + 2_010,
        unpriced: 1,
        estimated: 1,
        savedNano: 0,
        // One answered: 420 ms to the first byte, 3,100 in all, and five reported tokens in between.
        totalP50Ms: 3_107,
        totalP95Ms: 3_107,
        firstByteP50Ms: 418,
        firstByteP95Ms: 418,
        tokensPerSecond: 5_000 / 2_680,
        cacheHitShare: 4 / 1_020,
      },
    ]);
  });

  it('groups by several columns in their order, and a missing key or session is the empty name', () => {
    add({ agent: 'b', key: undefined });
    add({ agent: 'a', key: 'k2' });
    add({ agent: 'a', key: 'k1', session: undefined });
    add({ agent: 'a', key: 'k2' });
    assert.deepEqual(groups(['agent', 'key']), [
      ['a', 'k1', 1],
      ['a', 'k2', 2],
      ['b', '', 1],
    ]);
    assert.deepEqual(groups(['key', 'agent'])[0], ['', 'b', 1]);
    assert.equal(book.usage({ by: ['session'] })[0]?.group.session, '');
  });

  it('since is inclusive, until exclusive, and a workspace sees its own', () => {
    for (const at of [1_000, 2_000, 3_000]) add({ at, workspace: at === 2_000 ? 'other' : 'gatehouse' });
    assert.equal(book.usage({ by: [], since: 1_000, until: 3_000 })[0]?.requests, 2);
    assert.equal(book.usage({ by: [], since: 1_001 })[0]?.requests, 2);
    assert.equal(book.usage({ by: ['day'], since: 1_001, until: 3_001, workspace: 'gatehouse' })[0]?.requests, 1);
    assert.deepEqual(
      book.requests({ since: 1_000, until: 3_000 }).map((row) => row.at),
      [2_000, 1_000],
    );
    assert.deepEqual(
      book.requests({ workspace: 'other', limit: 5 }).map((row) => row.at),
      [2_000],
    );
  });

  it('shows the newest first, a hundred unless told', () => {
    for (let at = 0; at < 120; at++) add({ at });
    assert.equal(book.requests({}).length, 100);
    assert.equal(book.requests({})[0]?.at, 119);
    assert.equal(book.requests({ limit: Number.MAX_SAFE_INTEGER }).length, 120);
  });

  it("a day is the user's day, not the one in Greenwich", () => {
    add({ at: Date.UTC(2026, 10, 21, 23, 30) });
    add({ at: Date.UTC(2026, 10, 22, 4, 59, 59, 999) });
    add({ at: Date.UTC(2026, 10, 22, 5) });
    const expected: Record<string, unknown[]> = {
      UTC: [
        ['2026-11-21', 1],
        ['2026-11-22', 2],
      ],
      'America/New_York': [
        ['2026-11-21', 2],
        ['2026-11-22', 1],
      ],
      'Asia/Kolkata': [['2026-11-22', 3]],
      'Pacific/Kiritimati': [['2026-11-22', 3]],
    };
    for (const [name, days] of Object.entries(expected)) {
      process.env['TZ'] = name;
      assert.deepEqual(groups(['day']), days, name);
    }
    process.env['TZ'] = 'Asia/Kolkata';
    assert.deepEqual(groups(['hour']), [
      ['2026-11-22T05', 1],
      ['2026-11-22T10', 2],
    ]);
  });

  it('the day on which the clocks change has 25 or 23 hours, and the hour that comes twice is one group', () => {
    process.env['TZ'] = 'Europe/Berlin';
    const start = new Date(2026, 9, 25).getTime();
    const hour = 3_600_000;
    for (let turn = -1; turn <= 25; turn++) add({ at: start + turn * hour });
    assert.deepEqual(groups(['day']), [
      ['2026-10-24', 1],
      ['2026-10-25', 25],
      ['2026-10-26', 1],
    ]);
    assert.deepEqual(groups(['hour']).slice(2, 5), [
      ['2026-10-25T01', 1],
      ['2026-10-25T02', 2],
      ['2026-10-25T03', 1],
    ]);
    const spring = new Date(2026, 2, 29).getTime();
    for (let turn = 0; turn < 24; turn++) add({ at: spring + turn * hour });
    assert.deepEqual(groups(['day'], { until: start - hour }), [
      ['2026-03-29', 23],
      ['2026-03-30', 1],
    ]);
  });

  it('a clock that jumps at midnight, or by half an hour, loses no request', () => {
    const hour = 3_600_000;
    const cases: [zone: string, from: number][] = [
      ['America/Santiago', Date.UTC(2026, 8, 5, 12)],
      ['America/Havana', Date.UTC(2026, 10, 1, 0)],
      ['Australia/Lord_Howe', Date.UTC(2026, 3, 4, 6)],
    ];
    for (const [name, from] of cases) {
      process.env['TZ'] = name;
      for (let turn = 0; turn < 96; turn++) add({ at: from + (turn * hour) / 4, agent: name });
      const label = (at: number) => {
        const date = new Date(at);
        return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}T${String(date.getHours()).padStart(2, '0')}`;
      };
      const counted = new Map<string, number>();
      for (let turn = 0; turn < 96; turn++)
        counted.set(label(from + (turn * hour) / 4), (counted.get(label(from + (turn * hour) / 4)) ?? 0) + 1);
      assert.deepEqual(
        groups(['hour'], { since: from, until: from + 24 * hour }),
        [...counted].sort(([a], [b]) => (a < b ? -1 : 1)),
        name,
      );
    }
  });

  it('the groups add up to the total, whatever the grouping', function () {
    this.timeout(30_000);
    const agent = fc.constantFrom('claude-code', 'codex', 'cline');
    const name = fc.constantFrom('a', 'b', undefined);
    const row = fc.record({
      agent,
      provider: fc.constantFrom('p', 'q'),
      model: fc.constantFrom('m', 'unknown-1'),
      key: name,
      session: name,
      workspace: fc.constantFrom('w', 'v'),
      at: fc.integer({ min: Date.UTC(2026, 9, 20), max: Date.UTC(2026, 10, 5) }),
      input: fc.nat(1_000_000),
      output: fc.nat(100_000),
      status: fc.constantFrom(200, 429, 500),
      source: fc.constantFrom('reported' as const, 'estimated' as const),
    });
    const by = fc.subarray<UsageBy>(['agent', 'provider', 'model', 'key', 'session', 'workspace', 'day', 'hour'], { minLength: 1 });
    const zones = fc.constantFrom('UTC', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe');
    fc.assert(
      fc.property(fc.array(row, { maxLength: 25 }), by, zones, (rows, columns, tz) => {
        process.env['TZ'] = tz;
        for (const { input, output, status, source, ...request } of rows)
          add(request, { status, usage: usageOf({ input, output, source }) });
        const sum = (all: UsageRow[], count: Exclude<keyof UsageRow, 'group'>) =>
          all.reduce((total, group) => total + (group[count] ?? 0), 0);
        const parts = book.usage({ by: columns });
        const whole = book.usage({ by: [] });
        assert.equal(new Set(parts.map((part) => JSON.stringify(part.group))).size, parts.length);
        for (const count of ['requests', 'errors', 'input', 'output', 'costNano', 'unpriced', 'estimated'] as const) {
          assert.equal(sum(parts, count), sum(whole, count), count);
        }
      }),
      { numRuns: 60 },
    );
    assert.ok((book.usage({ by: [] })[0]?.requests ?? 0) > 100);
  });
});
