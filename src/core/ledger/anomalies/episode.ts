const COOL_DOWN_MS = 60 * 60_000;

interface Judged {
  isOver(): boolean;
  /** Well below the limit, so that what swings about it is one episode. */
  isCalm(): boolean;
}

/** When something of its kind was told last; several troubles may share it. */
export interface LastTold {
  at: number;
}

/** One trouble is told once: again only when it was over meanwhile, and not within the hour. */
export class Episode {
  readonly #told: LastTold;
  #lasts = false;

  constructor(told: LastTold = { at: -Infinity }) {
    this.#told = told;
  }

  /** True: to be told now. */
  begins(judged: Judged, now: number): boolean {
    if (this.#lasts) this.#lasts = !judged.isCalm();
    if (this.#lasts || now - this.#told.at < COOL_DOWN_MS || !judged.isOver()) return false;
    this.#lasts = true;
    this.#told.at = now;
    return true;
  }
}
