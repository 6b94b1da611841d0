import type { HostLedger, Retention } from '../core/ledger/records.ts';
import type { Clock, Log, Timer, Timers } from '../core/ports.ts';

const DAY_MS = 86_400_000;

export interface KeptRetention {
  /** In effect at once, and each day from now on. */
  configure(retention: Retention): void;
  close(): void;
}

/** Has the book delete what is too old: at the start, when the setting changes, and daily. Several processes may do it on one file. */
export function keepRetention(
  ledger: Pick<HostLedger, 'applyRetention' | 'whatGoes'>,
  clock: Clock,
  timers: Timers,
  log: Log,
): KeptRetention {
  let kept: Retention = { rowsDays: Infinity, rollupDays: Infinity };
  let timer: Timer | undefined;
  const apply = (): void => {
    timer = kept.rowsDays === Infinity ? undefined : timers.after(DAY_MS, apply);
    const { requests, sums } = ledger.whatGoes(kept, clock.now());
    if (requests + sums > 0) log.info('what is older than "retention" allows is deleted', { requests, sums });
    void ledger.applyRetention(kept, clock.now());
  };
  return {
    configure(retention) {
      if (retention.rowsDays === kept.rowsDays && retention.rollupDays === kept.rollupDays) return;
      kept = retention;
      timer?.cancel();
      // Also where nothing is to go any more: it takes the place of what is under way.
      apply();
    },
    close: () => timer?.cancel(),
  };
}
