import type {
  PanelRequest,
  PanelRow,
  PanelSeries,
  PanelSpeed,
  PanelState,
  PanelTables,
  PanelTotals,
} from '../../../src/vscode/usage-panel/messages.ts';

/** Friday, 20 November 2026, 14:03:22 UTC: the pages of these tests run in that time zone. */
export const now = Date.UTC(2026, 10, 20, 14, 3, 22);
const day = 86_400;

const nothing: PanelTotals = {
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
};

export function row(name: string, costUsd: string, some: Partial<PanelTotals> = {}): PanelRow {
  const used = { requests: 12, input: 18_204, cacheRead: 240_551, cacheWrite: 9_120, output: 7_731, savedUsd: '1.250000000' };
  return { ...nothing, ...used, ...some, name, costUsd };
}

export function request(id: string, some: Partial<PanelRequest> = {}): PanelRequest {
  return {
    id,
    at: now - 40_000,
    agent: 'claude-code',
    provider: 'anthropic',
    model: 'claude-opus-5-5',
    status: 200,
    settled: 'done',
    input: 1204,
    cached: 48_120,
    output: 913,
    costUsd: '0.054399000',
    estimated: false,
    firstByteMs: 812,
    totalMs: 12_410,
    ...some,
  };
}

/** Days up to today, the same waves for every run. */
export function dailySeries(days: number, names: readonly string[]): PanelSeries {
  return {
    at: dayStarts(days),
    lines: names.map((name, line) => {
      const usd = Array.from({ length: days }, (_, index) =>
        Math.max(0, Math.round((2 + Math.sin(index / 3 + line) * 2) * 1e8 * (5 / (line + 1))) / 1e9 - 0.02 * line),
      );
      return { name, usd, tokens: usd.map((dollars) => Math.round(dollars * 400_000)) };
    }),
  };
}

function dayStarts(days: number): number[] {
  const today = Date.UTC(2026, 10, 20) / 1000;
  return Array.from({ length: days }, (_, index) => today - (days - 1 - index) * day);
}

/** Each line has a gap, at another place. */
export function dailySpeed(days: number, names: readonly string[]): PanelSpeed {
  const times = (line: number, index: number) => ({
    requests: 40 + line,
    errors: index % 7 === line ? 3 : index % 5 === 0 ? 1 : 0,
    firstByteP50: Math.round(600 + 200 * line + 150 * Math.sin(index / 4 + line)),
    firstByteP95: Math.round(1_800 + 300 * line + 500 * Math.sin(index / 3)),
    totalP50: 6_000 + 1_000 * line,
    totalP95: 21_000 + 900 * index,
    tokensPerSecond: 70 - 9 * line,
  });
  return {
    at: dayStarts(days),
    lines: names.map((name, line) => ({
      name,
      times: Array.from({ length: days }, (_, index) => (index % 11 === line + 2 ? null : times(line, index))),
    })),
    rows: names.map((name, line) => ({ name, ...times(line, 0) })),
  };
}

export function tablesWith(some: Partial<PanelTables> = {}): PanelTables {
  return { agent: [], provider: [], model: [], key: [], ...some };
}

const models = ['anthropic/claude-opus-5-5', 'openai/gpt-5.6-codex', 'anthropic/claude-haiku-5', 'google/gemini-3-pro'];

