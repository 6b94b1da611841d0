/** Several texts that grow at once, written one below the other: the uppermost that is not complete appears as it comes. */
export class Lanes {
  readonly #write: (text: string) => void;
  readonly #waiting: string[];
  readonly #ended: boolean[];
  #open = 0;

  constructor(count: number, write: (text: string) => void) {
    this.#write = write;
    this.#waiting = Array.from({ length: count }, () => '');
    this.#ended = Array.from({ length: count }, () => false);
  }

  lane(at: number): { write(text: string): void; end(): void } {
    return {
      write: (text) => {
        if (at === this.#open) this.#write(text);
        else this.#waiting[at] += text;
      },
      end: () => {
        this.#ended[at] = true;
        while (this.#ended[this.#open] === true) {
          this.#open += 1;
          const text = this.#waiting[this.#open];
          if (text !== undefined && text !== '') this.#write(text);
          this.#waiting[this.#open] = '';
        }
      },
    };
  }
}
