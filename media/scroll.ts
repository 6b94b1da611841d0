/** Writing it down at every step of a scroll would be work for nothing. */
const restMs = 200;

export interface ScrollKeeper {
  /** Goes where the tab was left, once after the page was loaded or another tab was shown. */
  restore(tab: string): void;
}

/** Remembers how far down each tab was read. */
export function keepScroll(
  current: () => string,
  initial: Readonly<Record<string, number>>,
  changed: (tops: Readonly<Record<string, number>>) => void,
): ScrollKeeper {
  let tops = initial;
  let restored: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener(
    'scroll',
    () => {
      // Before it was restored, the page is short and the place is not a person's.
      if (restored !== current()) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        if (tops[current()] === window.scrollY) return;
        tops = { ...tops, [current()]: window.scrollY };
        changed(tops);
      }, restMs);
    },
    { passive: true },
  );
  return {
    restore(tab) {
      if (restored === tab) return;
      restored = tab;
      window.scrollTo(0, tops[tab] ?? 0);
    },
  };
}
