import * as l10n from '@vscode/l10n';
import type { NamedSeries } from './chart-fills.ts';
import { element, setAttribute, setText, syncChildren } from './elements.ts';
import { bucketName, type Step } from './format.ts';
import type { FigureFormat } from './figure-format.ts';
import { visibleName } from './visible-name.ts';

export interface FigureTable {
  readonly root: HTMLElement;
  update(at: readonly number[], step: Step, lines: readonly NamedSeries[], format: FigureFormat): void;
}

/** The numbers of a chart as a table: one row a slot of time, newest first, one column a series, all of them. */
export function figureTable(title: string): FigureTable {
  const keptHeads = new Map<string, HTMLElement>();
  const keptRows = new Map<string, HTMLElement>();
  const head = element('tr');
  const body = element('tbody');
  const table = element('table', { 'aria-label': title }, element('thead', {}, head), body);
  const root = element(
    'div',
    { class: 'scroll-box', tabindex: '0', role: 'region', 'aria-label': l10n.t('{0}, table', title) },
    table,
  );
  return {
    root,
    update(at, step, lines, format) {
      // A prefix keeps a series of the name "Total" apart from ours.
      const heads = [
        { key: 'time', words: l10n.t('Time') },
        ...(format.sums ? [{ key: 'total', words: l10n.t('Total') }] : []),
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
          const values = lines.map((line) => line.values[row.index] ?? null);
          const total = values.reduce<number>((a, b) => a + (b ?? 0), 0);
          fill(child, format.sums ? [total, ...values] : values, format);
        },
      );
    },
  };
}

function fill(row: HTMLElement, values: readonly (number | null)[], format: FigureFormat): void {
  while (row.childElementCount > values.length + 1) row.lastElementChild?.remove();
  while (row.childElementCount < values.length + 1) row.append(element('td', { class: 'number' }));
  values.forEach((value, index) => {
    const cell = row.children[index + 1];
    if (cell === undefined) return;
    const none = value === null || (format.sums && value === 0);
    setText(cell, none ? '–' : format.short(value));
    setAttribute(cell, 'title', none ? format.none : format.exact(value));
  });
}
