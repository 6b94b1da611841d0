import type { PanelRequest, PanelRow, PanelState, PanelTotals } from '../../../src/vscode/usage-panel/messages.ts';

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
  unpriced: 0,
  estimated: 0,
};

export function row(name: string, costUsd: string, some: Partial<PanelTotals> = {}): PanelRow {
  return { ...nothing, requests: 12, input: 18_204, cacheRead: 240_551, cacheWrite: 9_120, output: 7_731, ...some, name, costUsd };
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
export function dailySeries(days: number, names: readonly string[]): PanelState['series'] {
  const today = Date.UTC(2026, 10, 20) / 1000;
  return {
    at: Array.from({ length: days }, (_, index) => today - (days - 1 - index) * day),
    lines: names.map((name, line) => ({
      name,
      usd: Array.from({ length: days }, (_, index) =>
        Math.max(0, Math.round((2 + Math.sin(index / 3 + line) * 2) * 1e8 * (5 / (line + 1))) / 1e9 - 0.02 * line),
      ),
    })),
  };
}

export function busyState(some: Partial<PanelState> = {}): PanelState {
  return {
    range: '30d',
    group: 'agent',
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
      unpriced: 2,
      estimated: 1,
    },
    series: dailySeries(30, ['claude-code', 'codex', 'gemini-cli', 'cline', '@gatehouse']),
    byAgent: [
      row('codex', '31.204000000', { requests: 1204, errors: 12 }),
      row('claude-code', '88.100250000', { requests: 3102, errors: 25 }),
      row('cline', '0.012300000', { requests: 4 }),
      row('gemini-cli', '4.140000000', { requests: 490 }),
      row('@gatehouse', '0.000000000', { requests: 2, unpriced: 2, estimated: 1 }),
    ],
    byProvider: [
      row('anthropic', '92.000000000'),
      row('openai', '31.204000000'),
      row('google', '0.252789012'),
      row('local', '0.000000000', { requests: 300 }),
    ],
    byModel: [
      row('claude-opus-5-5', '88.100250000'),
      row('gpt-5.6-codex', '31.204000000'),
      row('claude-haiku-5', '3.899750000'),
      row('gemini-3-pro', '0.252789012'),
      row('openrouter/some-vendor/a-model-with-a-very-long-name-2026-11-01-preview-thinking', '0.000000000', {
        unpriced: 2,
        estimated: 1,
      }),
    ],
    latest: manyRequests(60),
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

export function emptyState(some: Partial<PanelState> = {}): PanelState {
  return busyState({
    range: 'today',
    totals: nothing,
    series: { at: [], lines: [] },
    byAgent: [],
    byProvider: [],
    byModel: [],
    latest: [],
    ...some,
  });
}
