import { placeId, type Place } from './health.ts';
import type { Hold } from './hold.ts';

export interface News {
  readonly place: Place;
  readonly state: 'dead' | 'open' | 'well';
  /** What makes it so; undefined where it is well. */
  readonly hold: Hold | undefined;
}

interface Watched {
  readonly place: Place;
  /** State and reason as they were last told. */
  told: string;
}

/**
 * Tells each change once. A key that is dead at fifty models is one piece of news: it is told for the place where it was noticed, and
 * its end, wherever that is noticed, for the same place.
 */
export class HealthNews {
  readonly #watched = new Map<string, Watched>();

  /** `restored`: it was told before a restart. Its end will be told now, and so will a verdict that confirms it. */
  watch(place: Place, restored = false): void {
    const id = placeId(place);
    if (!this.#watched.has(id)) this.#watched.set(id, { place, told: restored ? 'restored' : 'well' });
  }

  /** What is new with this provider. `holds`: what is held against a place, gravest first. */
  of(provider: string, holds: (place: Place) => readonly Hold[], now: number): readonly News[] {
    const news: News[] = [];
    for (const [id, watched] of this.#watched) {
      const { place } = watched;
      if (place.provider !== provider) continue;
      const hold = holds(place).find(({ kind }) => kind === 'dead' || kind === 'open');
      // Something graver from elsewhere lies over it, and is told there.
      if (hold !== undefined && placeId(hold.place) !== id) continue;
      // Waits for its probe: nothing new before that is back.
      if (hold !== undefined && now >= hold.until) continue;
      const state = hold === undefined ? 'well' : hold.kind === 'dead' ? 'dead' : 'open';
      const telling = hold === undefined ? state : `${state} ${hold.why}`;
      if (hold === undefined) this.#watched.delete(id);
      if (watched.told === telling) continue;
      watched.told = telling;
      news.push({ place, state, hold });
    }
    return news;
  }
}
