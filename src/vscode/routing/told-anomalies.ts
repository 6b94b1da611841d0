import type { Anomaly } from '../../core/ledger/anomalies/anomaly.ts';
import type { Burst } from '../../core/routing/limits/burst.ts';
import type { RoutingNews } from '../../core/routing/routing-state.ts';

/** What an agent was told of, and when; milliseconds since the epoch. */
export type ToldAnomaly = { readonly at: number; readonly paused: boolean } & (
  | { readonly kind: 'anomaly'; readonly anomaly: Anomaly }
  | { readonly kind: 'burst'; readonly burst: Burst }
);

/** Where they are kept; all windows share it. A part of the editor's Memento. */
interface Kept {
  get<T>(key: string, otherwise: T): T;
  update(key: string, value: unknown): Thenable<void>;
}

const KEY = 'gatehouse.toldAnomalies';
const MOST = 50;
const KEPT_MS = 90 * 86_400_000;

/** The latest anomalies of all windows, for whoever looks later: a notification is gone when it is closed. */
export class ToldAnomalies {
  readonly #kept: Kept;

  constructor(kept: Kept) {
    this.#kept = kept;
  }

  /** Keeps what is an anomaly. `now`: milliseconds since the epoch. */
  async hear(news: RoutingNews, now: number): Promise<void> {
    if (news.kind !== 'anomaly' && news.kind !== 'burst') return;
    await this.#kept.update(KEY, [{ at: now, ...news }, ...this.since(now - KEPT_MS)].slice(0, MOST));
  }

  /** Newest first. */
  since(since: number): readonly ToldAnomaly[] {
    return this.#kept.get<readonly ToldAnomaly[]>(KEY, []).filter(({ at }) => at >= since);
  }
}
