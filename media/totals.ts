import * as l10n from '@vscode/l10n';
import type { PanelTotals } from '../src/vscode/usage-panel/messages.ts';
import { cacheHits, savedShown, sumShown } from './costs.ts';
import { element, setAttribute, setHidden, setText, syncChildren } from './elements.ts';
import { compact, count, percentage } from './format.ts';

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
  const cost = figure(l10n.t('Cost'));
  const requests = figure(l10n.t('Requests'));
  const errors = figure(l10n.t('Errors'));
  const input = figure(l10n.t('Input tokens'));
  const cached = figure(l10n.t('Cached tokens'));
  const output = figure(l10n.t('Output tokens'));
  const hits = figure(l10n.t('Cache hits'));
  const saved = figure(l10n.t('Saved by caching'));
  const notes = element('dd', { class: 'figure-notes' });
  const keptNotes = new Map<string, HTMLElement>();
  cost.root.append(notes);
  const all = [cost, requests, errors, input, cached, output, hits, saved];
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
      put(errors, compact(totals.errors), count(totals.errors));
      errors.value.classList.toggle('bad', totals.errors > 0);
      put(input, compact(totals.input), l10n.t('{0}, not counting cached ones', count(totals.input)));
      put(cached, compact(totals.cacheRead + totals.cacheWrite), cachedTitle(totals));
      put(output, compact(totals.output), outputTitle(totals));
      const share = cacheHits(totals);
      put(
        hits,
        share === undefined ? '–' : percentage(share),
        l10n.t('Of all input tokens those that came from the provider cache.'),
      );
      const gain = savedShown(totals);
      put(saved, gain.text, gain.title);
    },
  };
}

export function cachedTitle(totals: Pick<PanelTotals, 'cacheRead' | 'cacheWrite'>): string {
  return l10n.t("{0} read from the provider's cache, {1} written to it", count(totals.cacheRead), count(totals.cacheWrite));
}

export function outputTitle({ output, reasoning }: Pick<PanelTotals, 'output' | 'reasoning'>): string {
  return reasoning > 0 ? l10n.t('{0}, {1} of them reasoning', count(output), count(reasoning)) : count(output);
}

/** The totals as a sentence for screen readers. */
export function totalsSentence(totals: PanelTotals): string {
  const shown = sumShown(totals);
  const { requests, errors } = totals;
  const parts = [
    l10n.t('Cost {0}', shown.text),
    requests === 1 ? l10n.t('1 request') : l10n.t('{0} requests', count(requests)),
    errors === 1 ? l10n.t('1 error') : l10n.t('{0} errors', count(errors)),
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
