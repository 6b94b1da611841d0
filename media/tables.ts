import type { PanelGroup, PanelRow } from '../src/vscode/usage-panel/messages.ts';
import { type Cell, type CostCell, costCell, nameCell, numberCell } from './cells.ts';
import { sumShown, unpricedMeans } from './costs.ts';
import { element, setAttribute, syncChildren } from './elements.ts';
import { compact, count, nanos, percentage, share } from './format.ts';
import { groupWords, type Sort, type SortDirection } from './state.ts';
import { cachedTitle, outputTitle } from './totals.ts';
import { visibleName } from './visible-name.ts';

export interface UsageTable {
  readonly root: HTMLElement;
  update(rows: readonly PanelRow[]): void;
}

interface Column {
  readonly id: string;
  readonly words: string;
  readonly first: SortDirection;
  readonly compare: (a: PanelRow, b: PanelRow) => number;
}

const byCost: Column['compare'] = (a, b) => {
  const [left, right] = [costOrder(a), costOrder(b)];
  return left < right ? -1 : left > right ? 1 : 0;
};

/** Cost stands next to the name: in a narrow panel the columns at the end scroll out of sight. */
const columns: readonly Column[] = [
  { id: 'name', words: 'Name', first: 'ascending', compare: (a, b) => byName(a, b) },
  { id: 'cost', words: 'Cost', first: 'descending', compare: byCost },
  { id: 'share', words: 'Share', first: 'descending', compare: byCost },
  { id: 'requests', words: 'Requests', first: 'descending', compare: (a, b) => a.requests - b.requests },
  { id: 'errors', words: 'Errors', first: 'descending', compare: (a, b) => a.errors - b.errors },
  { id: 'input', words: 'Input', first: 'descending', compare: (a, b) => a.input - b.input },
  { id: 'cached', words: 'Cached', first: 'descending', compare: (a, b) => cached(a) - cached(b) },
  { id: 'output', words: 'Output', first: 'descending', compare: (a, b) => a.output - b.output },
];

interface RowCells {
  readonly name: Cell;
  readonly requests: Cell;
  readonly errors: Cell;
  readonly input: Cell;
  readonly cached: Cell;
  readonly output: Cell;
  readonly cost: CostCell;
  readonly share: HTMLElement;
  readonly bar: HTMLElement;
}

/** Usage by agent, provider or model, with columns that sort. `sorted` is told when the user changes the order. */
export function usageTable(group: PanelGroup, initial: Sort | undefined, sorted: (sort: Sort) => void): UsageTable {
  let sort: Sort =
    columns.some((column) => column.id === initial?.column) && initial ? initial : { column: 'cost', direction: 'descending' };
  let rows: readonly PanelRow[] = [];
  const kept = new Map<string, HTMLElement>();
  const cells = new WeakMap<HTMLElement, RowCells>();
  const body = element('tbody');
  const heads = columns.map((column) => {
    const words = column.id === 'name' ? groupWords[group] : column.words;
    const button = element('button', { type: 'button' }, words);
    button.addEventListener('click', () => {
      const opposite = sort.direction === 'ascending' ? 'descending' : 'ascending';
      sort = { column: column.id, direction: sort.column === column.id ? opposite : column.first };
      draw();
      sorted(sort);
    });
    return element('th', { scope: 'col', class: column.id === 'name' ? undefined : `number column-${column.id}` }, button);
  });
  const title = element('h2', { id: `by-${group}` }, `By ${groupWords[group].toLowerCase()}`);
  const table = element('table', { 'aria-labelledby': title.id }, element('thead', {}, element('tr', {}, ...heads)), body);
  const root = element('section', { class: `table-section by-${group}` }, title, element('div', { class: 'scroll-x' }, table));

  function draw(): void {
    columns.forEach((column, index) => {
      const head = heads[index];
      if (head !== undefined) setAttribute(head, 'aria-sort', sort.column === column.id ? sort.direction : undefined);
    });
    const whole = rows.reduce((sum, row) => sum + (nanos(row.costUsd) ?? 0n), 0n);
    const compare = columns.find((column) => column.id === sort.column)?.compare ?? byCost;
    const sign = sort.direction === 'ascending' ? 1 : -1;
    const ordered = rows.toSorted((a, b) => sign * compare(a, b) || byName(a, b));
    syncChildren(
      body,
      kept,
      ordered,
      (row) => row.name,
      () => createRow(cells),
      (child, row) => {
        const made = cells.get(child);
        if (made !== undefined) fillRow(made, row, whole);
      },
    );
  }

  return {
    root,
    update(next) {
      rows = next;
      draw();
    },
  };
}

function createRow(cells: WeakMap<HTMLElement, RowCells>): HTMLElement {
  const bar = element('span', { class: 'share-bar' });
  const made: RowCells = {
    name: nameCell('th'),
    requests: numberCell(),
    errors: numberCell(),
    input: numberCell(),
    cached: numberCell(),
    output: numberCell(),
    cost: costCell('under'),
    share: element('span', { class: 'share-words' }),
    bar,
  };
  const shareCell = element(
    'td',
    { class: 'number column-share' },
    element('span', { class: 'share-track', 'aria-hidden': 'true' }, bar),
    made.share,
  );
  const row = element(
    'tr',
    {},
    made.name.root,
    made.cost.root,
    shareCell,
    made.requests.root,
    made.errors.root,
    made.input.root,
    made.cached.root,
    made.output.root,
  );
  cells.set(row, made);
  return row;
}

function fillRow(cells: RowCells, row: PanelRow, whole: bigint): void {
  cells.name.set(visibleName(row.name));
  cells.requests.set(count(row.requests));
  cells.errors.set(count(row.errors));
  cells.input.set(compact(row.input), count(row.input));
  cells.cached.set(compact(cached(row)), cachedTitle(row));
  cells.output.set(compact(row.output), outputTitle(row));
  const cost = sumShown(row);
  // "unpriced, 2 unpriced" says nothing more when it is all of them.
  cells.cost.set(
    row.unpriced === row.requests ? { ...cost, notes: cost.notes.filter((note) => note.means !== unpricedMeans) } : cost,
  );
  const part = share(nanos(row.costUsd) ?? 0n, whole);
  const words = part > 0 ? percentage(part) : '';
  if (cells.share.textContent !== words) cells.share.textContent = words;
  const width = `${(part * 100).toFixed(1)}%`;
  if (cells.bar.style.width !== width) cells.bar.style.width = width;
}

function cached(row: PanelRow): number {
  return row.cacheRead + row.cacheWrite;
}

/** Unpriced sorts below every known cost, zero included. */
function costOrder(row: PanelRow): bigint {
  const nano = nanos(row.costUsd);
  return nano === undefined || (nano === 0n && row.unpriced > 0) ? -1n : nano;
}

function byName(a: PanelRow, b: PanelRow): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
