import * as l10n from '@vscode/l10n';
import { element, setText } from './elements.ts';
import { count } from './format.ts';

/** Every word of the filter has to be in one of the texts, in any case of letters. */
export function matches(filter: string, texts: readonly string[]): boolean {
  const lower = texts.map((text) => text.toLocaleLowerCase());
  return filter
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => lower.some((text) => text.includes(word)));
}

export interface Filter {
  readonly root: HTMLElement;
  value(): string;
  set(value: string): void;
  /** Says how much of it all is shown. */
  tell(shown: number, of: number): void;
}

export function filterBox(initial: string, changed: (value: string) => void): Filter {
  const input = element('input', {
    type: 'search',
    class: 'filter-input',
    placeholder: l10n.t('Filter by name'),
    'aria-label': l10n.t('Filter by name'),
    spellcheck: 'false',
  });
  const told = element('span', { class: 'quiet', role: 'status' });
  input.value = initial;
  input.addEventListener('input', () => changed(input.value));
  return {
    root: element('div', { class: 'filter' }, input, told),
    value: () => input.value,
    set(value) {
      if (input.value !== value) input.value = value;
    },
    tell(shown, of) {
      setText(told, input.value.trim() === '' ? '' : l10n.t('{0} of {1} shown', count(shown), count(of)));
    },
  };
}
