import type { Headroom } from './headroom.ts';
import { placeId, type Place } from './health.ts';
import type { Hold } from './hold.ts';
import { Latency } from './latency.ts';
import { Recent } from './recent.ts';
import { isHeld, newScope, type Scope, type ScopeKind } from './scope.ts';

export interface PlaceRecord {
  readonly place: Place;
  readonly scope: Scope;
  readonly latency: Latency;
  headroom: Headroom | undefined;
}

const MOST_PLACES = 5000;
const NOTHING: readonly Hold[] = [];

/**
 * What is known, by place and by what places share. A place of which nothing is known has no record, and what is shared has one only
 * while there is something against it: so the question asked for each request is one look into a map.
 */
export class PlaceRecords {
  readonly #places = new Recent<PlaceRecord>(MOST_PLACES);
  readonly #shared: Readonly<Record<Exclude<ScopeKind, 'place'>, Recent<Scope>>> = {
    key: new Recent(MOST_PLACES),
    target: new Recent(MOST_PLACES),
    provider: new Recent(MOST_PLACES),
  };

  touch(place: Place): PlaceRecord | undefined {
    return this.#places.get(placeId(place));
  }

  peek(place: Place): PlaceRecord | undefined {
    return this.#places.peek(placeId(place));
  }

  obtain(place: Place): PlaceRecord {
    return this.#places.obtain(placeId(place), () => ({
      place: { provider: place.provider, model: place.model, key: place.key },
      scope: newScope(),
      latency: new Latency(),
      headroom: undefined,
    }));
  }

  /** The scope of that kind that the place belongs to, if there is anything against it. */
  scope(kind: ScopeKind, place: Place): Scope | undefined {
    if (kind === 'place') return this.peek(place)?.scope;
    return this.#shared[kind].size === 0 ? undefined : this.#shared[kind].peek(ID[kind](place));
  }

  obtainScope(kind: ScopeKind, place: Place): Scope {
    return kind === 'place' ? this.obtain(place).scope : this.#shared[kind].obtain(ID[kind](place), newScope);
  }

  /** Forgets what is shared where nothing is left to say of it. */
  tidy(place: Place): void {
    for (const kind of ['key', 'target', 'provider'] as const) {
      const scope = this.scope(kind, place);
      if (scope !== undefined && scope.strikes === 0 && !isHeld(scope)) this.#shared[kind].delete(ID[kind](place));
    }
  }

  /** Everything that is held against a place, gravest first. */
  holds(place: Place, record: PlaceRecord | undefined): readonly Hold[] {
    const own = record?.scope;
    const key = this.scope('key', place);
    const provider = this.scope('provider', place);
    const target = this.scope('target', place);
    if (key === undefined && provider === undefined && target === undefined && (own === undefined || !isHeld(own))) return NOTHING;
    return [key?.dead, own?.dead, own?.quota, own?.cooldown, provider?.open, target?.open, own?.open].filter(
      (hold) => hold !== undefined,
    );
  }

  records(): PlaceRecord[] {
    return [...this.#places.entries()].map(([, record]) => record);
  }

  scopes(): { readonly kind: ScopeKind; readonly scope: Scope }[] {
    const own = this.records().map(({ scope }) => ({ kind: 'place' as const, scope }));
    const shared = (['key', 'target', 'provider'] as const).flatMap((kind) =>
      [...this.#shared[kind].entries()].map(([, scope]) => ({ kind, scope })),
    );
    return [...own, ...shared];
  }
}

const ID = {
  key: ({ provider, key }: Place) => `${provider}\n${key ?? ''}`,
  target: ({ provider, model }: Place) => `${provider}\n${model}`,
  provider: ({ provider }: Place) => provider,
};
