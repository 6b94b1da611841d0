import { UsageError } from './usage-error.ts';

interface RangeOptions {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** `--since` and `--until` in milliseconds since the epoch. */
export function timeRange(options: RangeOptions): { since?: number; until?: number } {
  const since = timeOf(options.since, '--since');
  const until = timeOf(options.until, '--until');
  return { ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
}

function timeOf(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new UsageError(`${option} is not an ISO date or time: "${text}"`);
  return time;
}