/** With what every tab shows; a real state has what one of them does. */
export function busyState(some: Partial<PanelState> = {}): PanelState {
  return {
    tab: 'overview',
    range: '30d',
    step: 'day',
    steps: ['day', 'week'],
    group: 'agent',
    subject: 'model',
    unused: false,
    generatedAt: now,
    pricesAsOf: '2026-10-01',
    totals: {
      requests: 4812,
      errors: 37,
      input: 18_204_551,
      cacheRead: 240_551_020,
      cacheWrite: 9_120_004,
      output: 7_731_220,
      reasoning: 2_100_000,
      costUsd: '123.456789012',
      savedUsd: '311.204000000',
      unpriced: 2,
      estimated: 1,
    },
    series: dailySeries(30, ['claude-code', 'codex', 'gemini-cli', 'cline', '@gatehouse']),
    budgets: [
      budget(0, 'codex, today', '3.204000000', '10.000000000', 0.32),
      budget(1, 'everything, this month', '88.000000000', '100.000000000', 0.88, { state: 'warned' }),
      budget(2, 'evening', '5.010000000', '5.000000000', 1.002, { state: 'spent', unpriced: 3 }),
    ],
    anomalies: [
      {
        at: now - 3_600_000,
        kind: 'spend',
        text: '"codex" has spent $6.75 since 13:03, $0.45 a minute. Usually it spends at most $0.12 in a whole quarter of an hour.',
      },
      {
        at: now - 90_000_000,
        kind: 'errors',
        text: '9 of the last 12 requests of "claude-code" failed, since 12:50. Usually none fail.',
      },
    ],
    tables: {
      agent: [
        row('codex', '31.204000000', { requests: 1204, errors: 12 }),
        row('claude-code', '88.100250000', { requests: 3102, errors: 25, savedUsd: '290.120000000' }),
        row('cline', '0.012300000', { requests: 4, savedUsd: '-0.004000000' }),
        row('gemini-cli', '4.140000000', { requests: 490 }),
        row('@gatehouse', '0.000000000', { requests: 2, unpriced: 2, estimated: 1, savedUsd: '0.000000000' }),
      ],
      provider: [
        row('anthropic', '92.000000000'),
        row('openai', '31.204000000'),
        row('google', '0.252789012'),
        row('local', '0.000000000', { requests: 300, input: 0, cacheRead: 0, cacheWrite: 0, savedUsd: '0.000000000' }),
      ],
      model: [
        row('claude-opus-5-5', '88.100250000'),
        row('gpt-5.6-codex', '31.204000000'),
        row('claude-haiku-5', '3.899750000'),
        row('gemini-3-pro', '0.252789012'),
        row('openrouter/some-vendor/a-model-with-a-very-long-name-2026-11-01-preview-thinking', '0.000000000', {
          unpriced: 2,
          estimated: 1,
        }),
      ],
      key: [row('anthropic/work', '80.000000000'), row('anthropic/spare', '12.000000000'), row('openai/work', '31.204000000')],
    },
    speed: dailySpeed(30, models),
    latest: manyRequests(60),
    ...some,
  };
}

function budget(
  index: number,
  title: string,
  spentUsd: string,
  limitUsd: string,
  share: number,
  some: Partial<NonNullable<PanelState['budgets']>[number]> = {},
): NonNullable<PanelState['budgets']>[number] {
  return {
    title,
    index,
    spentUsd,
    reservedUsd: '0.000000000',
    limitUsd,
    share,
    state: 'ok',
    atLimit: 'block',
    resetsAt: now + 36_000_000,
    unpriced: 0,
    ...some,
  };
}

export function manyRequests(count: number): readonly PanelRequest[] {
  const endings = ['done', 'done', 'done', 'error', 'aborted', 'done', 'truncated', 'timeout', 'blocked', 'crashed'] as const;
  return Array.from({ length: count }, (_, index) => {
    const settled = endings[index % endings.length] ?? 'done';
    const unpriced = index % 7 === 2;
    const { costUsd, ...rest } = request(`r${String(count - index).padStart(5, '0')}`, {
      at: now - 40_000 - index * 2_400_000,
      settled,
      status: settled === 'error' ? 429 : 200,
      estimated: settled === 'aborted',
      ...(settled === 'done' ? {} : { opens: true }),
      ...(index % 3 === 1 ? { agent: 'codex', provider: 'openai', model: 'gpt-5.6-codex', costUsd: '1.204000000' } : {}),
    });
    return unpriced || costUsd === undefined ? rest : { ...rest, costUsd };
  });
}

/** Nothing was ever asked. */
export function emptyState(some: Partial<PanelState> = {}): PanelState {
  return busyState({
    range: 'today',
    step: 'hour',
    steps: ['hour'],
    unused: true,
    totals: nothing,
    series: { at: [], lines: [] },
    budgets: [],
    anomalies: [],
    ...some,
  });
}
