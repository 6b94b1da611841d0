import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { firstIdAt, timeOf } from './ids.ts';
import { spanAround } from './local-time.ts';
import type { RequestsQuery, SettledRequest, UsageBy, UsageQuery, UsageRow } from './records.ts';
import { ALL_COLUMNS, settledFrom } from './rows.ts';

const COUNTS = [
  'requests',
  'errors',
  'input',
  'cacheRead',
  'cacheWrite5m',
  'cacheWrite1h',
  'output',
  'reasoning',
  'costNano',
  'unpriced',
  'estimated',
] as const;

type Counts = Omit<UsageRow, 'group'>;

const SUMS = `count(*) AS requests, sum(status >= 400 OR settled <> 'done') AS errors, sum(input) AS input, sum(cache_read) AS cacheRead,
  sum(cache_write_5m) AS cacheWrite5m, sum(cache_write_1h) AS cacheWrite1h, sum(output) AS output, sum(reasoning) AS reasoning,
  coalesce(sum(cost_nano), 0) AS costNano, sum(cost_nano IS NULL) AS unpriced, sum(source <> 'reported') AS estimated`;

type Range = Pick<UsageQuery, 'since' | 'until' | 'workspace'>;

/**
 * Settled requests, grouped by `by`, sorted by its columns in their order. A missing key or session is the group `''`.
 * Without `by` it is one row, also when the book is empty.
 *
 * Days and hours are those of the process's time zone: the book is asked span by span, with the edges from the Date object, so
 * that changes of the clock are right and both sides agree. (It is also 2.5 times faster than SQLite's own date functions.)
 */
export function usage(db: DatabaseSync, query: UsageQuery): UsageRow[] {
  const columns = query.by.filter((by) => by !== 'day' && by !== 'hour');
  const select = db.prepare(
    `SELECT ${[...columns, SUMS].join(', ')} FROM requests ${where(query)} ${columns.length > 0 ? `GROUP BY ${columns.join(', ')}` : ''}`,
  );
  const groups = new Map<string, UsageRow>();
  const add = (range: Range, labels: Partial<Record<UsageBy, string>>): void => {
    for (const row of select.all(whereValues(range))) {
      const counts = countsFrom(row);
      const group = groupFrom(query.by, row, labels);
      if (counts.requests === 0 && query.by.length > 0) continue;
      const name = JSON.stringify(Object.values(group));
      const earlier = groups.get(name);
      groups.set(name, { group, ...(earlier ? plus(earlier, counts) : counts) });
    }
  };
  // One transaction, so that the spans are of one state of the book while other windows write.
  return inReadTransaction(db, () => {
    if (columns.length === query.by.length) add(query, {});
    else for (const span of spans(db, query)) add({ ...query, since: span.since, until: span.until }, span.labels);
    return [...groups.values()].sort((a, b) => compareGroups(query.by, a, b));
  });
}

/** Newest first. Requests that are still open are not shown. */
export function requests(db: DatabaseSync, query: RequestsQuery): SettledRequest[] {
  const select = db.prepare(`SELECT ${ALL_COLUMNS} FROM requests ${where(query)} ORDER BY id DESC LIMIT $limit`);
  return select.all({ ...whereValues(query), limit: query.limit ?? 100 }).map(settledFrom);
}

/** Where the book cannot be read: what `usage` gives for an empty one. */
export function emptyUsage(query: UsageQuery): UsageRow[] {
  return query.by.length > 0 ? [] : [{ group: {}, ...countsFrom({}) }];
}

function where({ workspace }: Range): string {
  return `WHERE settled IS NOT NULL AND id >= $since AND id < $until${workspace === undefined ? '' : ' AND workspace = $workspace'}`;
}

function whereValues({ since, until, workspace }: Range): Record<string, SQLInputValue> {
  const range = idRange(since, until);
  return workspace === undefined ? range : { ...range, workspace };
}

/** Ids begin with their time (`ids.ts`), and no id has a tilde in it. */
function idRange(since: number | undefined, until: number | undefined): { readonly since: string; readonly until: string } {
  return { since: firstIdAt(since ?? 0), until: until === undefined ? '~' : firstIdAt(until) };
}

interface Span {
  readonly since: number;
  readonly until: number;
  readonly labels: { readonly day: string; readonly hour: string };
}

/** The local days (or hours) of the range that have requests in them; it steps from request to request, not through empty years. */
function* spans(db: DatabaseSync, query: UsageQuery): Generator<Span> {
  const unit = query.by.includes('hour') ? 'hour' : 'day';
  const nextRequest = db.prepare('SELECT min(id) AS id FROM requests WHERE id >= $since AND id < $until');
  let since = query.since ?? 0;
  for (;;) {
    const id = nextRequest.get(idRange(since, query.until))?.['id'];
    if (typeof id !== 'string') return;
    const at = timeOf(id);
    const { end, day, hour } = spanAround(at, unit);
    yield { since: at, until: Math.min(end, query.until ?? end), labels: { day, hour } };
    since = end;
  }
}

function groupFrom(
  by: readonly UsageBy[],
  row: Record<string, SQLOutputValue>,
  labels: Partial<Record<UsageBy, string>>,
): UsageRow['group'] {
  return Object.fromEntries(by.map((column) => [column, labels[column] ?? String(row[column] ?? '')]));
}

function countsFrom(row: Record<string, SQLOutputValue>): Counts {
  return Object.fromEntries(COUNTS.map((count) => [count, Number(row[count] ?? 0)])) as unknown as Counts;
}

function plus(a: Counts, b: Counts): Counts {
  return Object.fromEntries(COUNTS.map((count) => [count, a[count] + b[count]])) as unknown as Counts;
}

function compareGroups(by: readonly UsageBy[], a: UsageRow, b: UsageRow): number {
  for (const column of by) {
    const left = a.group[column] ?? '';
    const right = b.group[column] ?? '';
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

function inReadTransaction<T>(db: DatabaseSync, read: () => T): T {
  db.exec('BEGIN');
  try {
    return read();
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK');
  }
}
