import type { SQLOutputValue } from 'node:sqlite';
import type { SettledRequest, UsageBy, UsageRow } from '../records.ts';
import { addHistogramText, addTime, histogramText, newHistogram, percentile } from './histogram.ts';
import type { Histogram } from './histogram.ts';

interface Count {
  readonly name: string;
  /** In `rollups` and `sessions`. */
  readonly column: string;
  /** The same figure over rows of `requests`. */
  readonly rows: string;
  of(entry: SettledRequest): number;
}

/** What has an answer. A refusal is quick, and would make a provider that fails look like a fast one. */
const ANSWERED = "settled = 'done' AND status < 400";
/** Milliseconds that the output took: what came before the first byte of a stream is waiting. */
const OUTPUT_MS = 'total_ms - CASE WHEN stream THEN coalesce(first_byte_ms, 0) ELSE 0 END';
/** An estimate from bytes tells nothing of the speed. */
const TIMED = `${ANSWERED} AND source = 'reported' AND output > 0 AND ${OUTPUT_MS} > 0`;

/** Every figure that is a sum, in the order of `Tally.counts`: as SQL over rows, and of one entry. Both have to say the same. */
const COUNTS = [
  { name: 'requests', column: 'requests', rows: 'count(*)', of: () => 1 },
  { name: 'errors', column: 'errors', rows: `sum(status >= 400 OR settled <> 'done')`, of: (r) => Number(!isAnswered(r)) },
  { name: 'input', column: 'input', rows: 'sum(input)', of: (r) => r.usage.input },
  { name: 'cacheRead', column: 'cache_read', rows: 'sum(cache_read)', of: (r) => r.usage.cacheRead },
  { name: 'cacheWrite5m', column: 'cache_write_5m', rows: 'sum(cache_write_5m)', of: (r) => r.usage.cacheWrite5m },
  { name: 'cacheWrite1h', column: 'cache_write_1h', rows: 'sum(cache_write_1h)', of: (r) => r.usage.cacheWrite1h },
  { name: 'output', column: 'output', rows: 'sum(output)', of: (r) => r.usage.output },
  { name: 'reasoning', column: 'reasoning', rows: 'sum(reasoning)', of: (r) => r.usage.reasoningWithinOutput },
  { name: 'costNano', column: 'cost_nano', rows: 'sum(cost_nano)', of: (r) => r.costNano ?? 0 },
  { name: 'unpriced', column: 'unpriced', rows: 'sum(cost_nano IS NULL)', of: (r) => Number(r.costNano === undefined) },
  { name: 'estimated', column: 'estimated', rows: `sum(source <> 'reported')`, of: (r) => Number(r.estimated) },
  { name: 'savedNano', column: 'saved_nano', rows: 'sum(saved_nano)', of: (r) => r.saved ?? 0 },
  {
    name: 'timedOutput',
    column: 'timed_output',
    rows: `sum(output) FILTER (WHERE ${TIMED})`,
    of: (r) => (isTimed(r) ? r.usage.output : 0),
  },
  {
    name: 'timedMs',
    column: 'timed_ms',
    rows: `sum(${OUTPUT_MS}) FILTER (WHERE ${TIMED})`,
    of: (r) => (isTimed(r) ? outputMs(r) : 0),
  },
] as const satisfies readonly Count[];

type CountName = (typeof COUNTS)[number]['name'];

/** Sums of a set of requests. */
export interface Tally {
  readonly counts: number[];
  readonly total: Histogram;
  readonly firstByte: Histogram;
}

export const TALLY_COLUMNS = [...COUNTS.map(({ column }) => column), 'total_times', 'first_byte_times'];
/** Over `rollups` or `sessions`. */
export const SUM_OF_TALLIES = [
  ...COUNTS.map(({ name, column }) => `sum(${column}) AS ${name}`),
  "group_concat(total_times, '') AS totalTimes",
  "group_concat(first_byte_times, '') AS firstByteTimes",
].join(', ');
/** Over `requests`. */
export const SUM_OF_ROWS = [
  ...COUNTS.map(({ name, rows }) => `${rows} AS ${name}`),
  `group_concat(total_ms) FILTER (WHERE ${ANSWERED}) AS totalMs`,
  `group_concat(first_byte_ms) FILTER (WHERE ${ANSWERED}) AS firstByteMs`,
].join(', ');

