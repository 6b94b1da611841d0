import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { spanAround } from '../../../src/core/ledger/local-time.ts';
import type { SettledRequest, UsageRow } from '../../../src/core/ledger/records.ts';
import type { PanelRange, PanelSeries, PanelStep, PanelView } from '../../../src/vscode/usage-panel/messages.ts';
import { panelState, type PanelFigures } from '../../../src/vscode/usage-panel/panel-state.ts';
import { FIRST_VIEW, rangeStart, stepsOf, viewAfter } from '../../../src/vscode/usage-panel/panel-view.ts';
import { speedOf } from '../../../src/vscode/usage-panel/speed.ts';
import { unitOf } from '../../../src/vscode/usage-panel/time-slots.ts';
import { settledRow } from '../ask/fake-view.ts';
import { inTimeZone } from './in-time-zone.ts';

const NOTHING: PanelFigures = {
  totals: [],
  unused: false,
  pricesAsOf: '2026-10-01',
  trouble: undefined,
};

function row(group: UsageRow['group'], costNano = 1_000_000_000): UsageRow {
  return {
    group,
    requests: 1,
    errors: 0,
    input: 1,
    cacheRead: 2,
    cacheWrite5m: 4,
    cacheWrite1h: 8,
    output: 16,
    reasoning: 32,
    costNano,
    unpriced: 0,
    estimated: 0,
  };
}

const viewOf = (range: PanelRange, step: PanelStep = stepsOf(range)[0] ?? 'day'): PanelView => ({ ...FIRST_VIEW, range, step });

function seriesFor(range: PanelRange, now: Date, overTime: readonly UsageRow[] = [], step?: PanelStep): PanelSeries {
  const { series } = panelState(viewOf(range, step), now, { ...NOTHING, overTime });
  assert.ok(series);
  return series;
}

function starts(range: PanelRange, now: string, step?: PanelStep): string[] {
  return seriesFor(range, new Date(now), [], step).at.map((seconds) => new Date(seconds * 1000).toISOString().slice(0, 16));
}

/** One request of a dollar each ten minutes, under the name that the ledger gives its day or hour. */
function everyTenMinutes(range: PanelRange, step: PanelStep, now: Date): UsageRow[] {
  const unit = unitOf(step);
  const rows: UsageRow[] = [];
  for (let at = rangeStart(range, now); at <= now.getTime(); at += 600_000)
    rows.push(row({ agent: 'a', [unit]: spanAround(at, unit)[unit] }));
  return rows;
}

describe('panelState: the series', () => {
  for (const [hazard, zone, now] of [
    ['an ordinary evening', 'Europe/Berlin', '2026-11-21T18:20'],
    ['one minute past midnight', 'Europe/Berlin', '2026-11-21T00:01'],
    ['midnight itself', 'Europe/Berlin', '2026-11-21T00:00'],
    ['the clock goes forward', 'Europe/Berlin', '2026-03-29T23:59'],
    ['right after the clock went forward', 'Europe/Berlin', '2026-03-29T03:00'],
    ['the clock goes back', 'Europe/Berlin', '2026-10-25T23:59'],
    ['a day later', 'America/New_York', '2026-11-02T10:00'],
    ['a day without a midnight', 'Africa/Cairo', '2026-04-24T23:59'],
    ['half past midnight, a week after a day without one', 'Africa/Cairo', '2026-04-30T00:30'],
    ['half past midnight, a month after a day without one', 'Africa/Cairo', '2026-05-23T00:30'],
    ['the clock moves by half an hour', 'Australia/Lord_Howe', '2026-10-04T12:00'],
    ['the clock goes back by half an hour', 'Australia/Lord_Howe', '2026-04-05T12:00'],
    ['a week with a day that never was', 'Pacific/Apia', '2012-01-02T12:00'],
    ['a zone of three quarters', 'Asia/Kathmandu', '2026-11-21T12:50'],
  ] as const) {
    for (const [range, step] of (['today', '7d', '30d', '90d'] as const).flatMap((one) =>
      stepsOf(one).map((step) => [one, step] as const),
    )) {
      it(`${hazard} in ${zone}, ${range} by ${step}: every cent has its place, and time only moves on`, () => {
        inTimeZone(zone, () => {
          const end = new Date(now);
          const rows = everyTenMinutes(range, step, end);
          const { at, lines } = seriesFor(range, end, rows, step);
          assert.equal(
            lines[0]?.usd.reduce((sum, usd) => sum + usd, 0),
            rows.length,
          );
          assert.equal(lines[0]?.usd.length, at.length);
          assert.equal(at[0], rangeStart(range, end) / 1000);
          for (const [n, start] of at.entries()) assert.ok(start <= end.getTime() / 1000 && (n === 0 || start > (at[n - 1] ?? 0)));
        });
      });
    }
  }

  it('has 23 hours on the day the clock goes forward', () => {
    inTimeZone('Europe/Berlin', () => assert.equal(starts('today', '2026-03-29T23:59').length, 23));
  });

  it('begins each day at its own midnight, also after one without', () => {
    inTimeZone('Africa/Cairo', () => {
      assert.deepEqual(starts('7d', '2026-04-30T00:30').slice(0, 3), ['2026-04-23T22:00', '2026-04-24T21:00', '2026-04-25T21:00']);
    });
  });

  for (const [range, count] of [
    ['7d', 7],
    ['30d', 30],
    ['90d', 90],
  ] as const) {
    it(`has ${count} days in ${range}, today and empty ones included`, () => {
      for (const now of ['2026-04-02T00:00', '2026-11-21T12:00']) {
        inTimeZone('Europe/Berlin', () => assert.equal(starts(range, now).length, count));
      }
    });
  }

  it('shows hours up to the one that is running', () => {
    inTimeZone('UTC', () => {
      assert.deepEqual(starts('today', '2026-11-21T02:00'), ['2026-11-21T00:00', '2026-11-21T01:00', '2026-11-21T02:00']);
    });
  });

  it('puts agents on lines of their own, also those with odd names', () => {
    inTimeZone('UTC', () => {
      const hour = '2026-11-21T01';
      const rows = [
        row({ agent: '__proto__', hour }),
        row({ agent: 'constructor', hour }, 2e9),
        row({ agent: '', hour: '2026-11-21T00' }, 3e9),
      ];
      assert.deepEqual(seriesFor('today', new Date('2026-11-21T01:30'), rows).lines, [
        { name: '__proto__', usd: [0, 1], tokens: [0, 31] },
        { name: 'constructor', usd: [0, 2], tokens: [0, 31] },
        { name: '', usd: [3, 0], tokens: [31, 0] },
      ]);
    });
  });

  it('passes over what is outside the range', () => {
    inTimeZone('UTC', () =>
      assert.deepEqual(seriesFor('7d', new Date('2026-11-21T01:30'), [row({ agent: 'a', day: '2026-11-22' })]).lines, []),
    );
  });
});

