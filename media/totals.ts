import type { PanelTotals } from '../src/vscode/usage-panel/messages.ts';
import { sumShown } from './costs.ts';
import { element, setAttribute, setHidden, setText, syncChildren } from './elements.ts';
import { compact, count, plural } from './format.ts';

interface Figure {
  readonly root: HTMLElement;
  readonly value: HTMLElement;
}

export interface Totals {
  readonly root: HTMLElement;
  update(totals: PanelTotals): void;
}

/** The row of figures at the top. */
export function totalsRow(): Totals {
  const cost = figure('Cost');
  const requests = figure('Requests');
  const input = figure('Input tokens');
  const cached = figure('Cached tokens');
  const output = figure('Output tokens');
  const errors = figure('Errors');
  const notes = element('dd', { class: 'figure-notes' });
  const keptNotes = new Map<string, HTMLElement>();
  cost.root.append(notes);
  const all = [cost, requests, input, cached, output, errors];
  const root = element('dl', { class: 'figures' }, ...all.map((one) => one.root));

  return {
    root,
    update(totals) {
      const shown = sumShown(totals);
      put(cost, shown.text, shown.title);
      syncChildren(
        notes,
        keptNotes,
        shown.notes,
        (note) => note.means,
        () => element('span', { class: 'note' }, element('span'), element('span', { class: 'sr-only' })),
        (child, note) => {
          const [words, means] = child.children;
          if (words !== undefined) setText(words, note.words);
          if (means !== undefined) setText(means, `. ${note.means}`);
          setAttribute(child, 'title', note.means);
        },
      );
      setHidden(notes, shown.notes.length === 0);
      put(requests, compact(totals.requests), count(totals.requests));
      put(input, compact(totals.input), `${count(totals.input)}, not counting cached ones`);
      put(cached, compact(totals.cacheRead + totals.cacheWrite), cachedTitle(totals));
      put(output, compact(totals.output), outputTitle(totals));
      put(errors, compact(totals.errors), count(totals.errors));
      errors.value.classList.toggle('bad', totals.errors > 0);
    },
  };
}

export function cachedTitle(totals: Pick<PanelTotals, 'cacheRead' | 'cacheWrite'>): string {
  return `${count(totals.cacheRead)} read from the provider's cache, ${count(totals.cacheWrite)} written to it`;
}

export function outputTitle(totals: Pick<PanelTotals, 'output' | 'reasoning'>): string {
  const reasoning = totals.reasoning > 0 ? `, ${count(totals.reasoning)} of them reasoning` : '';
  return `${count(totals.output)}${reasoning}`;
}

/** The totals as a sentence for screen readers. */
export function totalsSentence(totals: PanelTotals): string {
  const shown = sumShown(totals);
  const parts = [
    `Cost ${shown.text}`,
    plural(totals.requests, 'request'),
    plural(totals.errors, 'error'),
    ...shown.notes.map((note) => note.words),
  ];
  return `${parts.join(', ')}.`;
}

function figure(label: string): Figure {
  const value = element('dd', { class: 'figure-value' });
  return { root: element('div', { class: 'figure' }, element('dt', {}, label), value), value };
}

function put(into: Figure, text: string, title: string): void {
  setText(into.value, text);
  setAttribute(into.value, 'title', title);
}
