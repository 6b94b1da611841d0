import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { timeOf } from '../../src/core/ledger/ids.ts';
import type { SettledRequest, UsageBy, UsageQuery, UsageRow } from '../../src/core/ledger/records.ts';
import { addTime, histogramText, mergeHistogramTexts, newHistogram, percentile } from '../../src/core/ledger/rollups/histogram.ts';
import { piecesOf } from '../../src/core/ledger/rollups/slots.ts';
import type { LedgerStore } from '../../src/core/ledger/store.ts';
import { ledgerOn, opened, scratch, settlement, usageOf } from '../unit/ledger/ledger-kit.ts';

const SUMS = [
  'requests',
  'errors',
  'input',
  'cacheRead',
  'cacheWrite5m',
  'cacheWrite1h',
  'output',
  'reasoning',
  'costNano',
  'unpriced',
  'estimated',
  'savedNano',
] as const;

const two = (value: number) => String(value).padStart(2, '0');

function nameOf(row: SettledRequest, by: UsageBy): string {
  const at = new Date(timeOf(row.id));
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  if (by === 'day') return day;
  if (by === 'hour') return `${day}T${two(at.getHours())}`;
  return row[by] ?? '';
}

function sumsOf(row: SettledRequest): Record<(typeof SUMS)[number], number> {
  const { usage } = row;
  return {
    requests: 1,
    errors: row.settled === 'done' && row.status < 400 ? 0 : 1,
    input: usage.input,
    cacheRead: usage.cacheRead,
    cacheWrite5m: usage.cacheWrite5m,
    cacheWrite1h: usage.cacheWrite1h,
    output: usage.output,
    reasoning: usage.reasoningWithinOutput,
    costNano: row.costNano ?? 0,
    unpriced: row.costNano === undefined ? 1 : 0,
    estimated: row.estimated ? 1 : 0,
    savedNano: row.saved ?? 0,
  };
}