describe('panelState: weeks and months', () => {
  it('begin on Mondays and on the first; the first of a range begins with it', () => {
    inTimeZone('UTC', () => {
      assert.deepEqual(starts('30d', '2026-11-21T12:00', 'week'), [
        '2026-10-23T00:00',
        '2026-10-26T00:00',
        '2026-11-02T00:00',
        '2026-11-09T00:00',
        '2026-11-16T00:00',
      ]);
      assert.deepEqual(starts('90d', '2026-11-21T12:00', 'month'), [
        '2026-08-24T00:00',
        '2026-09-01T00:00',
        '2026-10-01T00:00',
        '2026-11-01T00:00',
      ]);
      assert.deepEqual(starts('12m', '2026-11-21T12:00').length, 12);
    });
  });

  it('are sums of their days, to the nano-dollar', () => {
    inTimeZone('UTC', () => {
      const rows = [row({ agent: 'a', day: '2026-11-17' }, 1), row({ agent: 'a', day: '2026-11-20' }, 2)];
      const { lines } = seriesFor('30d', new Date('2026-11-21T12:00'), rows, 'week');
      assert.deepEqual(lines[0]?.usd.at(-1), 3e-9);
    });
  });
});

describe('viewAfter', () => {
  it('begins another range with bars that suit it, and keeps what was not wished otherwise', () => {
    const week = viewAfter({ ...FIRST_VIEW, tab: 'speed' }, { range: '7d' });
    assert.deepEqual([week.range, week.step, week.tab], ['7d', 'day', 'speed']);
    assert.equal(viewAfter(week, { step: 'hour' }).step, 'hour');
    assert.equal(viewAfter(viewAfter(week, { step: 'hour' }), { group: 'model' }).step, 'hour');
    assert.equal(viewAfter(week, { range: '90d', step: 'hour' }).step, 'day');
  });

  it('takes nothing that there is not', () => {
    const wild = { tab: 'x', range: 7, step: {}, group: '__proto__', subject: null };
    assert.deepEqual(viewAfter(FIRST_VIEW, wild), FIRST_VIEW);
  });
});

describe('speedOf', () => {
  it('has a gap where nothing was asked, and tells keys and models apart by their providers', () => {
    inTimeZone('UTC', () => {
      const times = { totalP50Ms: 900, totalP95Ms: 2_000, firstByteP50Ms: 80, firstByteP95Ms: 300, tokensPerSecond: 60 };
      const used = { ...row({ provider: 'p', model: 'm', key: '', day: '2026-11-20' }), ...times };
      const now = new Date('2026-11-21T12:00');
      const model = speedOf('7d', 'day', 'model', now, [used], [{ ...used, errors: 1 }]);
      assert.equal(model.lines[0]?.name, 'p/m');
      assert.deepEqual(
        model.lines[0]?.times.map((one) => one?.totalP50),
        [undefined, undefined, undefined, undefined, undefined, 900, undefined],
      );
      assert.equal(model.lines[0]?.times[0], null);
      assert.deepEqual(model.rows, [
        {
          name: 'p/m',
          requests: 1,
          errors: 1,
          firstByteP50: 80,
          firstByteP95: 300,
          totalP50: 900,
          totalP95: 2_000,
          tokensPerSecond: 60,
        },
      ]);
      assert.equal(speedOf('7d', 'day', 'key', now, [used], []).lines[0]?.name, 'p');
    });
  });
});

