import type { Clock, Timer, Timers } from '../../core/ports.ts';
import type { KeyInfo } from './key-info.ts';
import type { KeyStore } from './key-store.ts';

/** A minute's sleep of the machine must not cost a day: the clock is looked at again this often. */
const LONGEST_WAIT_MS = 60_000;
/** After the store could not be written. */
const RETRY_MS = 10_000;

/**
 * Erases the former values of rotated keys when their time is over. Nothing is kept of when that is but the time of the rotation, so that it
 * holds over a restart; every window does it, and the first one that comes has done it for all.
 */
export class FormerValues {
  readonly #store: Pick<KeyStore, 'eraseFormer'>;
  readonly #overlapMs: () => number;
  readonly #erased: (key: KeyInfo) => void;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #timers: Timers;
  #timer: Timer | undefined;
  #keys: readonly KeyInfo[] = [];

  constructor(
    store: Pick<KeyStore, 'eraseFormer'>,
    overlapMs: () => number,
    erased: (key: KeyInfo) => void,
    clock: Pick<Clock, 'now'>,
    timers: Timers,
  ) {
    this.#store = store;
    this.#overlapMs = overlapMs;
    this.#erased = erased;
    this.#clock = clock;
    this.#timers = timers;
  }

  /** The keys as they are now; to be told of every change of them and of the setting. */
  watch(keys: readonly KeyInfo[]): void {
    this.#keys = keys.filter(({ formerLastFour }) => formerLastFour !== undefined);
    this.#look();
  }

  dispose(): void {
    this.#timer?.cancel();
    this.#keys = [];
  }

  #look(): void {
    this.#timer?.cancel();
    const now = this.#clock.now();
    const due = this.#keys.filter((key) => formerUntil(key, this.#overlapMs()) <= now);
    if (due.length > 0) {
      this.#keys = this.#keys.filter((key) => !due.includes(key));
      for (const key of due) void this.#erase(key);
    }
    const next = Math.min(...this.#keys.map((key) => formerUntil(key, this.#overlapMs()) - now));
    if (next < Infinity) this.#timer = this.#timers.after(Math.min(next, LONGEST_WAIT_MS), () => this.#look());
  }

  async #erase(key: KeyInfo): Promise<void> {
    try {
      if (await this.#store.eraseFormer(key.id)) this.#erased(key);
    } catch {
      this.#timers.after(RETRY_MS, () => {
        this.#keys = [...this.#keys.filter(({ id }) => id !== key.id), key];
        this.#look();
      });
    }
  }
}

/** When the former value of a key is erased. */
function formerUntil({ rotatedAt, createdAt }: Pick<KeyInfo, 'rotatedAt' | 'createdAt'>, overlapMs: number): number {
  return (rotatedAt ?? createdAt) + overlapMs;
}
