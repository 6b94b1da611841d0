/** What a pace needs of the world. */
export interface PaceClock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Returns what cancels it. */
  later(run: () => void, ms: number): () => void;
}

/** A panel that is open is redrawn at most this often, however many requests settle. */
const REDRAW_MS = 1000;
/** And so rarely that reading takes at most a twentieth of the time. */
const REST = 19;

/**
 * When a panel is drawn: at once where a person asks for it, at its pace where requests settle, never twice at a time, and not at all
 * while nothing happens.
 */
export class Pace {
  readonly #draw: () => Promise<void>;
  readonly #clock: PaceClock;
  #cancel: (() => void) | undefined;
  #drawing = false;
  #again: 'now' | 'later' | undefined;
  #next = 0;

  constructor(draw: () => Promise<void>, clock: PaceClock) {
    this.#draw = draw;
    this.#clock = clock;
  }

  /** A person waits for it. */
  now(): void {
    if (this.#drawing) {
      this.#again = 'now';
      return;
    }
    this.#cancel?.();
    void this.#run();
  }

  /** Something settled. */
  later(): void {
    if (this.#drawing) this.#again ??= 'later';
    else this.#cancel ??= this.#clock.later(() => void this.#run(), Math.max(REDRAW_MS, this.#next - this.#clock.now()));
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#again = undefined;
  }

  async #run(): Promise<void> {
    this.#cancel = undefined;
    this.#drawing = true;
    const began = this.#clock.now();
    await this.#draw();
    const ended = this.#clock.now();
    this.#next = ended + REST * (ended - began);
    this.#drawing = false;
    const again = this.#again;
    this.#again = undefined;
    if (again === 'now') this.now();
    else if (again === 'later') this.later();
  }
}
