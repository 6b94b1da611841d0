import type { RunningRequest } from '../core/gateway/running-requests.ts';
import { runningOf, type RunningEntry, type RunningRequests } from '../core/gateway/running-requests.ts';
import type { Timer, Timers } from '../core/ports.ts';

/** What became of requests on their way since the last report. Those that have ended are in the ledger a moment later. */
export interface ActivityReport {
  readonly changed: readonly RunningRequest[];
  /** Ids. One that began and ended since the last report is in neither list. */
  readonly ended: readonly string[];
}

/** Four times a second at most, however much happens. */
const REPORT_MS = 250;

/** Tells what happens with the requests on their way, in batches. Returns those that are under way now. */
export function watchActivity(
  running: RunningRequests,
  timers: Timers,
  tell: (report: ActivityReport) => void,
): { readonly now: readonly RunningRequest[]; stop(): void } {
  const changed = new Map<string, RunningEntry>();
  const ended = new Set<string>();
  const told = new Set(running.all().map(({ id }) => id));
  let timer: Timer | undefined;
  const report = (): void => {
    timer = undefined;
    if (changed.size === 0 && ended.size === 0) return;
    const requests = [...changed.values()].map(runningOf);
    for (const { id } of requests) told.add(id);
    tell({ changed: requests, ended: [...ended] });
    changed.clear();
    ended.clear();
  };
  const soon = (): void => {
    timer ??= timers.after(REPORT_MS, report);
  };
  running.watch({
    changed(entry) {
      changed.set(entry.request.id, entry);
      soon();
    },
    ended(id) {
      changed.delete(id);
      if (!told.delete(id)) return;
      ended.add(id);
      soon();
    },
  });
  return {
    now: running.all(),
    stop() {
      timer?.cancel();
      running.watch(undefined);
    },
  };
}
