import type { PanelGroup, PanelState } from '../src/vscode/usage-panel/messages.ts';
import { type ChartTheme, type NamedSeries, readChartTheme, seriesPlaces } from './chart-fills.ts';
import { chartLegend } from './chart-legend.ts';
import { chartTable } from './chart-table.ts';
import { bucketAt, bucketSentence, chartTooltip } from './chart-tooltip.ts';
import { stackedBars } from './chart.ts';
import { element, setAttribute, setHidden, setText } from './elements.ts';
import { bucketName } from './format.ts';
import { groupWords, rangeWords } from './state.ts';

export interface CostOverTime {
  readonly root: HTMLElement;
  update(state: PanelState): void;
  themeChanged(): void;
}

export interface CostOverTimeOptions {
  readonly hidden: Readonly<Partial<Record<PanelGroup, readonly string[]>>>;
  readonly asTable: boolean;
  readonly hiddenChanged: (group: PanelGroup, names: readonly string[]) => void;
  readonly asTableChanged: (asTable: boolean) => void;
}

/** Chart, legend and the table that says the same. */
export function costOverTime(options: CostOverTimeOptions): CostOverTime {
  const hidden = new Map<PanelGroup, Set<string>>();
  for (const group of ['agent', 'provider', 'model'] as const) hidden.set(group, new Set(options.hidden[group]));
  let theme: ChartTheme = readChartTheme();
  let asTable = options.asTable;
  let state: PanelState | undefined;
  let at: readonly number[] = [];
  let step = 86_400;
  let stack: readonly NamedSeries[] = [];
  let drawn: readonly NamedSeries[] = [];
  let places: ReadonlyMap<string, number> = new Map();
  let cursor: number | undefined;
  /** Only a key speaks: neither the pointer nor a live update may. */
  let byKeyboard = false;
  const placesOf = seriesPlaces();

  const tooltip = chartTooltip();
  const spoken = element('p', { class: 'sr-only', 'aria-live': 'polite' });
  const nothing = element('p', { class: 'plot-nothing quiet' });
  const bars = stackedBars(theme, (pointed) => {
    cursor = pointed?.index;
    const seconds = pointed === undefined ? undefined : at[pointed.index];
    if (pointed === undefined || seconds === undefined) return tooltip.hide();
    const bucket = bucketAt(pointed.index, bucketName(seconds, step), drawn, places);
    tooltip.show(bucket, theme, pointed.left, pointed.width);
    if (byKeyboard) setText(spoken, bucketSentence(bucket));
  });
  const figure = element(
    'div',
    { class: 'figure-box', tabindex: '0', role: 'group', 'aria-roledescription': 'bar chart' },
    bars.root,
    nothing,
    tooltip.root,
  );
  const legend = chartLegend((name) => {
    if (state === undefined) return;
    const names = hidden.get(state.group);
    if (names === undefined) return;
    if (!names.delete(name)) names.add(name);
    options.hiddenChanged(state.group, [...names]);
    draw();
  });
  const table = chartTable();
  const toggle = element('button', { type: 'button', class: 'link', 'aria-expanded': String(asTable) }, 'Show as table');
  const title = element('h2', {}, 'Cost over time');
  const root = element(
    'section',
    { class: 'cost-section' },
    element('div', { class: 'section-head' }, title, toggle),
    figure,
    legend.root,
    table.root,
    spoken,
  );

  toggle.addEventListener('click', () => {
    asTable = !asTable;
    options.asTableChanged(asTable);
    draw();
  });
  figure.addEventListener('keydown', (event) => {
    const next = afterKey(event.key, cursor, at.length);
    if (next === undefined) return;
    event.preventDefault();
    byKeyboard = true;
    bars.point(next === 'away' ? undefined : next);
    byKeyboard = false;
  });
  figure.addEventListener('blur', () => bars.point(undefined));

  function draw(): void {
    if (state === undefined) return;
    const off = hidden.get(state.group) ?? new Set<string>();
    at = state.series.at;
    step = bucketLength(at);
    places = placesOf(state.group, state.series.lines);
    stack = state.series.lines.toSorted((a, b) => (places.get(a.name) ?? 0) - (places.get(b.name) ?? 0));
    drawn = stack.filter((line) => !off.has(line.name));
    const nothingDrawn = !drawn.some((line) => line.usd.some((usd) => usd > 0));
    setHidden(nothing, !nothingDrawn);
    if (nothingDrawn) setText(nothing, nothingWords(state, stack.length - drawn.length));
    setAttribute(figure, 'aria-label', chartLabel(state));
    setAttribute(toggle, 'aria-expanded', String(asTable));
    setHidden(table.root, !asTable);
    legend.update(
      stack.map((line) => ({ name: line.name, place: places.get(line.name) ?? 0, shown: !off.has(line.name) })),
      theme,
    );
    bars.draw({ at, step, lines: drawn, places });
    if (asTable) table.update(at, step, stack);
  }

  return {
    root,
    update(next) {
      state = next;
      draw();
    },
    themeChanged() {
      theme = readChartTheme();
      bars.restyle(theme);
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

/** The shortest gap: a day may have 23 or 25 hours. */
function bucketLength(at: readonly number[]): number {
  let shortest = Infinity;
  for (let index = 1; index < at.length; index++) shortest = Math.min(shortest, (at[index] ?? 0) - (at[index - 1] ?? 0));
  return Number.isFinite(shortest) && shortest > 0 ? shortest : 86_400;
}

function nothingWords(state: PanelState, switchedOff: number): string {
  if (switchedOff > 0) return 'Every series with a cost is switched off. Choose one below.';
  return state.totals.unpriced > 0 ? 'No known cost in this range: its requests are unpriced.' : 'No cost in this range.';
}

function chartLabel(state: PanelState): string {
  const by = groupWords[state.group].toLowerCase();
  return `Cost over time by ${by}, ${rangeWords[state.range].toLowerCase()}. Arrow keys read it bucket by bucket; the table below says the same.`;
}
