import * as l10n from '@vscode/l10n';
import type { PanelGroup, PanelRange, PanelStep, PanelSubject, PanelTab, PanelView } from '../src/vscode/usage-panel/messages.ts';

export type SortDirection = 'ascending' | 'descending';

export interface Sort {
  readonly column: string;
  readonly direction: SortDirection;
}

/** Which of the charts' two figures: what it cost, or how many tokens. */
export type Measure = 'cost' | 'tokens';
export type TimesFigure = 'firstByteP50' | 'firstByteP95' | 'totalP50' | 'totalP95';

/** What the panel remembers of itself while it is hidden and over a reload. Nothing of the ledger is kept here. */
export interface ViewState extends Partial<PanelView> {
  readonly measure: Measure;
  readonly timesFigure: TimesFigure;
  readonly filter: string;
  /** By the name of the table. */
  readonly sort: Readonly<Record<string, Sort>>;
  /** Names of the series that are switched off, by what they are series of. */
  readonly hidden: Readonly<Record<string, readonly string[]>>;
  /** Charts whose figures stand in a table, too. */
  readonly asTable: readonly string[];
  /** Pixels from the top, by tab. */
  readonly scroll: Readonly<Record<string, number>>;
}

export const tabs = ['overview', 'tables', 'speed', 'requests'] as const satisfies readonly PanelTab[];
export const ranges = ['today', '7d', '30d', '90d', '12m'] as const satisfies readonly PanelRange[];
export const groups = ['agent', 'provider', 'model'] as const satisfies readonly PanelGroup[];
export const steps = ['hour', 'day', 'week', 'month'] as const satisfies readonly PanelStep[];
export const subjects = ['model', 'key'] as const satisfies readonly PanelSubject[];
export const measures = ['cost', 'tokens'] as const satisfies readonly Measure[];
export const timesFigures = ['firstByteP50', 'firstByteP95', 'totalP50', 'totalP95'] as const satisfies readonly TimesFigure[];

export function tabWords(): Readonly<Record<PanelTab, string>> {
  return {
    overview: l10n.t('Overview'),
    tables: l10n.t('Tables'),
    speed: l10n.t('Speed and errors'),
    requests: l10n.t('Requests'),
  };
}

export function rangeWords(): Readonly<Record<PanelRange, string>> {
  return {
    today: l10n.t('Today'),
    '7d': l10n.t('7 days'),
    '30d': l10n.t('30 days'),
    '90d': l10n.t('90 days'),
    '12m': l10n.t('12 months'),
  };
}

export function groupWords(): Readonly<Record<PanelGroup | PanelSubject, string>> {
  return { agent: l10n.t('Agent'), provider: l10n.t('Provider'), model: l10n.t('Model'), key: l10n.t('Key') };
}

export function stepWords(): Readonly<Record<PanelStep, string>> {
  return { hour: l10n.t('Hour'), day: l10n.t('Day'), week: l10n.t('Week'), month: l10n.t('Month') };
}

export function measureWords(): Readonly<Record<Measure, string>> {
  return { cost: l10n.t('Cost'), tokens: l10n.t('Tokens') };
}

export function timesFigureWords(): Readonly<Record<TimesFigure, string>> {
  return {
    firstByteP50: l10n.t('First byte, median'),
    firstByteP95: l10n.t('First byte, 95 of 100 within'),
    totalP50: l10n.t('Whole answer, median'),
    totalP95: l10n.t('Whole answer, 95 of 100 within'),
  };
}

/** Reads what an earlier version of the panel may have left: everything that does not fit is dropped. */
export function readViewState(stored: unknown): ViewState {
  const found = record(stored);
  const sort: Record<string, Sort> = {};
  for (const [table, kept] of Object.entries(record(found['sort']))) {
    const { column, direction } = record(kept);
    if (typeof column === 'string' && (direction === 'ascending' || direction === 'descending'))
      sort[table] = { column, direction };
  }
  const hidden: Record<string, readonly string[]> = {};
  for (const [chart, names] of Object.entries(record(found['hidden'])))
    if (Array.isArray(names)) hidden[chart] = names.filter((name) => typeof name === 'string');
  const scroll: Record<string, number> = {};
  for (const [tab, top] of Object.entries(record(found['scroll']))) if (typeof top === 'number') scroll[tab] = top;
  const asTable = found['asTable'];
  return {
    ...some('tab', among(tabs, found['tab'])),
    ...some('range', among(ranges, found['range'])),
    ...some('step', among(steps, found['step'])),
    ...some('group', among(groups, found['group'])),
    ...some('subject', among(subjects, found['subject'])),
    measure: among(measures, found['measure']) ?? 'cost',
    timesFigure: among(timesFigures, found['timesFigure']) ?? 'firstByteP50',
    filter: typeof found['filter'] === 'string' ? found['filter'] : '',
    sort,
    hidden,
    asTable: Array.isArray(asTable) ? asTable.filter((name) => typeof name === 'string') : [],
    scroll,
  };
}

/** What of it the extension has to know. */
export function wishedView({ tab, range, step, group, subject }: ViewState): Partial<PanelView> {
  return {
    ...some('tab', tab),
    ...some('range', range),
    ...some('step', step),
    ...some('group', group),
    ...some('subject', subject),
  };
}

export function among<T extends string>(known: readonly T[], value: unknown): T | undefined {
  return known.find((one) => one === value);
}

function some<Name extends string, T>(name: Name, value: T | undefined): Partial<Record<Name, T>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, T>);
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
