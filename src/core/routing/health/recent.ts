/**
 * A map of bounded size: what was touched longest ago goes first. Places are named by models that agents ask for, so anybody with a
 * token can invent new ones without end.
 */
export class Recent<Value> {
  readonly #held = new Map<string, Value>();
  readonly #most: number;
  /** One request touches its place several times in a row, and moving an entry of a map costs as much as making one. */
  #latest: string | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Touches it. While there is room for as many again nobody is about to go, and the order can wait: a pool of ten moves one each time. */
  get(id: string): Value | undefined {
    const value = this.#held.get(id);
    if (value === undefined || id === this.#latest || this.#held.size * 2 < this.#most) return value;
    this.#held.delete(id);
    this.#held.set(id, value);
    this.#latest = id;
    return value;
  }

  /** Does not touch it. */
  peek(id: string): Value | undefined {
    return this.#held.get(id);
  }

  obtain(id: string, create: () => Value): Value {
    const known = this.get(id);
    if (known !== undefined) return known;
    const created = create();
    this.#held.set(id, created);
    this.#latest = id;
    if (this.#held.size > this.#most) {
      for (const oldest of this.#held.keys()) {
        this.#held.delete(oldest);
        break;
      }
    }
    return created;
  }

  delete(id: string): void {
    this.#held.delete(id);
  }

  entries(): Iterable<[string, Value]> {
    return this.#held.entries();
  }
}
