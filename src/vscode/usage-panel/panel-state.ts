import { usdString } from '../../core/ledger/money.ts';
import type { SettledRequest, UsageRow } from '../../core/ledger/records.ts';
import { stepsOf } from './panel-view.ts';
import { timeSlots, unitOf } from './time-slots.ts';
import type {
  PanelAnomaly,
  PanelBudget,
  PanelGroup,
  PanelRequest,
  PanelRow,
  PanelSeries,
  PanelSpeed,
  PanelState,
  PanelTables,
  PanelTotals,
  PanelView,
} from './messages.ts';

/** What was read for a view: what its tab does not show is left out. */
export interface PanelFigures {
  readonly totals: readonly UsageRow[];
  readonly unused: boolean;
  readonly pricesAsOf: string;
  readonly trouble: string | undefined;
  /** By hour or day, and group. */
  readonly overTime?: readonly UsageRow[];
  readonly budgets?: readonly PanelBudget[];
  readonly anomalies?: readonly PanelAnomaly[];
  readonly tables?: Readonly<Record<keyof PanelTables, readonly UsageRow[]>>;
  readonly speed?: PanelSpeed;
  readonly latest?: readonly SettledRequest[];
}

export function panelState(view: PanelView, now: Date, figures: PanelFigures): PanelState {
  const [total] = figures.totals;
  const { overTime, budgets, anomalies, tables, speed, latest, trouble } = figures;
  return {
    ...view,
    steps: stepsOf(view.range),
    generatedAt: now.getTime(),
    pricesAsOf: figures.pricesAsOf,
    totals: total === undefined ? NOTHING : totalsOf(total),
    unused: figures.unused,
    ...(overTime !== undefined && { series: seriesOf(view, now, overTime) }),
    ...(budgets !== undefined && { budgets }),
    ...(anomalies !== undefined && { anomalies }),
    ...(tables !== undefined && { tables: tablesOf(tables) }),
    ...(speed !== undefined && { speed }),
    ...(latest !== undefined && { latest: latest.map(requestOf) }),
    ...(trouble !== undefined && { trouble }),
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
  savedUsd: usdString(0),
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
    savedUsd: usdString(row.savedNano ?? 0),
    unpriced: row.unpriced,
    estimated: row.estimated,
  };
}

function tablesOf(tables: NonNullable<PanelFigures['tables']>): PanelTables {
  const rowsOf = (by: PanelGroup): PanelRow[] => tables[by].map((row) => ({ name: row.group[by] ?? '', ...totalsOf(row) }));
  return {
    agent: rowsOf('agent'),
    provider: rowsOf('provider'),
    model: rowsOf('model'),
    key: tables.key.map((row) => ({ name: keyName(row.group), ...totalsOf(row) })),
  };
}

/** Ids of keys begin with their provider; what is asked without a key is known by the provider alone. */
export function keyName({ key = '', provider = '' }: UsageRow['group']): string {
  return key === '' ? provider : key;
}

/** Every slot of the range has a place, also those in which nothing was asked. */
function seriesOf({ range, step, group }: PanelView, now: Date, rows: readonly UsageRow[]): PanelSeries {
  const { at, indexOf } = timeSlots(range, step, now);
  const zeros = (): number[] => new Array<number>(at.length).fill(0);
  const lines = new Map<string, { readonly nano: number[]; readonly tokens: number[] }>();
  for (const row of rows) {
    const index = indexOf(row.group[unitOf(step)]);
    if (index === undefined) continue;
    const name = row.group[group] ?? '';
    const line = lines.get(name) ?? { nano: zeros(), tokens: zeros() };
    line.nano[index] = (line.nano[index] ?? 0) + row.costNano;
    line.tokens[index] = (line.tokens[index] ?? 0) + tokensOf(row);
    lines.set(name, line);
  }
  return { at, lines: [...lines].map(([name, { nano, tokens }]) => ({ name, usd: nano.map((sum) => sum / 1e9), tokens })) };
}

function tokensOf({ input, cacheRead, cacheWrite5m, cacheWrite1h, output }: UsageRow): number {
  return input + cacheRead + cacheWrite5m + cacheWrite1h + output;
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
