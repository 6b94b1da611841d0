import * as l10n from '@vscode/l10n';
import type { PanelRow, PanelTables } from '../src/vscode/usage-panel/messages.ts';
import { costCell, nameCell, numberCell, shareCell } from './cells.ts';
import { cacheHits, savedShown, sumShown, unpricedMeans } from './costs.ts';
import { compact, count, nanos, percentage, share, signedNanos } from './format.ts';
import { byName, type Column, sortedTable, type SortedTable } from './sorted-table.ts';
import { groupWords, type Sort } from './state.ts';
import { cachedTitle, outputTitle } from './totals.ts';
import { visibleName } from './visible-name.ts';

/** Usage by agent, provider, model or key, with columns that sort. `sorted` is told when the user changes the order. */
export function usageTable(by: keyof PanelTables, sort: Sort | undefined, sorted: (sort: Sort) => void): SortedTable<PanelRow> {
  return sortedTable({
    name: by,
    title: titles()[by],
    columns: columns(groupWords()[by]),
    sort: sort ?? { column: 'cost', direction: 'descending' },
    sorted,
  });
}

function titles(): Readonly<Record<keyof PanelTables, string>> {
  return {
    agent: l10n.t('By agent'),
    provider: l10n.t('By provider'),
    model: l10n.t('By model'),
    key: l10n.t('By key'),
  };
}

/** Cost stands next to the name: in a narrow panel the columns at the end scroll out of sight. */
function columns(name: string): readonly Column<PanelRow>[] {
  return [
    { id: 'name', words: name, first: 'ascending', compare: byName, cell: nameColumn },
    { id: 'cost', words: l10n.t('Cost'), first: 'descending', compare: byCost, cell: costColumn },
    { id: 'share', words: l10n.t('Share'), first: 'descending', compare: byCost, cell: shareColumn },
    number('requests', l10n.t('Requests'), (row) => row.requests, count),
    number('errors', l10n.t('Errors'), (row) => row.errors, count),
    number(
      'input',
      l10n.t('Input'),
      (row) => row.input,
      compact,
      (row) => count(row.input),
    ),
    number('cached', l10n.t('Cached'), cached, compact, cachedTitle),
    number('output', l10n.t('Output'), (row) => row.output, compact, outputTitle),
    {
      id: 'hits',
      words: l10n.t('Cache hits'),
      means: l10n.t('Of all input tokens those that came from the provider cache.'),
      first: 'descending',
      compare: (a, b) => (cacheHits(a) ?? -1) - (cacheHits(b) ?? -1),
      cell: () => textColumn((row) => ({ text: share0(cacheHits(row)) })),
    },
    {
      id: 'saved',
      words: l10n.t('Saved'),
      means: l10n.t('What the same tokens would have cost without the provider cache, less what they did cost.'),
      first: 'descending',
      compare: (a, b) => order(signedNanos(a.savedUsd) ?? 0n, signedNanos(b.savedUsd) ?? 0n),
      cell: () => textColumn(savedShown),
    },
  ];
}

function number(
  id: string,
  words: string,
  value: (row: PanelRow) => number,
  text: (value: number) => string,
  title?: (row: PanelRow) => string,
): Column<PanelRow> {
  return {
    id,
    words,
    first: 'descending',
    compare: (a, b) => value(a) - value(b),
    cell: () => textColumn((row) => ({ text: text(value(row)), title: title?.(row) })),
  };
}

function textColumn(
  shown: (row: PanelRow) => { readonly text: string; readonly title?: string | undefined },
): ReturnType<Column<PanelRow>['cell']> {
  const cell = numberCell();
  return {
    root: cell.root,
    set(row) {
      const { text, title } = shown(row);
      cell.set(text, title);
    },
  };
}

function nameColumn(): ReturnType<Column<PanelRow>['cell']> {
  const cell = nameCell('th');
  return { root: cell.root, set: (row) => cell.set(visibleName(row.name)) };
}

function costColumn(): ReturnType<Column<PanelRow>['cell']> {
  const cell = costCell('under');
  return {
    root: cell.root,
    set(row) {
      const cost = sumShown(row);
      const known = unpricedMeans();
      // "unpriced, 2 unpriced" says nothing more when it is all of them.
      cell.set(row.unpriced === row.requests ? { ...cost, notes: cost.notes.filter(({ means }) => means !== known) } : cost);
    },
  };
}

function shareColumn(): ReturnType<Column<PanelRow>['cell']> {
  const cell = shareCell();
  return {
    root: cell.root,
    set(row, all) {
      const part = share(nanos(row.costUsd) ?? 0n, wholeOf(all));
      cell.set(part, part > 0 ? percentage(part) : '');
    },
  };
}

/** Asked for by every row. */
const wholes = new WeakMap<readonly PanelRow[], bigint>();

function wholeOf(all: readonly PanelRow[]): bigint {
  let whole = wholes.get(all);
  if (whole === undefined) {
    whole = all.reduce((sum, one) => sum + (nanos(one.costUsd) ?? 0n), 0n);
    wholes.set(all, whole);
  }
  return whole;
}

function share0(hits: number | undefined): string {
  return hits === undefined ? '–' : percentage(hits);
}

function cached(row: PanelRow): number {
  return row.cacheRead + row.cacheWrite;
}

function byCost(a: PanelRow, b: PanelRow): number {
  return order(costOrder(a), costOrder(b));
}

function order(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Unpriced sorts below every known cost, zero included. */
function costOrder(row: PanelRow): bigint {
  const nano = nanos(row.costUsd);
  return nano === undefined || (nano === 0n && row.unpriced > 0) ? -1n : nano;
}
