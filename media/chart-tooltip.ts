import { type ChartTheme, type NamedSeries, paintSwatch } from './chart-fills.ts';
import { element, setHidden } from './elements.ts';
import { money, nanosOfNumber } from './format.ts';
import { visibleName } from './visible-name.ts';

const mostLines = 8;

export interface Bucket {
  readonly title: string;
  /** Dearest first, nothing that is zero. */
  readonly entries: readonly { readonly name: string; readonly usd: number; readonly place: number }[];
  readonly total: number;
}

export function bucketAt(index: number, title: string, lines: readonly NamedSeries[], places: ReadonlyMap<string, number>): Bucket {
  const entries = lines
    .map((line) => ({ name: line.name, usd: line.usd[index] ?? 0, place: places.get(line.name) ?? 0 }))
    .filter((entry) => entry.usd > 0)
    .sort((a, b) => b.usd - a.usd);
  return { title, entries, total: entries.reduce((sum, entry) => sum + entry.usd, 0) };
}

/** The same words for ears: total first, then the parts. */
export function bucketSentence(bucket: Bucket): string {
  const parts = bucket.entries.map((entry) => `${visibleName(entry.name)} ${dollars(entry.usd)}`);
  return `${bucket.title}: ${bucket.entries.length === 0 ? 'no cost' : [dollars(bucket.total), ...parts].join(', ')}.`;
}

export interface Tooltip {
  readonly root: HTMLElement;
  show(bucket: Bucket, theme: ChartTheme, left: number, width: number): void;
  hide(): void;
}

export function chartTooltip(): Tooltip {
  const root = element('div', { class: 'tooltip', 'aria-hidden': 'true' });
  setHidden(root, true);
  return {
    root,
    hide: () => {
      setHidden(root, true);
    },
    show(bucket, theme, left, width) {
      const rest = bucket.entries.slice(mostLines);
      const lines = bucket.entries.slice(0, mostLines).map((entry) => {
        const swatch = element('canvas', { class: 'swatch' });
        paintSwatch(swatch, theme, entry.place);
        return [
          swatch,
          element('bdi', { class: 'name' }, visibleName(entry.name)),
          element('span', { class: 'number' }, dollars(entry.usd)),
        ];
      });
      const more = rest.reduce((sum, entry) => sum + entry.usd, 0);
      root.replaceChildren(
        element('span', { class: 'tooltip-title' }, bucket.title),
        element('span', { class: 'number tooltip-title' }, bucket.entries.length === 0 ? 'no cost' : dollars(bucket.total)),
        ...lines.flat(),
        ...(rest.length === 0
          ? []
          : [element('span'), element('span', {}, `${rest.length} more`), element('span', { class: 'number' }, dollars(more))]),
      );
      setHidden(root, false);
      const own = root.offsetWidth;
      const right = left + 14 + own <= width;
      root.style.left = `${right ? left + 14 : Math.max(0, left - 14 - own)}px`;
    },
  };
}

function dollars(usd: number): string {
  return money(nanosOfNumber(usd));
}
