import type { NamedSeries } from './chart-fills.ts';
import { element, setAttribute, setText, syncChildren } from './elements.ts';
import { bucketName, exactMoney, money, nanosOfNumber } from './format.ts';
import { visibleName } from './visible-name.ts';

export interface ChartTable {
  readonly root: HTMLElement;
  update(at: readonly number[], step: number, lines: readonly NamedSeries[]): void;
}

/** The numbers of the chart as a table: one row a bucket, newest first, one column a series, all of them. */
export function chartTable(): ChartTable {
  const keptHeads = new Map<string, HTMLElement>();
  const keptRows = new Map<string, HTMLElement>();
  const head = element('tr');
  const body = element('tbody');
  const table = element('table', { 'aria-label': 'Cost over time' }, element('thead', {}, head), body);
  const root = element('div', { class: 'scroll-box', tabindex: '0', role: 'region', 'aria-label': 'Cost over time, table' }, table);
  return {
    root,
    update(at, step, lines) {
      // A prefix keeps a series of the name "Total" apart from ours.
      const heads = [
        { key: 'time', words: 'Time' },
        { key: 'total', words: 'Total' },
        ...lines.map((line) => ({ key: `=${line.name}`, words: visibleName(line.name) })),
      ];
      syncChildren(
        head,
        keptHeads,
        heads,
        (one) => one.key,
        (one) =>
          element('th', { scope: 'col', class: one.key === 'time' ? undefined : 'number' }, element('bdi', { class: 'name' })),
        (child, one) => {
          if (child.firstElementChild !== null) setText(child.firstElementChild, one.words);
          setAttribute(child, 'title', one.words);
        },
      );
      syncChildren(
        body,
        keptRows,
        at.map((seconds, index) => ({ seconds, index })).reverse(),
        (row) => String(row.seconds),
        () => element('tr', {}, element('th', { scope: 'row' })),
        (child, row) => {
          if (child.firstElementChild !== null) setText(child.firstElementChild, bucketName(row.seconds, step));
          const values = lines.map((line) => line.usd[row.index] ?? 0);
          const total = values.reduce((a, b) => a + b, 0);
          fill(child, [total, ...values]);
        },
      );
    },
  };
}

function fill(row: HTMLElement, values: readonly number[]): void {
  while (row.childElementCount > values.length + 1) row.lastElementChild?.remove();
  while (row.childElementCount < values.length + 1) row.append(element('td', { class: 'number' }));
  values.forEach((usd, index) => {
    const cell = row.children[index + 1];
    if (cell === undefined) return;
    const nano = nanosOfNumber(usd);
    // A series does not tell free from unpriced, so a zero must not read "$0".
    setText(cell, nano === 0n ? '–' : money(nano));
    setAttribute(cell, 'title', nano === 0n ? 'no known cost' : exactMoney(nano));
  });
}
