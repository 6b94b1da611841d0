import { usdString } from '../../core/ledger/money.ts';
import type { SettledRequest, UsageBy, UsageRow } from '../../core/ledger/records.ts';
import { startOfDaysAgo } from '../local-day.ts';
import type { PanelGroup, PanelRange, PanelRequest, PanelRow, PanelState, PanelTotals } from './messages.ts';

const DAYS: Readonly<Record<PanelRange, number>> = { today: 0, '7d': 6, '30d': 29, '90d': 89 };

/** When a range begins: calendar days in the user's time zone, today included. */
export function rangeStart(range: PanelRange, now: Date): number {
  return startOfDaysAgo(DAYS[range], now);
}

/** Today by the hour, longer ranges by the day. */
export function bucketOf(range: PanelRange): UsageBy & ('hour' | 'day') {
  return range === 'today' ? 'hour' : 'day';
}

export interface PanelFigures {
  readonly totals: readonly UsageRow[];
  readonly byAgent: readonly UsageRow[];
  readonly byProvider: readonly UsageRow[];
  readonly byModel: readonly UsageRow[];
  readonly overTime: readonly UsageRow[];
  readonly latest: readonly SettledRequest[];
  readonly pricesAsOf: string;
  readonly trouble: string | undefined;
}

export function panelState(range: PanelRange, group: PanelGroup, now: Date, figures: PanelFigures): PanelState {
  const [total] = figures.totals;
  return {
    range,
    group,
    generatedAt: now.getTime(),
    pricesAsOf: figures.pricesAsOf,
    totals: total === undefined ? NOTHING : totalsOf(total),
    series: seriesOf(range, group, now, figures.overTime),
    byAgent: rowsOf(figures.byAgent, 'agent'),
    byProvider: rowsOf(figures.byProvider, 'provider'),
    byModel: rowsOf(figures.byModel, 'model'),
    latest: figures.latest.map(requestOf),
    ...(figures.trouble !== undefined && { trouble: figures.trouble }),
  };
}

const NOTHING: PanelTotals = {
  requests: 0,
  errors: 0,
  input: 0,
  cacheRead: 0,
  cacheWrite: 0,
  output: 0,
  reasoning: 0,
  costUsd: usdString(0),
  unpriced: 0,
  estimated: 0,
};

function totalsOf(row: UsageRow): PanelTotals {
  return {
    requests: row.requests,
    errors: row.errors,
    input: row.input,
    cacheRead: row.cacheRead,
    cacheWrite: row.cacheWrite5m + row.cacheWrite1h,
    output: row.output,
    reasoning: row.reasoning,
    costUsd: usdString(row.costNano),
    unpriced: row.unpriced,
    estimated: row.estimated,
  };
}

function rowsOf(rows: readonly UsageRow[], by: PanelGroup): PanelRow[] {
  return rows.map((row) => ({ name: row.group[by] ?? '', ...totalsOf(row) }));
}

/** Every bucket of the range has a place, also those in which nothing was asked. */
function seriesOf(range: PanelRange, group: PanelGroup, now: Date, rows: readonly UsageRow[]): PanelState['series'] {
  const bucket = bucketOf(range);
  const starts = bucketStarts(range, now);
  const index = new Map(starts.map((start, at) => [labelOf(start, bucket), at]));
  const lines = new Map<string, number[]>();
  for (const row of rows) {
    const at = index.get(row.group[bucket] ?? '');
    if (at === undefined) continue;
    const name = row.group[group] ?? '';
    const line = lines.get(name) ?? new Array<number>(starts.length).fill(0);
    line[at] = (line[at] ?? 0) + row.costNano / 1e9;
    lines.set(name, line);
  }
  return {
    at: starts.map((start) => start.getTime() / 1000),
    lines: [...lines].map(([name, usd]) => ({ name, usd })),
  };
}

function bucketStarts(range: PanelRange, now: Date): Date[] {
  const first = new Date(rangeStart(range, now));
  const [year, month, day] = [first.getFullYear(), first.getMonth(), first.getDate()] as const;
  const starts: Date[] = [];
  for (let n = 0; ; n++) {
    const start = range === 'today' ? new Date(year, month, day, n) : new Date(year, month, day + n);
    if (start > now) return starts;
    // An hour that the clock skips has the beginning of the next one.
    if (start.getTime() !== starts.at(-1)?.getTime()) starts.push(start);
  }
}

/** As the ledger names its day and hour groups: local time, `2026-11-21` and `2026-11-21T14`. */
function labelOf(date: Date, bucket: 'hour' | 'day'): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return bucket === 'day' ? day : `${day}T${two(date.getHours())}`;
}

function requestOf(request: SettledRequest): PanelRequest {
  const { usage } = request;
  return {
    id: request.id,
    at: request.at,
    agent: request.agent,
    provider: request.provider,
    model: request.model,
    status: request.status,
    settled: request.settled,
    input: usage.input,
    cached: usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h,
    output: usage.output,
    ...(request.costNano !== undefined && { costUsd: usdString(request.costNano) }),
    estimated: request.estimated,
    ...(request.firstByteMs !== undefined && { firstByteMs: Math.round(request.firstByteMs) }),
    totalMs: Math.round(request.totalMs),
    ...((request.trace !== undefined || request.settled !== 'done') && { opens: true }),
  };
}
