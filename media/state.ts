import type { PanelGroup, PanelRange } from '../src/vscode/usage-panel/messages.ts';

export type SortDirection = 'ascending' | 'descending';

export interface Sort {
  readonly column: string;
  readonly direction: SortDirection;
}

/** What the panel remembers of itself while it is hidden. Nothing of the ledger is kept here. */
export interface ViewState {
  readonly range?: PanelRange;
  readonly group?: PanelGroup;
  readonly sort: Readonly<Partial<Record<PanelGroup, Sort>>>;
  /** Names of the series that are switched off, by group. */
  readonly hidden: Readonly<Partial<Record<PanelGroup, readonly string[]>>>;
  readonly chartAsTable: boolean;
}

export const ranges = ['today', '7d', '30d', '90d'] as const satisfies readonly PanelRange[];
export const groups = ['agent', 'provider', 'model'] as const satisfies readonly PanelGroup[];

export const rangeWords: Readonly<Record<PanelRange, string>> = {
  today: 'Today',
  '7d': '7 days',
  '30d': '30 days',
  '90d': '90 days',
};

export const groupWords: Readonly<Record<PanelGroup, string>> = { agent: 'Agent', provider: 'Provider', model: 'Model' };

/** Reads what an earlier version of the panel may have left: everything that does not fit is dropped. */
export function readViewState(stored: unknown): ViewState {
  const found = record(stored);
  const sort: Partial<Record<PanelGroup, Sort>> = {};
  const hidden: Partial<Record<PanelGroup, readonly string[]>> = {};
  for (const group of groups) {
    const { column, direction } = record(record(found['sort'])[group]);
    if (typeof column === 'string' && (direction === 'ascending' || direction === 'descending'))
      sort[group] = { column, direction };
    const names = record(found['hidden'])[group];
    if (Array.isArray(names)) hidden[group] = names.filter((name) => typeof name === 'string');
  }
  const range = asRange(found['range']);
  const group = asGroup(found['group']);
  return {
    ...(range === undefined ? {} : { range }),
    ...(group === undefined ? {} : { group }),
    sort,
    hidden,
    chartAsTable: found['chartAsTable'] === true,
  };
}

export function asRange(value: unknown): PanelRange | undefined {
  return ranges.find((range) => range === value);
}

export function asGroup(value: unknown): PanelGroup | undefined {
  return groups.find((group) => group === value);
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
