import type { RunningRequest } from '../../core/gateway/running-requests.ts';
import type { SettledRequest } from '../../core/ledger/records.ts';
import type { EditorHost } from '../editor-host.ts';

/** So many settled requests are shown. */
const LATEST = 50;
/** A request that has ended is in the ledger a moment later; one that is not booked never is. */
const FAREWELL_MS = 2000;

/** What it needs of the editor's side of the gateway. */
export interface FeedHost extends Pick<EditorHost, 'onActivity' | 'onSettled' | 'onChanged'> {
  readonly gateway: Pick<EditorHost['gateway'], 'state' | 'call'>;
}

/**
 * The requests on their way and the latest ones, for as long as somebody looks. Otherwise the gateway tells nothing of the former, and
 * nothing is kept of either.
 */
export class ActivityFeed {
  readonly #host: FeedHost;
  readonly #running = new Map<string, RunningRequest>();
  readonly #leaving = new Map<string, NodeJS.Timeout>();
  readonly #changed: () => void;
  readonly #subscriptions: readonly { dispose(): unknown }[];
  #latest: readonly SettledRequest[] = [];
  #looking = false;
  /** The life of the gateway that tells us; another one knows nothing of it. */
  #told: unknown;

  /** `changed` is called whenever there is something else to show. */
  constructor(host: FeedHost, changed: () => void) {
    this.#host = host;
    this.#changed = changed;
    this.#subscriptions = [
      host.onActivity((event) => {
        if (event.event !== 'activity' || !this.#looking) return;
        for (const request of event.changed) this.#running.set(request.id, request);
        for (const id of event.ended) this.#endOf(id);
        this.#changed();
      }),
      host.onSettled((requests) => {
        if (!this.#looking) return;
        for (const { id } of requests) this.#forget(id);
        this.#latest = newest([...requests, ...this.#latest]);
        this.#changed();
      }),
      host.onChanged(() => {
        if (this.#looking && this.#told !== host.gateway.state) void this.#begin();
      }),
    ];
  }

  get running(): readonly RunningRequest[] {
    return [...this.#running.values()];
  }

  /** Newest first. */
  get latest(): readonly SettledRequest[] {
    return this.#latest;
  }

  look(looking: boolean): void {
    if (looking === this.#looking) return;
    this.#looking = looking;
    if (looking) return void this.#begin();
    this.#clear();
    this.#told = undefined;
    void this.#host.gateway.call('watchActivity', false).catch(() => {});
  }

  dispose(): void {
    this.#clear();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #begin(): Promise<void> {
    const { state } = this.#host.gateway;
    this.#told = state;
    for (const id of this.#running.keys()) this.#forget(id);
    if (state.phase !== 'running') return this.#changed();
    try {
      // What settles between the two answers comes as an event as well.
      const running = await this.#host.gateway.call('watchActivity', true);
      if (!this.#looking || this.#told !== state) return;
      for (const request of running) this.#running.set(request.id, request);
      const latest = await this.#host.gateway.call('requests', { limit: LATEST });
      if (!this.#looking || this.#told !== state) return;
      this.#latest = newest([...this.#latest, ...latest]);
      for (const { id } of latest) this.#forget(id);
    } catch {
      // It is gone again: the next one is asked.
    }
    this.#changed();
  }

  /** It has ended: it stands there until the ledger has it. */
  #endOf(id: string): void {
    if (!this.#running.has(id)) return;
    const timer = setTimeout(() => {
      this.#forget(id);
      this.#changed();
    }, FAREWELL_MS);
    this.#leaving.set(id, timer);
  }

  #forget(id: string): void {
    this.#running.delete(id);
    clearTimeout(this.#leaving.get(id));
    this.#leaving.delete(id);
  }

  #clear(): void {
    for (const id of this.#running.keys()) this.#forget(id);
    this.#latest = [];
  }
}

/** Each once; ids sort by time. */
function newest(requests: readonly SettledRequest[]): readonly SettledRequest[] {
  const byId = new Map(requests.map((request) => [request.id, request]));
  return [...byId.values()].toSorted((a, b) => (a.id < b.id ? 1 : -1)).slice(0, LATEST);
}
