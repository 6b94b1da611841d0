import { element, setAttribute, setHidden } from './elements.ts';

export interface Tabs<T extends string> {
  readonly list: HTMLElement;
  readonly panels: readonly HTMLElement[];
  readonly value: () => T;
  show(tab: T): void;
}

/** One is shown; the list is one stop of the Tab key, and arrows go from tab to tab. */
export function tabs<T extends string>(
  label: string,
  entries: readonly { readonly tab: T; readonly words: string; readonly content: readonly HTMLElement[] }[],
  initial: T,
  chosen: (tab: T) => void,
): Tabs<T> {
  const list = element('div', { class: 'tabs', role: 'tablist', 'aria-label': label });
  let current = initial;
  const made = entries.map(({ tab, words, content }) => {
    const button = element('button', { type: 'button', role: 'tab', id: `tab-${tab}`, 'aria-controls': `panel-${tab}` }, words);
    const panel = element(
      'div',
      { class: `tab-panel ${tab}-panel`, role: 'tabpanel', id: `panel-${tab}`, 'aria-labelledby': `tab-${tab}` },
      ...content,
    );
    button.addEventListener('click', () => choose(tab));
    list.append(button);
    return { tab, button, panel };
  });

  const show = (tab: T): void => {
    current = tab;
    for (const one of made) {
      setAttribute(one.button, 'aria-selected', String(one.tab === tab));
      setAttribute(one.button, 'tabindex', one.tab === tab ? undefined : '-1');
      setHidden(one.panel, one.tab !== tab);
    }
  };
  const choose = (tab: T): void => {
    if (tab === current) return;
    show(tab);
    chosen(tab);
  };

  list.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = made.findIndex((one) => one.tab === current);
    const last = made.length - 1;
    const next = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    const one = next === undefined ? undefined : made[next];
    if (one === undefined) return;
    event.preventDefault();
    choose(one.tab);
    one.button.focus();
  });
  show(initial);
  return { list, panels: made.map(({ panel }) => panel), value: () => current, show };
}
