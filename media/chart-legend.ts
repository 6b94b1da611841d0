import * as l10n from '@vscode/l10n';
import type { ChartTheme } from './chart-fills.ts';
import { element, setAttribute, setText, syncChildren } from './elements.ts';
import { visibleName } from './visible-name.ts';

export interface LegendEntry {
  readonly name: string;
  readonly place: number;
  readonly shown: boolean;
}

export interface Legend {
  readonly root: HTMLElement;
  update(entries: readonly LegendEntry[], theme: ChartTheme): void;
}

/** Each entry is a toggle button: pressed means drawn. */
export function chartLegend(
  paint: (swatch: HTMLCanvasElement, theme: ChartTheme, place: number) => void,
  toggled: (name: string) => void,
): Legend {
  const kept = new Map<string, HTMLElement>();
  const painted = new WeakMap<HTMLElement, { theme: ChartTheme; place: number }>();
  const root = element('div', { class: 'legend', role: 'group', 'aria-label': l10n.t('Series shown in the chart') });
  return {
    root,
    update(entries, theme) {
      syncChildren(
        root,
        kept,
        entries,
        (entry) => entry.name,
        (entry) => {
          const button = element(
            'button',
            { type: 'button' },
            element('canvas', { class: 'swatch', 'aria-hidden': 'true' }),
            element('bdi', { class: 'name' }),
          );
          button.addEventListener('click', () => toggled(entry.name));
          return button;
        },
        (button, entry) => {
          const [swatch, words] = button.children;
          const name = visibleName(entry.name);
          if (words !== undefined) setText(words, name);
          setAttribute(button, 'title', name);
          setAttribute(button, 'aria-pressed', String(entry.shown));
          const before = painted.get(button);
          if (swatch instanceof HTMLCanvasElement && (before?.theme !== theme || before.place !== entry.place)) {
            paint(swatch, theme, entry.place);
            painted.set(button, { theme, place: entry.place });
          }
        },
      );
    },
  };
}
