import { placeId, type Place } from './health/health.ts';

/** How many requests of ours each place is working on. */
export class Running {
  readonly #counts = new Map<string, number>();

  /** Returns how to leave; only the first call counts. */
  enter(place: Place): () => void {
    const name = placeId(place);
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const count = (this.#counts.get(name) ?? 1) - 1;
      if (count === 0) this.#counts.delete(name);
      else this.#counts.set(name, count);
    };
  }

  at(place: Place): number {
    return this.#counts.get(placeId(place)) ?? 0;
  }
}
