import type { ShownCost } from './costs.ts';
import { element, setAttribute, setText } from './elements.ts';

/** A cell that keeps its nodes: an update writes only the words that changed. */
export interface Cell {
  readonly root: HTMLTableCellElement;
  set(text: string, title?: string): void;
}

export function numberCell(): Cell {
  return textIn(element('td', { class: 'number' }));
}

/** A name of any length on one line; the title holds all of it. */
export function nameCell(tag: 'td' | 'th' = 'td'): Cell {
  const text = element('bdi', { class: 'name' });
  const root = element(tag, tag === 'th' ? { scope: 'row' } : {}, text);
  return {
    root,
    set(words, title = words) {
      setText(text, words);
      setAttribute(text, 'title', title);
    },
  };
}

export interface CostCell {
  readonly root: HTMLTableCellElement;
  set(cost: ShownCost): void;
}

/** Notes stand left of the figure or under it, so that the figures keep one right edge. */
export function costCell(notesStand: 'left' | 'under'): CostCell {
  const notes = element('span', { class: `note ${notesStand}` });
  const value = element('span', { class: 'cost' });
  const root = element('td', { class: 'number' }, ...(notesStand === 'left' ? [notes, value] : [value, notes]));
  return {
    root,
    set(cost) {
      const words = cost.notes.map((note) => note.words).join(', ');
      setText(notes, words === '' || notesStand === 'under' ? words : `${words} `);
      setAttribute(notes, 'title', cost.notes.length === 0 ? undefined : cost.notes.map((note) => note.means).join(' '));
      setText(value, cost.text);
      setAttribute(value, 'title', cost.title);
      // Amounts of two and of four places share one decimal point: the style sheet adds the width of two digits to the shorter, where the
      // language writes the sign of the dollar before them.
      value.classList.toggle('two-places', cost.places === 2 && /\d$/.test(cost.text));
    },
  };
}

/** A share of it all as a bar and in words. */
export function shareCell(): { readonly root: HTMLTableCellElement; set(share: number, words: string): void } {
  const bar = element('span', { class: 'share-bar' });
  const words = element('span', { class: 'share-words' });
  const track = element('span', { class: 'share-track', 'aria-hidden': 'true' }, bar);
  return {
    root: element('td', { class: 'number column-share' }, track, words),
    set(share, text) {
      setText(words, text);
      const width = `${(Math.min(1, Math.max(0, share)) * 100).toFixed(1)}%`;
      if (bar.style.width !== width) bar.style.width = width;
    },
  };
}

function textIn(root: HTMLTableCellElement): Cell {
  return {
    root,
    set(text, title) {
      setText(root, text);
      setAttribute(root, 'title', title);
    },
  };
}