describe('panelState: the figures', () => {
  const now = new Date('2026-11-21T12:00');

  it('is all zeros when nothing was asked, and has nothing that no tab asked for', () => {
    const { totals, series, tables, latest } = panelState(FIRST_VIEW, now, NOTHING);
    assert.deepEqual(totals, {
      requests: 0,
      errors: 0,
      input: 0,
      cacheRead: 0,
      cacheWrite: 0,
      output: 0,
      reasoning: 0,
      costUsd: '0.000000000',
      savedUsd: '0.000000000',
      unpriced: 0,
      estimated: 0,
    });
    assert.deepEqual([series, tables, latest], [undefined, undefined, undefined]);
  });

  it('tells what caching saved, also where it has cost more than it brought', () => {
    const { totals } = panelState(FIRST_VIEW, now, { ...NOTHING, totals: [{ ...row({}), savedNano: -12_000_000 }] });
    assert.equal(totals.savedUsd, '-0.012000000');
  });

  it('adds the two kinds of cache writes and mixes nothing else', () => {
    const { totals } = panelState(FIRST_VIEW, now, { ...NOTHING, totals: [row({}, 54_399_000)] });
    assert.deepEqual(
      [totals.input, totals.cacheRead, totals.cacheWrite, totals.output, totals.reasoning, totals.costUsd],
      [1, 2, 12, 16, 32, '0.054399000'],
    );
  });

  it('names each table by its own column, and what has no key by its provider', () => {
    const group = { agent: 'a', provider: 'p', model: 'm', key: 'p/k' };
    const tables = {
      agent: [row(group)],
      provider: [row(group)],
      model: [row(group), row({})],
      key: [row(group), row({ provider: 'p' })],
    };
    const state = panelState(FIRST_VIEW, now, { ...NOTHING, tables });
    assert.deepEqual(
      Object.values(state.tables ?? {}).map((rows: readonly { name: string }[]) => rows.map(({ name }) => name)),
      [['a'], ['p'], ['m', ''], ['p/k', 'p']],
    );
  });

  it('says trouble only when there is some', () => {
    assert.equal('trouble' in panelState(FIRST_VIEW, now, NOTHING), false);
    assert.equal(panelState(FIRST_VIEW, now, { ...NOTHING, trouble: 'the disk is full' }).trouble, 'the disk is full');
  });

  const request: SettledRequest = {
    id: 'r1',
    at: 5,
    workspace: 'w',
    agent: 'codex',
    session: 's',
    operation: 'generate',
    dialect: 'openai-responses',
    requestedModel: 'asked',
    provider: 'openai',
    model: 'gpt',
    key: 'openai/work',
    mode: 'relay',
    stream: true,
    bytesIn: 9,
    settled: 'done',
    status: 200,
    attempts: 1,
    firstByteMs: 12.6,
    totalMs: 99.4,
    bytesOut: 3,
    tier: undefined,
    error: undefined,
    usage: {
      input: 1,
      cacheRead: 2,
      cacheWrite5m: 4,
      cacheWrite1h: 8,
      output: 16,
      reasoningWithinOutput: 0,
      units: {},
      source: 'reported',
    },
    costNano: 1_500_000_000,
    estimated: false,
  };

  it('shows a request without its key, session and workspace', () => {
    const { latest } = panelState(FIRST_VIEW, now, { ...NOTHING, latest: [request] });
    assert.deepEqual(latest, [
      {
        id: 'r1',
        at: 5,
        agent: 'codex',
        provider: 'openai',
        model: 'gpt',
        status: 200,
        settled: 'done',
        input: 1,
        cached: 14,
        output: 16,
        costUsd: '1.500000000',
        estimated: false,
        firstByteMs: 13,
        totalMs: 99,
      },
    ]);
  });

  it('gives an unpriced request no cost, which is not nought', () => {
    const free = { ...request, costNano: 0 };
    const unpriced = { ...request, costNano: undefined, firstByteMs: undefined };
    const { latest } = panelState(FIRST_VIEW, now, { ...NOTHING, latest: [free, unpriced] });
    assert.deepEqual(
      latest?.map(({ costUsd }) => costUsd),
      ['0.000000000', undefined],
    );
    assert.equal('firstByteMs' in (latest?.[1] ?? {}), false);
  });
});

describe('panelState: which requests can be opened', () => {
  const opens = (change: Partial<SettledRequest>): boolean | undefined =>
    panelState(FIRST_VIEW, new Date(), { ...NOTHING, latest: [settledRow(change)] }).latest?.[0]?.opens;

  it('those that have a trace or went wrong', () => {
    assert.equal(opens({}), undefined);
    assert.equal(opens({ trace: { rule: '1', tries: [] } }), true);
    assert.equal(opens({ settled: 'error', status: 502 }), true);
  });
});
