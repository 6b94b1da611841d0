/** The latest values of a figure: the oldest make room, and how they are spread can be asked at any time. */
export class Past {
  readonly #most: number;
  readonly #inOrder: number[] = [];
  readonly #sorted: number[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#inOrder.length;
  }

  add(value: number): void {
    this.#inOrder.push(value);
    this.#sorted.splice(this.#placeOf(value), 0, value);
    if (this.#inOrder.length <= this.#most) return;
    const oldest = this.#inOrder.shift() ?? 0;
    this.#sorted.splice(this.#placeOf(oldest), 1);
  }

  /** The least of the values that so much of them are not above (nearest rank); 0 where there is none. */
  quantile(share: number): number {
    return this.#sorted[Math.max(0, Math.ceil(share * this.#sorted.length) - 1)] ?? 0;
  }

  /** The first place whose value is not less. */
  #placeOf(value: number): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
