import * as l10n from '@vscode/l10n';
import { type ChartTheme, type NamedSeries, paintStroke, paintSwatch, readChartTheme, seriesPlaces } from './chart-fills.ts';
import { chartLegend } from './chart-legend.ts';
import { chartTooltip, slotAt, slotSentence } from './chart-tooltip.ts';
import { type ChartKind, timeChart } from './chart.ts';
import { element, setAttribute, setHidden, setText } from './elements.ts';
import type { FigureFormat } from './figure-format.ts';
import { figureTable } from './figure-table.ts';
import { bucketName, type Step } from './format.ts';

export interface FigureData {
  /** What the lines are: those of one kind keep their colours, and what is switched off is remembered for each. */
  readonly of: string;
  readonly at: readonly number[];
  readonly step: Step;
  readonly lines: readonly NamedSeries[];
  readonly format: FigureFormat;
  /** What the chart shows, for who cannot see it. */
  readonly label: string;
  /** Where there is nothing to draw. */
  readonly nothing: string;
}

export interface Figure {
  readonly root: HTMLElement;
  update(data: FigureData): void;
  themeChanged(): void;
}

/** What of a figure outlives the page. */
export interface FigureMemory {
  hidden(of: string): readonly string[];
  hide(of: string, names: readonly string[]): void;
  isTable(): boolean;
  setTable(shown: boolean): void;
}

export interface FigureOptions {
  readonly kind: ChartKind;
  readonly title: string;
  readonly height: number;
  /** Stand beside the title. */
  readonly controls?: readonly HTMLElement[];
  readonly memory: FigureMemory;
  /** Given where two figures have the same series. */
  readonly placesOf?: ReturnType<typeof seriesPlaces>;
}

/** A chart over time, its legend and the table that says the same. */
export function figure({ kind, title, height, controls = [], memory, placesOf = seriesPlaces() }: FigureOptions): Figure {
  let theme: ChartTheme = readChartTheme();
  let data: FigureData | undefined;
  let drawn: readonly NamedSeries[] = [];
  let places: ReadonlyMap<string, number> = new Map();
  let cursor: number | undefined;
  /** Only a key speaks: neither the pointer nor a live update may. */
  let byKeyboard = false;
  let waits = false;
  const paint = kind === 'bars' ? paintSwatch : paintStroke;

  const tooltip = chartTooltip(paint);
  const spoken = element('p', { class: 'sr-only', 'aria-live': 'polite' });
  const nothing = element('p', { class: 'plot-nothing quiet' });
  const chart = timeChart(kind, height, theme, (pointed) => {
    cursor = pointed?.index;
    const seconds = pointed === undefined ? undefined : data?.at[pointed.index];
    if (pointed === undefined || data === undefined || seconds === undefined) return tooltip.hide();
    const slot = slotAt(pointed.index, bucketName(seconds, data.step), drawn, places, data.format);
    tooltip.show(slot, theme, pointed.left, pointed.width);
    if (byKeyboard) setText(spoken, slotSentence(slot));
  });
  const box = element(
    'div',
    { class: 'figure-box', tabindex: '0', role: 'group', 'aria-roledescription': l10n.t('chart') },
    chart.root,
    nothing,
    tooltip.root,
  );
  box.style.minHeight = `${height}px`;
  const legend = chartLegend(paint, (name) => {
    if (data === undefined) return;
    const names = new Set(memory.hidden(data.of));
    if (!names.delete(name)) names.add(name);
    memory.hide(data.of, [...names]);
    draw();
  });
  const table = figureTable(title);
  const toggle = element('button', { type: 'button', class: 'link' }, l10n.t('Show as table'));
  setAttribute(toggle, 'aria-label', l10n.t('{0}: show as table', title));
  const root = element(
    'section',
    { class: 'figure-section', 'aria-label': title },
    element('div', { class: 'section-head' }, element('h2', {}, title), element('div', { class: 'controls' }, ...controls, toggle)),
    box,
    legend.root,
    table.root,
    spoken,
  );

  toggle.addEventListener('click', () => {
    memory.setTable(!memory.isTable());
    draw();
  });
  box.addEventListener('keydown', (event) => {
    const next = afterKey(event.key, cursor, data?.at.length ?? 0);
    if (next === undefined) return;
    event.preventDefault();
    byKeyboard = true;
    chart.point(next === 'away' ? undefined : next);
    byKeyboard = false;
  });
  box.addEventListener('blur', () => chart.point(undefined));

  function draw(): void {
    if (data === undefined) return;
    const { of, at, step, lines, format } = data;
    const off = new Set(memory.hidden(of));
    places = placesOf(of, lines);
    const stack = lines.toSorted((a, b) => (places.get(a.name) ?? 0) - (places.get(b.name) ?? 0));
    drawn = stack.filter((line) => !off.has(line.name));
    const empty = !drawn.some((line) => line.values.some((value) => (format.sums ? (value ?? 0) > 0 : value !== null)));
    setHidden(nothing, !empty);
    if (empty)
      setText(
        nothing,
        drawn.length < stack.length
          ? l10n.t('Every series with something to show is switched off. Choose one below.')
          : data.nothing,
      );
    setAttribute(box, 'aria-label', l10n.t('{0}. Arrow keys read it piece by piece; the table says the same.', data.label));
    const asTable = memory.isTable();
    setAttribute(toggle, 'aria-expanded', String(asTable));
    setHidden(table.root, !asTable);
    setHidden(legend.root, stack.length === 0);
    legend.update(
      stack.map((line) => ({ name: line.name, place: places.get(line.name) ?? 0, shown: !off.has(line.name) })),
      theme,
    );
    chart.draw({ at, step, lines: drawn, places, tick: (value, distance) => format.tick(value, distance) });
    if (asTable) table.update(at, step, stack, format);
  }

  return {
    root,
    update(next) {
      const isFirst = data === undefined;
      data = next;
      if (!isFirst) return waits ? undefined : draw();
      // Its canvases are half of the work of a first state: figures and words are painted before.
      waits = true;
      setTimeout(() => {
        waits = false;
        draw();
      });
    },
    themeChanged() {
      theme = readChartTheme();
      chart.restyle(theme);
      draw();
    },
  };
}

function afterKey(key: string, cursor: number | undefined, length: number): number | 'away' | undefined {
  const last = length - 1;
  if (last < 0) return undefined;
  switch (key) {
    case 'ArrowLeft':
      return Math.max(0, (cursor ?? length) - 1);
    case 'ArrowRight':
      return Math.min(last, (cursor ?? last - 1) + 1);
    case 'Home':
      return 0;
    case 'End':
      return last;
    case 'Escape':
      return 'away';
    default:
      return undefined;
  }
}
