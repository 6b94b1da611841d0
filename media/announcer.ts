import { element, setText } from './elements.ts';

const pauseMs = 10_000;

export interface Announcer {
  readonly root: HTMLElement;
  say(sentence: string): void;
}

/** A polite live region that speaks at most once in ten seconds and then says the latest: a busy agent must not talk a screen reader down. */
export function announcer(): Announcer {
  const root = element('p', { class: 'sr-only', 'aria-live': 'polite', 'aria-atomic': 'true' });
  let spokenAt = -Infinity;
  let waiting: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const speak = (): void => {
    timer = undefined;
    if (waiting === undefined) return;
    spokenAt = performance.now();
    setText(root, waiting);
    waiting = undefined;
  };

  return {
    root,
    say(sentence) {
      if (sentence === root.textContent) {
        waiting = undefined;
        return;
      }
      waiting = sentence;
      if (timer !== undefined) return;
      const rest = spokenAt + pauseMs - performance.now();
      if (rest <= 0) speak();
      else timer = setTimeout(speak, rest);
    },
  };
}
