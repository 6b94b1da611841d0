import uPlot from 'uplot';
import { chartFill, type ChartTheme, type NamedSeries } from './chart-fills.ts';
import { element, setHidden } from './elements.ts';
import { bucketTick, moneyTick } from './format.ts';

/** What is drawn: only the series that are switched on, bottom of the stack first. */
export interface ChartData {
  /** Starts of the buckets, seconds since the epoch. */
  readonly at: readonly number[];
  /** Length of a bucket in seconds. */
  readonly step: number;
  readonly lines: readonly NamedSeries[];
  readonly places: ReadonlyMap<string, number>;
}

export interface StackedBars {
  readonly root: HTMLElement;
  draw(data: ChartData): void;
  /** Call after the theme or the font changed. */
  restyle(theme: ChartTheme): void;
  /** Moves the cursor to a bucket, or away. */
  point(index: number | undefined): void;
}

export interface Pointed {
  readonly index: number;
  /** CSS pixels within the chart. */
  readonly left: number;
  readonly width: number;
}

const height = 220;
const widestBar = 40;

/** Stacked bars of cost over time. uPlot keeps scales, axes and cursor; the stacks are drawn here, because uPlot draws series one by one. */
export function stackedBars(initialTheme: ChartTheme, pointed: (at: Pointed | undefined) => void): StackedBars {
  const root = element('div', { class: 'plot' });
  const column = element('div', { class: 'plot-column' });
  let theme = initialTheme;
  let data: ChartData = { at: [], step: 86_400, lines: [], places: new Map() };
  let plot: uPlot | undefined;
  let fills = new Map<string, string | CanvasPattern>();

  const tell = (u: uPlot): void => {
    const index = u.cursor.idx;
    const at = index === null || index === undefined ? undefined : data.at[index];
    if (at === undefined || index === null || index === undefined || (u.cursor.left ?? -1) < 0) {
      setHidden(column, true);
      pointed(undefined);
      return;
    }
    const step = u.valToPos(at + data.step, 'x') - u.valToPos(at, 'x');
    const middle = u.valToPos(at, 'x');
    setHidden(column, false);
    column.style.left = `${middle - step / 2}px`;
    column.style.width = `${step}px`;
    pointed({ index, left: u.over.offsetLeft + middle, width: u.width });
  };

  const build = (): void => {
    plot?.destroy();
    fills = new Map();
    const width = Math.max(160, root.clientWidth);
    const made: uPlot = new uPlot(
      {
        width,
        height,
        padding: [8, 20, 0, 0],
        legend: { show: false },
        cursor: { drag: { x: false, y: false, setScale: false }, points: { show: false }, x: false, y: false },
        select: { show: false, left: 0, top: 0, width: 0, height: 0 },
        scales: {
          x: { time: true, range: (_u, min, max) => [min - data.step / 2, max + data.step / 2] },
          y: { range: (_u, _min, max) => [0, max > 0 ? max * 1.05 : 1] },
        },
        series: [{}, { paths: () => null, points: { show: false } }],
        axes: [timeAxis(theme, () => data), costAxis(theme)],
        hooks: {
          drawSeries: [(u) => drawStacks(u, data, theme, fillOf)],
          setCursor: [tell],
        },
      },
      aligned(data),
      root,
    );
    made.under.append(column);
    setHidden(column, true);
    plot = made;
  };

  const fillOf = (name: string, context: CanvasRenderingContext2D): string | CanvasPattern => {
    let fill = fills.get(name);
    if (fill === undefined) {
      fill = chartFill(context, theme, data.places.get(name) ?? 0, uPlot.pxRatio);
      fills.set(name, fill);
    }
    return fill;
  };

  const resized = (): void => {
    if (root.clientWidth === 0) return;
    if (plot === undefined) build();
    else if (plot.width !== root.clientWidth) plot.setSize({ width: Math.max(160, root.clientWidth), height });
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
      plot.setData(aligned(data));
      tell(plot);
    },
    restyle(next) {
      theme = next;
      if (plot !== undefined) build();
    },
    point(index) {
      const at = index === undefined ? undefined : data.at[index];
      plot?.setCursor(at === undefined ? { left: -10, top: -10 } : { left: plot.valToPos(at, 'x'), top: 10 });
    },
  };
}

function aligned(data: ChartData): uPlot.AlignedData {
  const totals = data.at.map((_, index) => data.lines.reduce((sum, line) => sum + (line.usd[index] ?? 0), 0));
  return [[...data.at], totals];
}

function drawStacks(
  u: uPlot,
  data: ChartData,
  theme: ChartTheme,
  fillOf: (name: string, context: CanvasRenderingContext2D) => string | CanvasPattern,
): void {
  const { ctx } = u;
  const pixel = Math.max(1, Math.round(uPlot.pxRatio));
  const first = data.at[0];
  if (first === undefined) return;
  const slot = u.valToPos(first + data.step, 'x', true) - u.valToPos(first, 'x', true);
  const barWidth = Math.max(pixel, Math.round(Math.min(slot * 0.78, widestBar * pixel)));
  ctx.save();
  ctx.setLineDash([]);
  data.at.forEach((at, index) => {
    const left = Math.round(u.valToPos(at, 'x', true) - barWidth / 2);
    let base = 0;
    let bottom = Math.round(u.valToPos(0, 'y', true));
    for (const line of data.lines) {
      const usd = line.usd[index] ?? 0;
      if (!(usd > 0)) continue;
      // The smallest cost still leaves a mark: an empty column means that nothing was spent.
      const top = Math.min(Math.round(u.valToPos(base + usd, 'y', true)), base === 0 ? bottom - pixel : bottom);
      base += usd;
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
  });
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
    values: (_u, splits) => splits.map((seconds) => bucketTick(seconds, data().step)),
  };
}

/** Labels sit on buckets, never between them; days count back from the last, hours from the first. */
function labelled({ at, step }: ChartData, width: number): number[] {
  const room = Math.max(2, Math.floor(width / 72));
  const strides = step < 80_000 ? [1, 2, 3, 4, 6, 12] : [1, 2, 3, 5, 7, 10, 14, 15, 30];
  const stride = strides.find((candidate) => at.length / candidate <= room) ?? Math.ceil(at.length / room);
  return at.filter((_, index) => (step < 80_000 ? index : at.length - 1 - index) % stride === 0);
}

function costAxis(theme: ChartTheme): uPlot.Axis {
  const words = (splits: readonly number[]): string[] => splits.map((usd) => moneyTick(usd, (splits[1] ?? 1) - (splits[0] ?? 0)));
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
    values: (_u, splits) => words(splits),
  };
}
