import type { Clock, Timer, Timers } from '../../ports.ts';
import type { AuditEvent } from './audit-event.ts';

/** More than this `setTimeout` does not take. */
const LONGEST_MS = 24 * 60 * 60 * 1000;

type Refused = Extract<AuditEvent, { readonly kind: 'budget-refused' }>;

export interface AuditSums {
  /** Passes an event on, at once or in a sum. */
  readonly audit: (event: AuditEvent) => void;
  /** Passes on what is summed up so far. */
  readonly close: () => void;
}

/**
 * What one agent can cause a thousand times a second becomes few entries: of requests that a budget refused one, when its window ends. That a
 * budget stopped something is an event of its own, and recorded at once. (Refused tokens are summed where they are counted,
 * `routing/limits/refused-tokens.ts`.)
 */
export function auditSums(clock: Clock, timers: Timers, write: (event: AuditEvent) => void): AuditSums {
  const sums = new Map<string, { event: Refused; timer: Timer }>();

  const begin = (name: string, event: Refused): void => {
    const endsAt = clock.monotonic() + event.until - clock.now();
    const sum = { event, timer: wait() };
    sums.set(name, sum);
    function wait(): Timer {
      return timers.after(Math.min(LONGEST_MS, Math.max(0, endsAt - clock.monotonic())), () => {
        if (clock.monotonic() < endsAt) sum.timer = wait();
        else end(name);
      });
    }
  };
  const end = (name: string): void => {
    const sum = sums.get(name);
    sums.delete(name);
    sum?.timer.cancel();
    if (sum !== undefined) write(sum.event);
  };

  return {
    audit(event) {
      if (event.kind !== 'budget-refused') return write(event);
      const name = `${event.outcome} ${event.budget}`;
      const sum = sums.get(name);
      if (sum === undefined) begin(name, event);
      else sum.event = { ...event, requests: sum.event.requests + event.requests };
    },
    close() {
      for (const name of sums.keys()) end(name);
    },
  };
}
