import * as l10n from '@vscode/l10n';
import type { PanelSpeed, PanelState, PanelSubject, PanelTimes } from '../src/vscode/usage-panel/messages.ts';
import { nameCell, numberCell } from './cells.ts';
import { seriesPlaces } from './chart-fills.ts';
import { choices } from './choices.ts';
import { element } from './elements.ts';
import { type FigureMemory, figure } from './figure.ts';
import { shareFormat, timesFormat } from './figure-format.ts';
import { count, duration, percentage } from './format.ts';
import { byName, type Column, sortedTable } from './sorted-table.ts';
import { groupWords, rangeWords, type Sort, subjects, type TimesFigure, timesFigures, timesFigureWords } from './state.ts';
import { visibleName } from './visible-name.ts';

type SpeedRow = PanelSpeed['rows'][number];

export interface SpeedTab {
  readonly content: readonly HTMLElement[];
  update(state: PanelState): void;
  themeChanged(): void;
}

export interface SpeedTabOptions {
  readonly subject: PanelSubject;
  readonly timesFigure: TimesFigure;
  readonly sort: Sort | undefined;
  readonly times: FigureMemory;
  readonly errors: FigureMemory;
  readonly subjectChanged: (subject: PanelSubject) => void;
  readonly timesFigureChanged: (figure: TimesFigure) => void;
  readonly sorted: (sort: Sort) => void;
}

/** How long answers take and how many fail, of each model or key. */
export function speedTab(options: SpeedTabOptions): SpeedTab {
  let state: PanelState | undefined;
  const subject = choices('subject', l10n.t('Of each'), groupWords(), subjects, options.subject, options.subjectChanged);
  const select = element('select', { 'aria-label': l10n.t('Which time') });
  for (const one of timesFigures) select.append(element('option', { value: one }, timesFigureWords()[one]));
  select.value = options.timesFigure;
  select.addEventListener('change', () => {
    options.timesFigureChanged(chosen());
    draw();
  });
  // One colour a name in both charts.
  const placesOf = seriesPlaces();
  const times = figure({
    kind: 'lines',
    placesOf,
    title: l10n.t('Latency'),
    height: 200,
    controls: [select],
    memory: options.times,
  });
  const errors = figure({ kind: 'lines', placesOf, title: l10n.t('Error rate'), height: 140, memory: options.errors });
  const table = sortedTable<SpeedRow>({
    name: 'speed',
    title: l10n.t('In the whole range'),
    columns: columns(),
    sort: options.sort ?? { column: 'requests', direction: 'descending' },
    sorted: options.sorted,
  });

  function chosen(): TimesFigure {
    return timesFigures.find((one) => one === select.value) ?? 'firstByteP50';
  }

  function draw(): void {
    if (state?.speed === undefined) return;
    const { speed, range } = state;
    const of = state.subject;
    const step = state.step === 'hour' ? 'hour' : 'day';
    const shared = { of: `speed ${of}`, at: speed.at, step } as const;
    const what = timesFigureWords()[chosen()];
    const when = rangeWords()[range];
    times.update({
      ...shared,
      lines: linesOf(speed, (one) => one[chosen()] ?? null),
      format: timesFormat(),
      label: l10n.t('{0} over time by {1}, {2}', what, groupWords()[of], when),
      nothing: l10n.t('No answers in this range.'),
    });
    errors.update({
      ...shared,
      lines: linesOf(speed, ({ requests, errors: failed }) => (requests === 0 ? null : failed / requests)),
      format: shareFormat(),
      label: l10n.t('Share of requests that failed over time by {0}, {1}', groupWords()[of], when),
      nothing: l10n.t('No requests in this range.'),
    });
    table.update(speed.rows, speed.rows);
  }

  return {
    content: [
      element(
        'div',
        { class: 'tab-head' },
        element('span', { class: 'quiet', 'aria-hidden': 'true' }, l10n.t('Of each')),
        subject.root,
      ),
      times.root,
      errors.root,
      table.root,
    ],
    themeChanged() {
      times.themeChanged();
      errors.themeChanged();
    },
    update(next) {
      state = next;
      subject.set(next.subject);
      draw();
    },
  };
}

function linesOf(speed: PanelSpeed, value: (times: PanelTimes) => number | null) {
  return speed.lines.map(({ name, times }) => ({ name, values: times.map((one) => (one === null ? null : value(one))) }));
}

function columns(): readonly Column<SpeedRow>[] {
  const time = (id: TimesFigure, words: string, means: string): Column<SpeedRow> =>
    value(id, words, means, (row) => row[id], duration);
  return [
    {
      id: 'name',
      words: l10n.t('Name'),
      first: 'ascending',
      compare: byName,
      cell() {
        const cell = nameCell('th');
        return { root: cell.root, set: (row) => cell.set(visibleName(row.name)) };
      },
    },
    value('requests', l10n.t('Requests'), undefined, (row) => row.requests, count),
    value('errors', l10n.t('Errors'), undefined, (row) => row.errors, count),
    value(
      'error-rate',
      l10n.t('Error rate'),
      undefined,
      (row) => (row.requests === 0 ? undefined : row.errors / row.requests),
      percentage,
    ),
    time('firstByteP50', l10n.t('First byte'), l10n.t('Half of the answers began within this time.')),
    time('firstByteP95', l10n.t('First byte, 95 %'), l10n.t('95 of 100 answers began within this time.')),
    time('totalP50', l10n.t('Whole'), l10n.t('Half of the answers were complete within this time.')),
    time('totalP95', l10n.t('Whole, 95 %'), l10n.t('95 of 100 answers were complete within this time.')),
    value(
      'speed',
      l10n.t('Tokens/s'),
      l10n.t('Output tokens a second, once an answer has begun.'),
      (row) => row.tokensPerSecond,
      (speed) => count(Math.round(speed)),
    ),
  ];
}

function value(
  id: string,
  words: string,
  means: string | undefined,
  of: (row: SpeedRow) => number | undefined,
  text: (value: number) => string,
): Column<SpeedRow> {
  return {
    id,
    words,
    ...(means !== undefined && { means }),
    first: 'descending',
    compare: (a, b) => (of(a) ?? -1) - (of(b) ?? -1),
    cell() {
      const cell = numberCell();
      return {
        root: cell.root,
        set(row) {
          const found = of(row);
          cell.set(found === undefined ? '–' : text(found));
        },
      };
    },
  };
}
