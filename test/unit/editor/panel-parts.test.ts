import assert from 'node:assert/strict';
import { after, describe, it } from 'mocha';
import type { RequestsQuery, UsageQuery, UsageRow } from '../../../src/core/ledger/records.ts';
import type { BudgetStatus } from '../../../src/host/budget-status.ts';
import type { RoutingNews } from '../../../src/core/routing/routing-state.ts';
import { asKnownPeriod } from '../../../src/vscode/export/choices.ts';
import { ToldAnomalies } from '../../../src/vscode/routing/told-anomalies.ts';
import type { PanelTab } from '../../../src/vscode/usage-panel/messages.ts';
import { budgetBars } from '../../../src/vscode/usage-panel/budget-bars.ts';
import { Pace } from '../../../src/vscode/usage-panel/pace.ts';
import { FIRST_VIEW } from '../../../src/vscode/usage-panel/panel-view.ts';
import { PastUsage } from '../../../src/vscode/usage-panel/past-usage.ts';
import { StateReader, type FigureSource } from '../../../src/vscode/usage-panel/read-state.ts';
import { ledgerOn, NOON, opened, rowsWritten, scratch, settlement, usageOf } from '../ledger/ledger-kit.ts';

const USD = 1_000_000_000;
const DAY = 86_400_000;

describe('PastUsage', () => {
  it('tells what the ledger tells of the whole range, and asks for the past once', async () => {
    const place = scratch();
    try {
      const ledger = ledgerOn(place.file);
      place.later(() => ledger.close());
      for (let n = 0; n < 60; n++) {
        const request = opened({ at: NOON - n * 3 * 3_600_000, agent: `a${n % 3}`, model: n % 7 === 0 ? 'unknown' : 'm' });
        void ledger.open(request);
        ledger.settle(settlement(request.id));
      }
      await rowsWritten();
      const asked: UsageQuery[] = [];
      const past = new PastUsage((query) => {
        asked.push(query);
        return Promise.resolve(ledger.usage(query));
      });
      const since = NOON - 7 * DAY;
      for (const by of [[], ['agent'], ['provider', 'model'], ['day', 'agent'], ['hour']] as const) {
        const before = asked.length;
        const [first, second] = [await past.rows(by, since, NOON - DAY, 0), await past.rows(by, since, NOON - DAY, 1000)];
        const whole = ledger.usage({ by, since });
        // A day that is cut in two at midday has two rows; sums are what counts.
        for (const rows of [first, second]) assert.deepEqual(sumOf(rows), sumOf(whole), by.join());
        assert.equal(asked.length - before, 3, 'the past is asked for once');
      }
      assert.ok(
        (await past.rows([], since, NOON - DAY, 0)).every((row) => row.totalP50Ms === undefined),
        'no percentile of sums',
      );
    } finally {
      place.clean();
    }
  });

  it('asks anew after a minute, after it was told to forget, and after a failure', async () => {
    let pasts = 0;
    let fails = true;
    const past = new PastUsage(({ until }) => {
      if (until !== undefined) pasts++;
      return fails ? Promise.reject(new Error('the gateway stopped')) : Promise.resolve([]);
    });
    await assert.rejects(past.rows([], 0, 10, 0));
    fails = false;
    await past.rows([], 0, 10, 0);
    await past.rows([], 0, 10, 59_000);
    assert.equal(pasts, 2);
    await past.rows([], 0, 10, 61_000);
    assert.equal(pasts, 3);
    past.forget();
    await past.rows([], 0, 10, 61_000);
    assert.equal(pasts, 4);
  });
});

function sumOf(rows: readonly UsageRow[]) {
  const names = ['requests', 'errors', 'input', 'output', 'costNano', 'unpriced', 'savedNano'] as const;
  return names.map((name) => rows.reduce((sum, row) => sum + (row[name] ?? 0), 0));
}

describe('StateReader', () => {
  const place = scratch();
  const ledger = ledgerOn(place.file);
  after(() => {
    ledger.close();
    place.clean();
  });
  let calls: string[] = [];
  const answers: Partial<Record<string, (ask: never) => unknown>> = {
    usage: (query: UsageQuery) => ledger.usage(query),
    requests: (query: RequestsQuery) => ledger.requests(query),
    budgets: () => [],
    pricesAsOf: () => '2026-10-01',
  };
  const reader = new StateReader({
    call: ((name: string, ask: never) => {
      calls.push(name);
      return Promise.resolve(answers[name]?.(ask));
    }) as FigureSource['call'],
    anomaliesSince: (since) => [{ at: since + 1, paused: true, kind: 'burst', burst: { agent: 'codex', perMinute: 90, usual: 4 } }],
    trouble: () => undefined,
  });
  const now = new Date();
  const read = (tab: PanelTab) => {
    calls = [];
    return reader.read({ ...FIRST_VIEW, tab }, now);
  };

  it('tells a book in which nothing is from a day on which nothing was asked', async () => {
    assert.equal((await read('overview')).unused, true);
    const request = opened({ at: now.getTime() - 3 * DAY });
    void ledger.open(request);
    ledger.settle(settlement(request.id));
    await rowsWritten();
    const { unused, totals } = await read('overview');
    assert.deepEqual([unused, totals.requests], [false, 0]);
  });

  it('reads for each tab what it shows, and no more', async () => {
    const request = opened({ at: now.getTime() });
    void ledger.open(request);
    ledger.settle(settlement(request.id, { usage: usageOf({ input: 10, cacheRead: 40, output: 5 }) }));
    await rowsWritten();
    const overview = await read('overview');
    assert.deepEqual(calls.toSorted(), ['budgets', 'pricesAsOf', 'usage', 'usage']);
    assert.equal(overview.series?.lines[0]?.tokens.at(-1), 55);
    assert.match(overview.anomalies?.[0]?.text ?? '', /"codex" sent 90 requests .* paused/);
    const tables = await read('tables');
    assert.deepEqual([calls.length, tables.tables?.key[0]?.name, tables.series], [6, 'anthropic/work', undefined]);
    const speed = await read('speed');
    assert.deepEqual([calls.length, speed.speed?.rows[0]?.name], [4, 'anthropic/claude-opus-5-5']);
    assert.ok((speed.speed?.rows[0]?.totalP50 ?? 0) > 0);
    const requests = await read('requests');
    assert.deepEqual([calls.length, requests.latest?.length], [3, 1]);
  });
});

