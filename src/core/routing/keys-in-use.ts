/** The requests that are on their way with each key, so that one that is revoked can be taken from them. */
export class KeysInUse {
  readonly #aborts = new Map<string, Set<() => void>>();

  /** Returns how to leave. `abort` is called at most once, and not after that. */
  enter(key: string, abort: () => void): () => void {
    const aborts = this.#aborts.get(key) ?? new Set();
    this.#aborts.set(key, aborts);
    aborts.add(abort);
    return () => {
      aborts.delete(abort);
      if (aborts.size === 0 && this.#aborts.get(key) === aborts) this.#aborts.delete(key);
    };
  }

  count(key: string): number {
    return this.#aborts.get(key)?.size ?? 0;
  }

  abort(key: string): void {
    const aborts = [...(this.#aborts.get(key) ?? [])];
    this.#aborts.delete(key);
    for (const abort of aborts) abort();
  }
}
