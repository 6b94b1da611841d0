import uPlot from 'uplot';
import { chartFill, chartStroke, type ChartTheme, type NamedSeries } from './chart-fills.ts';
import { element, setHidden } from './elements.ts';
import { bucketTick, type Step } from './format.ts';

export type ChartKind = 'bars' | 'lines';

/** What is drawn: only the series that are switched on, bottom of the stack first. */
export interface ChartData {
  /** Starts of the slots, seconds since the epoch. They stand at even distances, whatever their lengths. */
  readonly at: readonly number[];
  readonly step: Step;
  readonly lines: readonly NamedSeries[];
  readonly places: ReadonlyMap<string, number>;
  /** A label of the axis, and the distance between two of them. */
  readonly tick: (value: number, step: number) => string;
}

export interface Chart {
  readonly root: HTMLElement;
  draw(data: ChartData): void;
  /** Call after the theme or the font changed. */
  restyle(theme: ChartTheme): void;
  /** Moves the cursor to a slot, or away. */
  point(index: number | undefined): void;
}

export interface Pointed {
  readonly index: number;
  /** CSS pixels within the chart. */
  readonly left: number;
  readonly width: number;
}

const widestBar = 40;
const narrowest = 120;

/**
 * Stacked bars, or lines, over time. uPlot keeps scales, axes and cursor; what is within is drawn here: uPlot draws series one by one, and
 * would have to be built anew for each that comes or goes.
 */
export function timeChart(
  kind: ChartKind,
  height: number,
  initialTheme: ChartTheme,
  pointed: (at: Pointed | undefined) => void,
): Chart {
  const root = element('div', { class: 'plot' });
  const column = element('div', { class: 'plot-column' });
  let theme = initialTheme;
  let data: ChartData = { at: [], step: 'day', lines: [], places: new Map(), tick: String };
  let plot: uPlot | undefined;
  let fills = new Map<string, string | CanvasPattern>();

  const tell = (u: uPlot): void => {
    const index = u.cursor.idx;
    if (index === null || index === undefined || data.at[index] === undefined || (u.cursor.left ?? -1) < 0) {
      setHidden(column, true);
      pointed(undefined);
      return;
    }
    const middle = u.valToPos(index, 'x');
    const slot = u.valToPos(index + 1, 'x') - middle;
    setHidden(column, false);
    column.style.left = `${middle - slot / 2}px`;
    column.style.width = `${slot}px`;
    pointed({ index, left: u.over.offsetLeft + middle, width: u.width });
  };

  const fillOf = (name: string, context: CanvasRenderingContext2D): string | CanvasPattern => {
    let fill = fills.get(name);
    if (fill === undefined) {
      fill = chartFill(context, theme, data.places.get(name) ?? 0, uPlot.pxRatio);
      fills.set(name, fill);
    }
    return fill;
  };

  const build = (): void => {
    plot?.destroy();
    fills = new Map();
    const made: uPlot = new uPlot(
      {
        width: Math.max(narrowest, root.clientWidth),
        height,
        padding: [8, 20, 0, 0],
        legend: { show: false },
        cursor: { drag: { x: false, y: false, setScale: false }, points: { show: false }, x: false, y: false },
        select: { show: false, left: 0, top: 0, width: 0, height: 0 },
        scales: {
          x: { time: false, range: (_u, min, max) => [min - 0.5, max + 0.5] },
          y: { range: (_u, _min, max) => [0, max > 0 ? max * 1.05 : 1] },
        },
        series: [{}, { paths: () => null, points: { show: false } }],
        axes: [timeAxis(theme, () => data), valueAxis(theme, () => data)],
        hooks: {
          drawSeries: [(u) => (kind === 'bars' ? drawStacks(u, data, theme, fillOf) : drawLines(u, data, theme))],
          setCursor: [tell],
        },
      },
      aligned(kind, data),
      root,
    );
    made.under.append(column);
    setHidden(column, true);
    plot = made;
  };

  const resized = (): void => {
    if (root.clientWidth === 0) return;
    if (plot === undefined) build();
    else if (plot.width !== root.clientWidth) plot.setSize({ width: Math.max(narrowest, root.clientWidth), height });
  };
  new ResizeObserver(resized).observe(root);

  return {
    root,
    draw(next) {
      if (next.places !== data.places) fills = new Map();
      data = next;
      if (plot === undefined) {
        if (root.clientWidth > 0) build();
        return;
      }
      plot.setData(aligned(kind, data));
      tell(plot);
    },
    restyle(next) {
      theme = next;
      if (plot !== undefined) build();
    },
    point(index) {
      const known = index !== undefined && data.at[index] !== undefined;
      plot?.setCursor(known ? { left: plot.valToPos(index, 'x'), top: 10 } : { left: -10, top: -10 });
    },
  };
}

/** The heights alone, which the scale is made for. */
function aligned(kind: ChartKind, { at, lines }: ChartData): uPlot.AlignedData {
  const height =
    kind === 'bars'
      ? (index: number) => lines.reduce((sum, line) => sum + (line.values[index] ?? 0), 0)
      : (index: number) => lines.reduce((most, line) => Math.max(most, line.values[index] ?? 0), 0);
  return [at.map((_, index) => index), at.map((_, index) => height(index))];
}

