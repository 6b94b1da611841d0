import type { OpenedRequest } from './records.ts';

/** So many at once are written as rows, so that the notes do not grow without end. Below, one write for all of them is cheaper than a transaction. */
const MANY = 500;

/** Who waits until it is on disk that a request will be asked. */
export class Openings {
  readonly #note: (requests: readonly OpenedRequest[]) => boolean;
  readonly #write: () => void;
  /** Opened in this turn of the event loop. */
  #asked: { readonly request: OpenedRequest; readonly resolve: () => void }[] = [];
  #waiting: (() => void)[] = [];

  /** `note` tells whether it could; else `write` is called, after which somebody calls `written`. */
  constructor(note: (requests: readonly OpenedRequest[]) => boolean, write: () => void) {
    this.#note = note;
    this.#write = write;
  }

  wait(request: OpenedRequest): Promise<void> {
    return new Promise((resolve) => {
      this.#asked.push({ request, resolve });
      if (this.#asked.length === 1) setImmediate(() => this.#turnEnded());
    });
  }

  written(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** What one turn of the event loop brings is one write; where it cannot be noted, or is much, it is one transaction. */
  #turnEnded(): void {
    const asked = this.#asked;
    this.#asked = [];
    if (asked.length < MANY && this.#note(asked.map(({ request }) => request))) {
      for (const { resolve } of asked) resolve();
      return;
    }
    this.#waiting.push(...asked.map(({ resolve }) => resolve));
    this.#write();
  }
}
