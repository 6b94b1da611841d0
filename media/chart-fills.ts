export interface NamedSeries {
  readonly name: string;
  /** One for each slot of time; null: nothing is known of it, which is not zero. */
  readonly values: readonly (number | null)[];
}

/** The colours of the theme in use, read once per theme change. */
export interface ChartTheme {
  readonly hues: readonly string[];
  readonly background: string;
  readonly foreground: string;
  readonly quiet: string;
  readonly grid: string;
  /** Drawn around every segment. Only in high contrast themes, where hues alone may not be told apart. */
  readonly border: string | undefined;
  readonly font: string;
}

/** Red last: it means an error elsewhere. */
const hueVariables = ['blue', 'orange', 'green', 'purple', 'yellow', 'red'] as const;
const patternCount = 6;

export function readChartTheme(): ChartTheme {
  const style = getComputedStyle(document.body);
  const read = (name: string, otherwise: string): string => style.getPropertyValue(`--vscode-${name}`).trim() || otherwise;
  const foreground = read('charts-foreground', style.color);
  const highContrast =
    document.body.classList.contains('vscode-high-contrast') || document.body.classList.contains('vscode-high-contrast-light');
  const size = Math.max(10, Math.round(Number.parseFloat(style.fontSize) * 0.85));
  return {
    hues: hueVariables.map((hue) => read(`charts-${hue}`, foreground)),
    background: read('editor-background', 'Canvas'),
    foreground,
    quiet: highContrast ? foreground : read('descriptionForeground', foreground),
    grid: highContrast ? read('contrastBorder', foreground) : read('widget-border', read('charts-lines', foreground)),
    border: highContrast ? foreground : undefined,
    font: `${size}px ${style.fontFamily || 'sans-serif'}`,
  };
}

/**
 * Gives every name of a group a place of its own for as long as the panel lives: colour and height in the stack follow the name,
 * not its rank, or two agents would swap colours whenever one overtakes the other.
 */
export function seriesPlaces(): (group: string, lines: readonly NamedSeries[]) => ReadonlyMap<string, number> {
  const byGroup = new Map<string, Map<string, number>>();
  return (group, lines) => {
    const places = byGroup.get(group) ?? new Map<string, number>();
    byGroup.set(group, places);
    const sum = (line: NamedSeries): number => line.values.reduce<number>((a, b) => a + (b ?? 0), 0);
    const fresh = lines.filter((line) => !places.has(line.name)).map((line) => ({ name: line.name, total: sum(line) }));
    for (const { name } of fresh.sort((a, b) => b.total - a.total)) if (!places.has(name)) places.set(name, places.size);
    return places;
  };
}

/** Chart, legend and tooltip share their tiles. */
const tiles = new WeakMap<ChartTheme, Map<string, HTMLCanvasElement>>();

/** Keeps small canvases off the graphics process: without this a first state of 20 series took 184 instead of 138 ms (medians of 10). */
const inMemory: CanvasRenderingContext2DSettings = { willReadFrequently: true };

type Fill = string | CanvasPattern;

/** Six hues, then the same hues hatched, dotted and so on; in high contrast themes neighbours differ by pattern as well as by hue. */
export function chartFill(context: CanvasRenderingContext2D, theme: ChartTheme, place: number, pixelRatio: number): Fill {
  const hue = theme.hues[place % theme.hues.length] ?? theme.foreground;
  const round = Math.floor(place / theme.hues.length);
  const pattern = theme.border === undefined ? round % patternCount : (place + round) % patternCount;
  if (pattern === 0) return hue;
  const scale = Math.max(1, Math.round(pixelRatio));
  const ofTheme = tiles.get(theme) ?? new Map<string, HTMLCanvasElement>();
  tiles.set(theme, ofTheme);
  const key = `${hue} ${pattern} ${scale}`;
  const tile = ofTheme.get(key) ?? patternTile(hue, theme.background, pattern, scale);
  ofTheme.set(key, tile);
  return context.createPattern(tile, 'repeat') ?? hue;
}

function patternTile(hue: string, background: string, pattern: number, scale: number): HTMLCanvasElement {
  const size = 6 * scale;
  const tile = document.createElement('canvas');
  tile.width = size;
  tile.height = size;
  const context = tile.getContext('2d', inMemory);
  if (context === null) return tile;
  // The background first: a theme's chart colour may be translucent.
  context.fillStyle = background;
  context.fillRect(0, 0, size, size);
  context.fillStyle = hue;
  context.fillRect(0, 0, size, size);
  context.strokeStyle = background;
  context.fillStyle = background;
  context.lineWidth = 1.5 * scale;
  context.beginPath();
  switch (pattern) {
    case 1:
      diagonal(context, size);
      break;
    case 2:
      context.fillRect(0, 0, 2 * scale, 2 * scale);
      context.fillRect(3 * scale, 3 * scale, 2 * scale, 2 * scale);
      break;
    case 3:
      context.moveTo(0, size / 2);
      context.lineTo(size, size / 2);
      break;
    case 4:
      context.moveTo(size / 2, 0);
      context.lineTo(size / 2, size);
      break;
    default:
      context.setTransform(-1, 0, 0, 1, size, 0);
      diagonal(context, size);
  }
  context.stroke();
  return tile;
}

/** Three strokes, so that the tile repeats without a seam. */
function diagonal(context: CanvasRenderingContext2D, size: number): void {
  for (const shift of [-size, 0, size]) {
    context.moveTo(shift - 1, size + 1);
    context.lineTo(shift + size + 1, -1);
  }
}

/** Lines are told apart by their hue, and by their dashes where hues come again or may not be told apart. In CSS pixels. */
const dashes: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 3, 2, 3], [12, 3], [4, 6]];

export function chartStroke(theme: ChartTheme, place: number): { readonly hue: string; readonly dash: readonly number[] } {
  const round = Math.floor(place / theme.hues.length);
  const dash = dashes[(theme.border === undefined ? round : place + round) % dashes.length] ?? [];
  return { hue: theme.hues[place % theme.hues.length] ?? theme.foreground, dash };
}

const swatchSize = 10;

/** The stroke of a line as a short piece of it. */
export function paintStroke(swatch: HTMLCanvasElement, theme: ChartTheme, place: number): void {
  const ratio = window.devicePixelRatio;
  swatch.width = Math.round(2 * swatchSize * ratio);
  swatch.height = Math.round(swatchSize * ratio);
  const context = swatch.getContext('2d', inMemory);
  if (context === null) return;
  const { hue, dash } = chartStroke(theme, place);
  context.strokeStyle = hue;
  context.lineWidth = 2 * ratio;
  context.setLineDash(dash.map((length) => length * ratio));
  context.beginPath();
  context.moveTo(0, swatch.height / 2);
  context.lineTo(swatch.width, swatch.height / 2);
  context.stroke();
}

/** The fill of a series as a small square, for the legend and the tooltip. */
export function paintSwatch(swatch: HTMLCanvasElement, theme: ChartTheme, place: number): void {
  const ratio = window.devicePixelRatio;
  const size = Math.round(swatchSize * ratio);
  swatch.width = size;
  swatch.height = size;
  const context = swatch.getContext('2d', inMemory);
  if (context === null) return;
  context.fillStyle = chartFill(context, theme, place, ratio);
  context.fillRect(0, 0, size, size);
  if (theme.border === undefined) return;
  context.strokeStyle = theme.border;
  context.lineWidth = ratio;
  context.strokeRect(ratio / 2, ratio / 2, size - ratio, size - ratio);
}