/** The same question, answered by adding up the rows one by one. */
function byHand(rows: readonly SettledRequest[], query: UsageQuery): Map<string, readonly SettledRequest[]> {
  const groups = new Map<string, SettledRequest[]>();
  for (const row of rows) {
    const at = timeOf(row.id);
    if (at < (query.since ?? 0) || at >= (query.until ?? Infinity)) continue;
    if (query.workspace !== undefined && row.workspace !== query.workspace) continue;
    const name = JSON.stringify(query.by.map((by) => nameOf(row, by)));
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return groups;
}

function nearestRank(times: readonly number[], share: number): number {
  return times.toSorted((a, b) => a - b)[Math.ceil(share * times.length) - 1] ?? Number.NaN;
}

function assertWithinTenth(told: number | undefined, times: readonly number[], share: number): void {
  if (times.length === 0) return assert.equal(told, undefined);
  const exact = nearestRank(times, share);
  assert.ok(told !== undefined && Math.abs(told - exact) <= exact / 10, `${told} for ${exact}`);
}

function assertSame(told: readonly UsageRow[], rows: readonly SettledRequest[], query: UsageQuery): void {
  const groups = byHand(rows, query);
  if (query.by.length === 0 && groups.size === 0) groups.set('[]', []);
  assert.deepEqual(
    told.map(({ group }) => JSON.stringify(query.by.map((by) => group[by]))),
    [...groups.keys()].sort((a, b) => compareNames(JSON.parse(a) as string[], JSON.parse(b) as string[])),
  );
  for (const row of told) {
    const members = groups.get(JSON.stringify(query.by.map((by) => row.group[by]))) ?? [];
    for (const name of SUMS) {
      assert.equal(
        row[name],
        members.reduce((sum, member) => sum + sumsOf(member)[name], 0),
        name,
      );
    }
    const answered = members.filter((member) => sumsOf(member).errors === 0);
    assertWithinTenth(
      row.totalP50Ms,
      answered.map(({ totalMs }) => totalMs),
      0.5,
    );
    assertWithinTenth(
      row.totalP95Ms,
      answered.map(({ totalMs }) => totalMs),
      0.95,
    );
    assertWithinTenth(
      row.firstByteP95Ms,
      answered.flatMap(({ firstByteMs }) => firstByteMs ?? []),
      0.95,
    );
    const timed = answered
      .map((member) => ({ ...member.usage, ms: member.totalMs - (member.stream ? (member.firstByteMs ?? 0) : 0) }))
      .filter(({ source, output, ms }) => source === 'reported' && output > 0 && ms > 0);
    const seconds = timed.reduce((sum, { ms }) => sum + ms, 0) / 1000;
    const output = timed.reduce((sum, member) => sum + member.output, 0);
    if (seconds === 0) assert.equal(row.tokensPerSecond, undefined);
    else assert.ok(Math.abs((row.tokensPerSecond ?? 0) - output / seconds) < 1e-6 * (output / seconds));
    const input = row.input + row.cacheRead + row.cacheWrite5m + row.cacheWrite1h;
    assert.equal(row.cacheHitShare, input === 0 ? undefined : row.cacheRead / input);
  }
}

function compareNames(a: readonly string[], b: readonly string[]): number {
  for (const [at, left] of a.entries()) {
    const right = b[at] ?? '';
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

const MINUTE = 60_000;
/** Both changes of the clock of the north lie in it, and one of the south. */
const TIMES = { min: Date.UTC(2026, 9, 24, 20), max: Date.UTC(2026, 10, 2, 8) };
/** Many at an edge of a slot, or a millisecond off; and some that meet. */
const moment = fc.oneof(
  fc.integer({ min: 1, max: 4 }).map((day) => TIMES.min + day * 86_400_123),
  fc.integer(TIMES),
  fc
    .record({ slot: fc.integer({ min: TIMES.min / MINUTE / 15, max: TIMES.max / MINUTE / 15 }), off: fc.constantFrom(-1, 0, 1) })
    .map(({ slot, off }) => Math.floor(slot) * 15 * MINUTE + off),
);
const request = fc.record({
  at: moment,
  workspace: fc.constantFrom('w', 'v'),
  agent: fc.constantFrom('claude-code', 'codex', 'cline'),
  provider: fc.constantFrom('p', 'q'),
  model: fc.constantFrom('m', 'n', 'unknown-1'),
  key: fc.constantFrom('a', undefined),
  session: fc.constantFrom('s1', 's2', 's3', 's4', undefined),
  stream: fc.boolean(),
});
const ending = fc.record({
  settled: fc.constantFrom('done', 'done', 'done', 'error', 'aborted'),
  status: fc.constantFrom(200, 200, 200, 429, 500),
  class: fc.constantFrom('main', 'background', undefined),
  totalMs: fc.oneof(fc.nat(30), fc.nat(10_000), fc.nat(3_000_000)),
  firstByteMs: fc.oneof(fc.constant(undefined), fc.nat(3_000)),
});
const used = fc.record({
  input: fc.nat(1_000_000),
  cacheRead: fc.nat(1_000_000),
  cacheWrite5m: fc.nat(9),
  cacheWrite1h: fc.nat(9),
  output: fc.nat(100_000),
  reasoningWithinOutput: fc.nat(99),
  source: fc.constantFrom('reported' as const, 'partial' as const),
});
const by = fc.oneof(
  fc.subarray<UsageBy>(['agent', 'provider', 'model', 'key', 'workspace', 'class', 'day', 'hour']),
  fc.subarray<UsageBy>(['session', 'agent', 'workspace']),
  fc.subarray<UsageBy>(['agent', 'provider', 'model', 'key', 'session', 'workspace', 'class', 'day', 'hour']),
);
const query: fc.Arbitrary<UsageQuery> = fc.record(
  { by, since: moment, until: moment, workspace: fc.constantFrom('w', 'v') },
  { requiredKeys: ['by'] },
);
const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Asia/Kolkata');

describe('roll-ups', function () {
  this.timeout(60_000);
  const before = process.env['TZ'];
  let place: ReturnType<typeof scratch>;
  let book: LedgerStore;
  let run = 0;
  beforeEach(() => {
    place = scratch();
    book = ledgerOn(place.file);
  });
  afterEach(() => {
    book.close();
    place.clean();
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  });

  type Made = typeof rows extends fc.Arbitrary<infer Rows> ? Rows : never;

  function add(made: Made): void {
    run++;
    for (const row of made) {
      const { session, ...values } = row.request;
      // Half of them are of this book alone: else every session would soon reach over all the time.
      const name = session === 's1' || session === 's2' ? `${session} ${run}` : session;
      const asked = opened({ ...values, session: name });
      void book.open(asked);
      const { class: kind, ...how } = row.ending;
      book.settle(settlement(asked.id, { ...how, usage: usageOf(row.used), ...(kind !== undefined && { class: kind }) }));
    }
  }

  const rows = fc.array(fc.record({ request, ending, used }), { minLength: 3, maxLength: 30 });

  it('tell what the rows tell, to the last number, for every grouping, range and zone', () => {
    fc.assert(
      fc.property(rows, fc.array(query, { minLength: 1, maxLength: 4 }), zone, (made, queries, tz) => {
        process.env['TZ'] = tz;
        add(made);
        const all = book.requests({ limit: 100_000 });
        for (const each of queries) assertSame(book.usage(each), all, each);
      }),
      { numRuns: 60 },
    );
    assert.ok(book.requests({ limit: 100_000 }).length > 200);
  });

  it('tell the same while an older window settles rows beside them, and after those were rolled up', () => {
    const older = new DatabaseSync(place.file);
    place.later(() => older.close());
    const settleAsOlder = older.prepare(
      `UPDATE requests SET settled = 'done', status = 200, attempts = 1, total_ms = 7, bytes_out = 1, input = 5, cache_read = 0, cache_write_5m = 0,
        cache_write_1h = 0, output = 3, reasoning = 0, source = 'reported', cost_nano = 9, writer = NULL WHERE id = ? AND settled IS NULL`,
    );
    fc.assert(
      fc.property(rows, fc.array(request, { minLength: 1, maxLength: 5 }), query, (made, open, each) => {
        add(made);
        const ids = open.map((values) => {
          const row = opened(values);
          void book.open(row);
          return row.id;
        });
        book.usage({ by: [] });
        for (const id of ids) settleAsOlder.run(id);
        assertSame(book.usage(each), book.requests({ limit: 100_000 }), each);
      }),
      { numRuns: 25 },
    );
    assert.ok(Number(older.prepare('SELECT count(*) AS n FROM rollup_missed').get()?.['n']) > 0);
    book.close();
    book = ledgerOn(place.file);
    return new Promise<void>((resolve) => setTimeout(resolve, 120)).then(() => {
      assert.equal(older.prepare('SELECT count(*) AS n FROM rollup_missed').get()?.['n'], 0);
      const all = book.requests({ limit: 100_000 });
      for (const columns of [[], ['agent', 'day'], ['session'], ['session', 'agent']] as const) {
        assertSame(book.usage({ by: columns }), all, { by: columns });
      }
    });
  });

  it('list the sessions that were used last, the latest first', () => {
    fc.assert(
      fc.property(
        rows,
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom<UsageBy[]>(['session'], ['session', 'model']),
        (made, latest, columns) => {
          add(made);
          const all = book.requests({ limit: 100_000 });
          const last = new Map<string, number>();
          for (const { id, session } of all) {
            if (session !== undefined) last.set(session, Math.max(last.get(session) ?? 0, timeOf(id)));
          }
          // Of those that were last used in the same millisecond, by name.
          const wanted = [...last]
            .sort(([a, atA], [b, atB]) => atB - atA || (a < b ? -1 : 1))
            .slice(0, latest)
            .map(([session]) => session);
          const told = book.usage({ by: columns, latest });
          assert.deepEqual([...new Set(told.map(({ group }) => group.session))], wanted);
          const theirs = all.filter(({ session }) => session !== undefined && wanted.includes(session));
          assert.equal(
            told.reduce((sum, row) => sum + row.costNano, 0),
            theirs.reduce((sum, row) => sum + (row.costNano ?? 0), 0),
          );
        },
      ),
      { numRuns: 20 },
    );
  });

  it('cut any range into pieces that follow each other, without a gap and without a moment twice', () => {
    const gone = fc.constantFrom(0, Date.UTC(2026, 9, 28));
    fc.assert(
      fc.property(moment, moment, gone, (one, other, rowsFrom) => {
        const [since, until] = [Math.min(one, other), Math.max(one, other)];
        const pieces = piecesOf(since, until, rowsFrom);
        if (since === until) return assert.deepEqual(pieces, []);
        for (const [at, piece] of pieces.entries()) {
          assert.ok(piece.since < piece.until);
          if (at > 0) assert.equal(piece.since, pieces[at - 1]?.until);
          // Only edges ask the rows, and never where they are gone.
          if (piece.kind === 'rows') assert.ok(piece.until - piece.since < 15 * MINUTE && piece.since >= rowsFrom);
        }
        const quarter = (time: number, round: (value: number) => number) => round(time / MINUTE / 15) * MINUTE * 15;
        assert.equal(pieces[0]?.since, since < rowsFrom ? quarter(since, Math.floor) : since);
        assert.equal(pieces.at(-1)?.until, until <= rowsFrom ? quarter(until, Math.ceil) : until);
      }),
      { numRuns: 2_000 },
    );
  });

  it('keep times within 10 %, and do not mind in which order they are added', () => {
    for (let time = 0; time < 5_000_000; time = time < 100_000 ? time + 1 : Math.ceil(time * 1.0003)) {
      const one = newHistogram();
      addTime(one, time);
      assert.ok(Math.abs((percentile(one, 0.5) ?? Number.NaN) - time) <= time / 10, String(time));
    }
    const times = fc.array(fc.nat(3_000_000), { maxLength: 60 });
    const textOf = (list: readonly number[]) => {
      const histogram = newHistogram();
      for (const time of list) addTime(histogram, time);
      return histogramText(histogram);
    };
    fc.assert(fc.property(times, times, (a, b) => assert.equal(mergeHistogramTexts(textOf(a), textOf(b)), textOf([...b, ...a]))));
    assert.equal(percentile(newHistogram(), 0.5), undefined);
  });
});
