import type { Clock, Timer, Timers } from '../../ports.ts';
import type { AuditEvent } from './audit-event.ts';

/** More than this `setTimeout` does not take. */
const LONGEST_MS = 24 * 60 * 60 * 1000;
const TOKENS_PAUSE_MS = 60_000;

type Summed = Extract<AuditEvent, { readonly requests: number }>;

export interface AuditSums {
  /** Passes an event on, at once or in a sum. */
  readonly audit: (event: AuditEvent) => void;
  /** Passes on what is summed up so far. */
  readonly close: () => void;
}

/**
 * What one agent can cause a thousand times a second becomes few entries: of refused tokens one at once and then one a minute, of requests
 * that a budget refused one when its window ends. That a budget stopped something is an event of its own, and recorded at once.
 */
export function auditSums(clock: Clock, timers: Timers, write: (event: AuditEvent) => void): AuditSums {
  const sums = new Map<string, { event: Summed; timer: Timer }>();

  const begin = (name: string, event: Summed, pauseMs: number): void => {
    const endsAt = clock.monotonic() + pauseMs;
    const sum = { event, timer: wait() };
    sums.set(name, sum);
    function wait(): Timer {
      return timers.after(Math.min(LONGEST_MS, Math.max(0, endsAt - clock.monotonic())), () => {
        if (clock.monotonic() < endsAt) sum.timer = wait();
        else if (end(name) && event.kind === 'token-refused') begin(name, { ...event, requests: 0 }, pauseMs);
      });
    }
  };
  /** True where there was something to pass on. */
  const end = (name: string): boolean => {
    const sum = sums.get(name);
    sums.delete(name);
    sum?.timer.cancel();
    if (sum === undefined || sum.event.requests === 0) return false;
    write(sum.event);
    return true;
  };
  const add = (name: string, event: Summed, begins: () => void): void => {
    const sum = sums.get(name);
    if (sum === undefined) begins();
    else sum.event = { ...event, requests: sum.event.requests + event.requests };
  };

  return {
    audit(event) {
      if (event.kind === 'token-refused') {
        add(event.kind, event, () => {
          write(event);
          begin(event.kind, { ...event, requests: 0 }, TOKENS_PAUSE_MS);
        });
      } else if (event.kind === 'budget-refused') {
        const name = `${event.outcome} ${event.budget}`;
        add(name, event, () => begin(name, event, event.until - clock.now()));
      } else write(event);
    },
    close() {
      for (const name of sums.keys()) end(name);
    },
  };
}
