import { element, setHidden } from './elements.ts';

export interface Choices<T extends string> {
  readonly root: HTMLElement;
  value(): T;
  set(value: T): void;
  /** Only these can be chosen; of a single one nothing is shown. */
  offer(values: readonly T[]): void;
}

/** A row of radio buttons that looks like one control. Native radios bring arrow keys, the Tab order and the words for screen readers. */
export function choices<T extends string>(
  name: string,
  label: string,
  words: Readonly<Record<T, string>>,
  values: readonly T[],
  initial: T,
  changed: (value: T) => void,
): Choices<T> {
  const root = element('div', { class: 'choices', role: 'radiogroup', 'aria-label': label });
  const inputs = new Map<T, HTMLInputElement>();
  for (const value of values) {
    const input = element('input', { type: 'radio', name, value });
    input.addEventListener('change', () => changed(value));
    inputs.set(value, input);
    root.append(element('label', {}, input, element('span', {}, words[value])));
  }
  const set = (value: T): void => {
    const input = inputs.get(value);
    if (input !== undefined && !input.checked) input.checked = true;
  };
  set(initial);
  return {
    root,
    set,
    value: () => values.find((value) => inputs.get(value)?.checked) ?? initial,
    offer(offered) {
      for (const [value, input] of inputs) {
        const label = input.parentElement;
        if (label !== null) setHidden(label, !offered.includes(value));
      }
      setHidden(root, offered.length < 2);
    },
  };
}
