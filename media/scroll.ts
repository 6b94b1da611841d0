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
  /** Where to go as soon as the page is long enough: charts come late, and a frame that is being restored has no height at first. */
  let wanted: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const go = (): void => {
    if (wanted === undefined) return;
    window.scrollTo(0, wanted);
    if (Math.abs(window.scrollY - wanted) < 1) wanted = undefined;
  };
  const write = (): void => {
    timer = undefined;
    // On the way to its place the page is nowhere that a person has chosen.
    if (wanted !== undefined || restored !== current() || tops[current()] === window.scrollY) return;
    tops = { ...tops, [current()]: window.scrollY };
    changed(tops);
  };
  const sizes = new ResizeObserver(go);
  sizes.observe(document.body);
  window.addEventListener('resize', go);
  for (const input of ['wheel', 'keydown', 'pointerdown'])
    window.addEventListener(input, () => (wanted = undefined), { passive: true });
  document.addEventListener('scroll', () => (timer ??= setTimeout(write, restMs)), { passive: true });

  return {
    restore(tab) {
      if (restored === tab) return;
      restored = tab;
      wanted = tops[tab] ?? 0;
      go();
    },
  };
}
