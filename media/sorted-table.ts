import * as l10n from '@vscode/l10n';
import { element, setAttribute, setHidden, syncChildren } from './elements.ts';
import type { Sort, SortDirection } from './state.ts';

export interface Column<Row> {
  readonly id: string;
  readonly words: string;
  /** What the head means, where its word alone does not say it. */
  readonly means?: string;
  readonly first: SortDirection;
  readonly compare: (a: Row, b: Row) => number;
  /** The cell of a row; an update writes only what differs. */
  cell(): { readonly root: HTMLTableCellElement; set(row: Row, all: readonly Row[]): void };
}

export interface SortedTableOptions<Row> {
  /** For the style sheet and for ids. */
  readonly name: string;
  readonly title: string;
  readonly columns: readonly Column<Row>[];
  readonly sort: Sort;
  readonly sorted: (sort: Sort) => void;
}

export interface SortedTable<Row> {
  readonly root: HTMLElement;
  /** `all` is what shares are of: it may be more than what is shown. */
  update(rows: readonly Row[], all: readonly Row[]): void;
}

/** A table whose heads sort it; rows are kept by their names, so that nothing moves that need not. */
export function sortedTable<Row extends { readonly name: string }>(options: SortedTableOptions<Row>): SortedTable<Row> {
  const { name, title, columns, sorted } = options;
  let sort = columns.some(({ id }) => id === options.sort.column) ? options.sort : defaultSort(columns);
  let rows: readonly Row[] = [];
  let all: readonly Row[] = [];
  const kept = new Map<string, HTMLElement>();
  const fills = new WeakMap<HTMLElement, (row: Row) => void>();
  const body = element('tbody');
  const heads = columns.map((column) => {
    const button = element('button', { type: 'button', title: column.means }, column.words);
    button.addEventListener('click', () => {
      const opposite = sort.direction === 'ascending' ? 'descending' : 'ascending';
      sort = { column: column.id, direction: sort.column === column.id ? opposite : column.first };
      draw();
      sorted(sort);
    });
    return element('th', { scope: 'col', class: column.id === 'name' ? undefined : `number column-${column.id}` }, button);
  });
  const heading = element('h2', { id: `table-${name}` }, title);
  const table = element('table', { 'aria-labelledby': heading.id }, element('thead', {}, element('tr', {}, ...heads)), body);
  const none = element('p', { class: 'quiet' }, l10n.t('Nothing to show.'));
  const box = element('div', { class: 'scroll-x', tabindex: '0', role: 'region', 'aria-labelledby': heading.id }, table);
  const root = element('section', { class: `table-section by-${name}` }, heading, box, none);

  function draw(): void {
    columns.forEach((column, index) => {
      const head = heads[index];
      if (head !== undefined) setAttribute(head, 'aria-sort', sort.column === column.id ? sort.direction : undefined);
    });
    const compare = columns.find((column) => column.id === sort.column)?.compare ?? byName;
    const sign = sort.direction === 'ascending' ? 1 : -1;
    syncChildren(
      body,
      kept,
      rows.toSorted((a, b) => sign * compare(a, b) || byName(a, b)),
      (row) => row.name,
      () => createRow(),
      (child, row) => fills.get(child)?.(row),
    );
    setHidden(none, rows.length > 0);
    setHidden(box, rows.length === 0);
  }

  function createRow(): HTMLElement {
    const cells = columns.map((column) => column.cell());
    const row = element('tr', {}, ...cells.map((cell) => cell.root));
    fills.set(row, (values) => {
      for (const cell of cells) cell.set(values, all);
    });
    return row;
  }

  return {
    root,
    update(next, whole) {
      rows = next;
      all = whole;
      draw();
    },
  };
}

function defaultSort<Row>(columns: readonly Column<Row>[]): Sort {
  const { id, first } = columns[1] ?? columns[0] ?? { id: 'name', first: 'ascending' };
  return { column: id, direction: first };
}

export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
