import * as l10n from '@vscode/l10n';
import type { ChartTheme, NamedSeries } from './chart-fills.ts';
import { element, setHidden } from './elements.ts';
import type { FigureFormat } from './figure-format.ts';
import { count } from './format.ts';
import { visibleName } from './visible-name.ts';

const mostLines = 8;

/** What a chart says of one slot of time. */
export interface Slot {
  readonly title: string;
  /** Largest first; of what adds up nothing that is zero. */
  readonly entries: readonly { readonly name: string; readonly value: number; readonly place: number }[];
  readonly format: FigureFormat;
}

export function slotAt(
  index: number,
  title: string,
  lines: readonly NamedSeries[],
  places: ReadonlyMap<string, number>,
  format: FigureFormat,
): Slot {
  const entries = lines
    .map((line) => ({ name: line.name, value: line.values[index] ?? null, place: places.get(line.name) ?? 0 }))
    .flatMap(({ value, ...entry }) => (value === null || (format.sums && value === 0) ? [] : [{ ...entry, value }]))
    .sort((a, b) => b.value - a.value);
  return { title, entries, format };
}

/** The same words for ears: the sum first, then the parts. */
export function slotSentence(slot: Slot): string {
  const { entries, format } = slot;
  const parts = entries.map(({ name, value }) => `${visibleName(name)} ${format.short(value)}`);
  return `${slot.title}: ${[...(entries.length === 0 || format.sums ? [headOf(slot)] : []), ...parts].join(', ')}.`;
}

function headOf({ entries, format }: Slot): string {
  if (entries.length === 0) return format.none;
  return format.sums ? format.short(entries.reduce((sum, { value }) => sum + value, 0)) : '';
}

export interface Tooltip {
  readonly root: HTMLElement;
  show(slot: Slot, theme: ChartTheme, left: number, width: number): void;
  hide(): void;
}

export function chartTooltip(paint: (swatch: HTMLCanvasElement, theme: ChartTheme, place: number) => void): Tooltip {
  const root = element('div', { class: 'tooltip', 'aria-hidden': 'true' });
  setHidden(root, true);
  return {
    root,
    hide: () => {
      setHidden(root, true);
    },
    show(slot, theme, left, width) {
      const { format } = slot;
      const rest = slot.entries.slice(mostLines);
      const lines = slot.entries.slice(0, mostLines).map((entry) => {
        const swatch = element('canvas', { class: 'swatch' });
        paint(swatch, theme, entry.place);
        return [
          swatch,
          element('bdi', { class: 'name' }, visibleName(entry.name)),
          element('span', { class: 'number' }, format.short(entry.value)),
        ];
      });
      const more = format.sums ? format.short(rest.reduce((sum, entry) => sum + entry.value, 0)) : '';
      root.replaceChildren(
        element('span', { class: 'tooltip-title' }, slot.title),
        element('span', { class: 'number tooltip-title' }, headOf(slot)),
        ...lines.flat(),
        ...(rest.length === 0
          ? []
          : [
              element('span'),
              element('span', {}, l10n.t('{0} more', count(rest.length))),
              element('span', { class: 'number' }, more),
            ]),
      );
      setHidden(root, false);
      const own = root.offsetWidth;
      const right = left + 14 + own <= width;
      root.style.left = `${right ? left + 14 : Math.max(0, left - 14 - own)}px`;
    },
  };
}
