import type { BudgetConfig } from '../config/schema-budgets.ts';
import type { Config } from '../config/schema.ts';
import type { Retention } from './records.ts';

/**
 * How long the book keeps what it knows, by the settings. Rows stay for as far back as a budget looks: one that is new, or whose counters
 * were lost with a damaged file, is counted from them.
 */
export function retentionOf({ retention, budgets }: Pick<Config, 'retention' | 'budgets'>): Retention {
  const { days = Infinity, rollupDays = Infinity } = retention;
  return { rowsDays: Math.max(days, ...budgets.map(({ window }) => lookBackDays(window))), rollupDays };
}

/** With a day more, for a day of 25 hours and for the request that began before midnight. */
function lookBackDays(window: BudgetConfig['window']): number {
  switch (window) {
    case 'day':
      return 2;
    case 'week':
      return 8;
    case 'month':
      return 32;
    default:
      return Math.ceil(window.hours / 24) + 1;
  }
}
