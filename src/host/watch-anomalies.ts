import type { AnomaliesConfig } from '../core/config/schema-anomalies.ts';
import type { AnomalyKind } from '../core/ledger/anomalies/anomaly.ts';
import { AnomalyWatch } from '../core/ledger/anomalies/anomaly-watch.ts';
import type { HostLedger, SettledRequest } from '../core/ledger/records.ts';
import type { Clock } from '../core/ports.ts';
import type { PausedAgents } from '../core/routing/limits/paused-agents.ts';
import type { RoutingNews } from '../core/routing/routing-state.ts';

const DAY_MS = 86_400_000;
const PAST_MS = 14 * DAY_MS;
const KINDS: readonly AnomalyKind[] = ['spend', 'errors', 'latency'];

interface Surroundings {
  readonly ledger: HostLedger;
  readonly paused: PausedAgents;
  readonly clock: Clock;
  readonly tell: (news: RoutingNews) => void;
}

/**
 * Watches what is settled, when it is written already: no request waits for it. The past is that of all windows and workspaces; what is
 * watched is what this gateway serves.
 */
export function watchAnomalies(
  { ledger, paused, clock, tell }: Surroundings,
  initial: AnomaliesConfig,
): { configure(config: AnomaliesConfig): void } {
  let config = initial;
  let kinds: readonly AnomalyKind[] = [];
  /** Undefined until the past is learned. */
  let watch: AnomalyWatch | undefined;
  let learning = false;

  const learn = (): void => {
    if (watch !== undefined || learning) return;
    learning = true;
    learnPast(ledger, clock.now(), (learned) => {
      learning = false;
      watch = learned;
    });
  };

  const look = (entry: SettledRequest, now: number): void => {
    for (const anomaly of watch?.saw(entry, kinds, now) ?? []) {
      // What was under way when it was paused is settled after.
      if (paused.has(anomaly.agent)) continue;
      const pauses = config[anomaly.kind] === 'pause';
      if (pauses) paused.pause(anomaly.agent);
      tell({ kind: 'anomaly', anomaly, paused: pauses });
    }
  };

  const configure = (next: AnomaliesConfig): void => {
    config = next;
    kinds = KINDS.filter((kind) => config[kind] !== 'off');
    // Who looks away for a while learns the past anew.
    if (kinds.length === 0) watch = undefined;
    else learn();
  };

  ledger.onSettled((settled) => {
    if (kinds.length === 0) return;
    learn();
    const now = clock.now();
    for (const entry of settled) look(entry, now);
  });
  configure(initial);
  return { configure };
}

/**
 * From the roll-ups, a day in each turn of the event loop. Measured for two weeks: 22 ms for three agents with two models each that work ten
 * hours a day; half a second, at most 30 ms at once, for twenty with three. `done` gets nothing where the book cannot be read.
 */
function learnPast(ledger: HostLedger, now: number, done: (learned: AnomalyWatch | undefined) => void): void {
  const watch = new AnomalyWatch();
  let from = now - PAST_MS;
  const learnDay = (): void => {
    const quarters = ledger.quarters(from, from + DAY_MS);
    if (quarters === undefined) return done(undefined);
    watch.learn(quarters);
    from += DAY_MS;
    if (from < now) setImmediate(learnDay);
    else done(watch);
  };
  setImmediate(learnDay);
}
