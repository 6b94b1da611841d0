import type { DatabaseSync } from 'node:sqlite';
import { slotAt } from './slots.ts';

/** What one agent got from one model in one quarter of an hour. */
export interface Quarter {
  /** Quarters since the epoch. */
  readonly slot: number;
  readonly agent: string;
  /** `provider/model` */
  readonly target: string;
  readonly requests: number;
  readonly errors: number;
  readonly costNano: number;
  /** Tokens of input that the provider had not in its cache. */
  readonly fresh: number;
  /** Tokens of the answers that tell of the speed, and milliseconds after their first byte. */
  readonly output: number;
  readonly outputMs: number;
  /** Histograms as they are kept (`histogram.ts`). */
  readonly totalTimes: string;
  readonly firstByteTimes: string;
}

/** Whole quarters, the oldest first: from that of `since` to the one before that of `until`, in milliseconds since the epoch. */
export function readQuarters(db: DatabaseSync, since: number, until: number): Quarter[] {
  const select = db.prepare(
    `SELECT slot, agent, provider || '/' || model AS target, sum(requests) AS requests, sum(errors) AS errors,
        sum(cost_nano) AS cost, sum(input + cache_write_5m + cache_write_1h) AS fresh,
        sum(timed_output) AS output, sum(timed_ms) AS output_ms,
        group_concat(total_times, '') AS total_times, group_concat(first_byte_times, '') AS first_byte_times
      FROM rollups CROSS JOIN accounts ON accounts.id = account
      WHERE tier = 0 AND slot >= ? AND slot < ?
      GROUP BY slot, agent, provider, model`,
  );
  return select.all(slotAt(since, 0), slotAt(until, 0)).map((row) => ({
    slot: Number(row['slot']),
    agent: String(row['agent']),
    target: String(row['target']),
    requests: Number(row['requests']),
    errors: Number(row['errors']),
    costNano: Number(row['cost']),
    fresh: Number(row['fresh']),
    output: Number(row['output']),
    outputMs: Number(row['output_ms']),
    totalTimes: String(row['total_times']),
    firstByteTimes: String(row['first_byte_times']),
  }));
}