function drawStacks(
  u: uPlot,
  data: ChartData,
  theme: ChartTheme,
  fillOf: (name: string, context: CanvasRenderingContext2D) => string | CanvasPattern,
): void {
  const { ctx } = u;
  const pixel = Math.max(1, Math.round(uPlot.pxRatio));
  const slot = u.valToPos(1, 'x', true) - u.valToPos(0, 'x', true);
  const barWidth = Math.max(pixel, Math.round(Math.min(slot * 0.78, widestBar * pixel)));
  ctx.save();
  ctx.setLineDash([]);
  for (let index = 0; index < data.at.length; index++) {
    const left = Math.round(u.valToPos(index, 'x', true) - barWidth / 2);
    let base = 0;
    let bottom = Math.round(u.valToPos(0, 'y', true));
    for (const line of data.lines) {
      const value = line.values[index] ?? 0;
      if (!(value > 0)) continue;
      // The smallest amount still leaves a mark: an empty column means that there was none.
      const top = Math.min(Math.round(u.valToPos(base + value, 'y', true)), base === 0 ? bottom - pixel : bottom);
      base += value;
      if (bottom <= top) continue;
      ctx.fillStyle = fillOf(line.name, ctx);
      ctx.fillRect(left, top, barWidth, bottom - top);
      if (theme.border !== undefined) {
        ctx.strokeStyle = theme.border;
        ctx.lineWidth = pixel;
        ctx.strokeRect(left + pixel / 2, top + pixel / 2, barWidth - pixel, Math.max(0, bottom - top - pixel));
      } else if (bottom - top > 3 * pixel) {
        ctx.fillStyle = theme.background;
        ctx.fillRect(left, top, barWidth, pixel);
      }
      bottom = top;
    }
  }
  ctx.restore();
}

/** A line has a gap where nothing is known; what stands alone between two gaps is a dot. */
function drawLines(u: uPlot, { at, lines, places }: ChartData, theme: ChartTheme): void {
  const { ctx } = u;
  const ratio = Math.max(1, uPlot.pxRatio);
  const known = (line: NamedSeries, index: number): boolean => typeof line.values[index] === 'number';
  ctx.save();
  ctx.lineWidth = 1.5 * ratio;
  ctx.lineJoin = 'round';
  for (const line of lines) {
    const { hue, dash } = chartStroke(theme, places.get(line.name) ?? 0);
    ctx.strokeStyle = hue;
    ctx.fillStyle = hue;
    ctx.setLineDash(dash.map((length) => length * ratio));
    ctx.beginPath();
    for (let index = 0; index < at.length; index++) {
      if (!known(line, index)) continue;
      const x = u.valToPos(index, 'x', true);
      const y = u.valToPos(line.values[index] ?? 0, 'y', true);
      if (known(line, index - 1)) ctx.lineTo(x, y);
      else ctx.moveTo(x, y);
      if (!known(line, index - 1) && !known(line, index + 1)) ctx.fillRect(x - 2 * ratio, y - 2 * ratio, 4 * ratio, 4 * ratio);
    }
    ctx.stroke();
  }
  ctx.restore();
}

function timeAxis(theme: ChartTheme, data: () => ChartData): uPlot.Axis {
  return {
    font: theme.font,
    stroke: theme.quiet,
    size: 28,
    gap: 6,
    grid: { show: false },
    ticks: { show: false },
    splits: (u) => labelled(data(), u.width),
    values: (_u, splits) => splits.map((index) => bucketTick(data().at[index] ?? 0, data().step)),
  };
}

/** Labels sit on slots, never between them; days and longer ones count back from the last, hours from the first. */
function labelled({ at, step }: ChartData, width: number): number[] {
  const room = Math.max(2, Math.floor(width / 76));
  const strides = step === 'hour' ? [1, 2, 3, 4, 6, 12, 24, 48] : [1, 2, 3, 5, 7, 10, 14, 15, 30];
  const stride = strides.find((candidate) => at.length / candidate <= room) ?? Math.ceil(at.length / room);
  return at.map((_, index) => index).filter((index) => (step === 'hour' ? index : at.length - 1 - index) % stride === 0);
}

function valueAxis(theme: ChartTheme, data: () => ChartData): uPlot.Axis {
  return {
    font: theme.font,
    stroke: theme.quiet,
    gap: 6,
    space: 40,
    size: (u, values) => {
      u.ctx.save();
      u.ctx.font = theme.font;
      const widest = Math.max(24, ...(values ?? []).map((value) => u.ctx.measureText(value).width));
      u.ctx.restore();
      return Math.ceil(widest) + 12;
    },
    grid: { stroke: theme.grid, width: 1, ...(theme.border === undefined ? {} : { dash: [2, 4] }) },
    ticks: { show: false },
    values: (_u, splits) => splits.map((value) => data().tick(value, (splits[1] ?? 1) - (splits[0] ?? 0))),
  };
}