describe('Pace', () => {
  /** A clock that is wound by hand; `takes` is how long a draw takes. */
  function paced(takes = 0) {
    let now = 0;
    let next: { readonly at: number; readonly run: () => void } | undefined;
    const drawn: number[] = [];
    const pace = new Pace(
      () => {
        drawn.push(now);
        now += takes;
        return Promise.resolve();
      },
      {
        now: () => now,
        later(run, ms) {
          next = { at: now + ms, run };
          return () => (next = undefined);
        },
      },
    );
    const wind = async (to: number): Promise<void> => {
      while (next !== undefined && next.at <= to) {
        const { at, run } = next;
        next = undefined;
        now = Math.max(now, at);
        run();
        await new Promise((resolve) => setImmediate(resolve));
      }
      now = Math.max(now, to);
    };
    return { pace, drawn, wind, waits: () => next !== undefined };
  }

  it('draws once a second while requests settle, and waits for nothing when none do', async () => {
    const { pace, drawn, wind, waits } = paced();
    for (let at = 0; at < 5_000; at += 5) {
      pace.later();
      await wind(at + 5);
    }
    assert.ok(drawn.length >= 4 && drawn.length <= 5, drawn.join());
    await wind(20_000);
    assert.equal(waits(), false, 'no polling when idle');
  });

  it('takes a twentieth of the time, however long a draw takes', async () => {
    const { pace, drawn, wind } = paced(200);
    for (let at = 0; at < 40_000; at += 50) {
      pace.later();
      await wind(at + 50);
    }
    assert.ok(drawn.length <= 11, drawn.join());
  });

  it('draws at once for a person, also one who comes while it draws', async () => {
    const { pace, drawn, wind } = paced();
    pace.later();
    pace.now();
    pace.now();
    await wind(10);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(drawn.length, 2);
    pace.later();
    pace.stop();
    await wind(5_000);
    assert.equal(drawn.length, 2);
  });
});

describe('budgetBars', () => {
  const budget: BudgetStatus = {
    words: '',
    name: undefined,
    scope: { agent: 'codex' },
    window: 'day',
    limitNano: 10 * USD,
    thresholds: [0.8, 1],
    atLimit: 'block',
    spentNano: 3 * USD,
    reservedNano: 0,
    unpriced: 0,
    resetsAt: 0,
  };

  it('says what it is of, how far it is, and what follows', () => {
    const bars = budgetBars([
      budget,
      { ...budget, scope: {}, window: 'month', spentNano: 8 * USD, atLimit: 'warn' },
      { ...budget, name: 'evening', window: { hours: 5 }, spentNano: 9 * USD, reservedNano: USD, atLimit: { downgrade: 'a/b' } },
      { ...budget, limitNano: 0, spentNano: 0, window: 'week' },
    ]);
    assert.deepEqual(
      bars.map(({ title, index, share, state, atLimit }) => [title, index, share, state, atLimit]),
      [
        ['codex, today', 0, 0.3, 'ok', 'block'],
        ['everything, this month', 1, 0.8, 'warned', 'warn'],
        ['evening, in 5 hours', 2, 1, 'spent', 'downgrade'],
        ['codex, this week', 3, 1, 'spent', 'block'],
      ],
    );
    assert.deepEqual([bars[2]?.spentUsd, bars[2]?.reservedUsd], ['9.000000000', '1.000000000']);
  });
});

describe('ToldAnomalies', () => {
  const kept = new Map<string, unknown>();
  const memento = {
    get: <T>(key: string, otherwise: T): T => (kept.get(key) as T | undefined) ?? otherwise,
    update: (key: string, value: unknown) => Promise.resolve(void kept.set(key, value)),
  };
  const spend = (agent: string): RoutingNews => ({
    kind: 'anomaly',
    anomaly: { kind: 'spend', agent, since: 0, spentNano: 5e9, minutes: 4, usualNano: 1e9 },
    paused: false,
  });

  it('keeps the latest fifty of ninety days, newest first, and nothing else', async () => {
    const told = new ToldAnomalies(memento);
    await told.hear(spend('old'), NOON - 100 * DAY);
    for (let n = 0; n < 60; n++) await told.hear(spend(`a${n}`), NOON + n);
    await told.hear({ kind: 'burst', burst: { agent: 'b', perMinute: 90, usual: 4 }, paused: true }, NOON + 100);
    await told.hear({ kind: 'tokens-refused' }, NOON + 200);
    const all = told.since(0);
    assert.equal(all.length, 50);
    assert.deepEqual([all[0]?.kind, all[0]?.at, all[0]?.paused], ['burst', NOON + 100, true]);
    assert.equal(told.since(NOON + 59).length, 2);
  });
});

describe('asKnownPeriod', () => {
  it('takes a period from the panel, and nothing from a menu', () => {
    assert.deepEqual(asKnownPeriod({ since: 5, name: '30d', label: 'Last 30 days' })?.period, { since: 5 });
    for (const other of [undefined, null, 'x', {}, { since: NaN, name: 'a', label: '' }, { since: 1, name: '../x', label: '' }])
      assert.equal(asKnownPeriod(other), undefined);
  });
});
