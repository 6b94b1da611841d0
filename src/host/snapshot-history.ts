import type { Clock } from '../core/ports.ts';
import type { Snapshot } from '../core/routing/snapshot.ts';

/** Without the keys: those that are no longer in use are nowhere kept. */
export type PastSettings = Pick<Snapshot, 'providers' | 'priceRules' | 'timeouts'>;

interface Era {
  readonly snapshot: PastSettings;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/**
 * The settings as they were when a request began: that is what it is priced by, also where a price was changed or a provider was
 * removed while it ran. Kept for as long as a request may run on them.
 */
export class SnapshotHistory {
  readonly #clock: Clock;
  /** The latest first. */
  #eras: readonly Era[];

  constructor(snapshot: Snapshot, clock: Clock) {
    this.#clock = clock;
    this.#eras = [{ snapshot: settingsOf(snapshot), since: Number.NEGATIVE_INFINITY }];
  }

  swapped(snapshot: Snapshot): void {
    const now = this.#clock.now();
    // The end of an era is the beginning of the next one.
    const living = this.#eras.filter((era, at) => (this.#eras[at - 1]?.since ?? now) + era.snapshot.timeouts.total >= now);
    this.#eras = [{ snapshot: settingsOf(snapshot), since: now }, ...living];
  }

  /** `at`: when the request began, in milliseconds since the epoch. */
  at(at: number): PastSettings {
    return (this.#eras.find(({ since }) => since <= at) ?? this.#eras.at(-1)!).snapshot;
  }
}

function settingsOf({ providers, priceRules, timeouts }: Snapshot): PastSettings {
  return { providers, priceRules, timeouts };
}