export function newTally(): Tally {
  return { counts: COUNTS.map(() => 0), total: newHistogram(), firstByte: newHistogram() };
}

export function addEntry({ counts, total, firstByte }: Tally, entry: SettledRequest): void {
  for (let at = 0; at < COUNTS.length; at++) counts[at] = (counts[at] ?? 0) + (COUNTS[at]?.of(entry) ?? 0);
  if (!isAnswered(entry)) return;
  addTime(total, entry.totalMs);
  if (entry.firstByteMs !== undefined) addTime(firstByte, entry.firstByteMs);
}

/** Adds a row of `SUM_OF_TALLIES` or of `SUM_OF_ROWS`. */
export function addSums({ counts, total, firstByte }: Tally, row: Readonly<Record<string, SQLOutputValue>>): void {
  for (let at = 0; at < COUNTS.length; at++) counts[at] = (counts[at] ?? 0) + Number(row[COUNTS[at]?.name ?? ''] ?? 0);
  addHistogramText(total, String(row['totalTimes'] ?? ''));
  addHistogramText(firstByte, String(row['firstByteTimes'] ?? ''));
  addTimes(total, row['totalMs']);
  addTimes(firstByte, row['firstByteMs']);
}

export function plusTally(a: Tally, b: Tally): Tally {
  return {
    counts: a.counts.map((count, at) => count + (b.counts[at] ?? 0)),
    total: a.total.map((count, at) => count + (b.total[at] ?? 0)),
    firstByte: a.firstByte.map((count, at) => count + (b.firstByte[at] ?? 0)),
  };
}

/** In the order of `TALLY_COLUMNS`. */
export function tallyValues({ counts, total, firstByte }: Tally): (number | string)[] {
  return [...counts, histogramText(total), histogramText(firstByte)];
}

export function requestsIn(tally: Tally): number {
  return tally.counts[0] ?? 0;
}

export function usageRow(group: Readonly<Partial<Record<UsageBy, string>>>, { counts, total, firstByte }: Tally): UsageRow {
  const { timedOutput, timedMs, ...sums } = Object.fromEntries(COUNTS.map(({ name }, at) => [name, counts[at] ?? 0])) as Record<
    CountName,
    number
  >;
  const { input, cacheRead, cacheWrite5m, cacheWrite1h } = sums;
  const allInput = input + cacheRead + cacheWrite5m + cacheWrite1h;
  return {
    group,
    ...sums,
    ...some('totalP50Ms', percentile(total, 0.5)),
    ...some('totalP95Ms', percentile(total, 0.95)),
    ...some('firstByteP50Ms', percentile(firstByte, 0.5)),
    ...some('firstByteP95Ms', percentile(firstByte, 0.95)),
    ...some('tokensPerSecond', timedMs > 0 ? (timedOutput * 1000) / timedMs : undefined),
    ...some('cacheHitShare', allInput > 0 ? cacheRead / allInput : undefined),
  };
}

function some<Name extends string>(name: Name, value: number | undefined): Partial<Record<Name, number>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, number>);
}

function addTimes(histogram: Histogram, list: SQLOutputValue | undefined): void {
  if (typeof list === 'string') for (const time of list.split(',')) addTime(histogram, Number(time));
}

export function isAnswered({ settled, status }: SettledRequest): boolean {
  return settled === 'done' && status < 400;
}

/** Its answer tells how fast the target is. */
export function isTimed(entry: SettledRequest): boolean {
  return isAnswered(entry) && entry.usage.source === 'reported' && entry.usage.output > 0 && outputMs(entry) > 0;
}

/** Of the milliseconds as the row has them, which are whole. */
export function outputMs({ stream, totalMs, firstByteMs }: SettledRequest): number {
  return Math.round(totalMs) - (stream ? Math.round(firstByteMs ?? 0) : 0);
}
