import type { Clock } from '../core/ports.ts';
import type { RoutingNews } from '../core/routing/routing-state.ts';

const SAME_TROUBLE_MS = 15 * 60_000;

/** A loop is seen by its requests and by its money, a provider in trouble by its errors and by its delays. */
const TROUBLES = { burst: 'runs away', spend: 'runs away', errors: 'is served badly', latency: 'is served badly' } as const;

/**
 * Passes news on, but not what was told in other words a moment ago: of one trouble of an agent the first to see it tells. What pauses an
 * agent is always told.
 */
export function sayOnce(clock: Clock, tell: (news: RoutingNews) => void): (news: RoutingNews) => void {
  const told = new Map<string, { readonly by: string; readonly at: number }>();
  return (news) => {
    if (news.kind === 'burst' || news.kind === 'anomaly') {
      const agent = news.kind === 'burst' ? news.burst.agent : news.anomaly.agent;
      const by = news.kind === 'burst' ? 'burst' : news.anomaly.kind;
      const trouble = `${agent} ${TROUBLES[by]}`;
      const before = told.get(trouble);
      const now = clock.monotonic();
      if (before !== undefined && before.by !== by && now - before.at < SAME_TROUBLE_MS && !news.paused) return;
      told.set(trouble, { by, at: now });
    }
    tell(news);
  };
}
