import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { firstIdAt } from './ids.ts';
import type { RequestsQuery, SettledRequest, UsageQuery, UsageRow } from './records.ts';
import { newTally, usageRow } from './rollups/counts.ts';
import { anyMissed } from './rollups/missed.ts';
import { rowsKeptFrom } from './rollups/retention.ts';
import { UsageGroups } from './usage/groups.ts';
import { addRows } from './usage/from-rows.ts';
import { addSlots } from './usage/from-slots.ts';
import { addSessions, latestSessions } from './usage/from-sessions.ts';
import { spansBetween } from './usage/spans.ts';
import { LAST_MOMENT } from './usage/book.ts';
import type { Book } from './usage/book.ts';
import { ALL_COLUMNS, settledFrom } from './rows.ts';

/**
 * Settled requests, grouped by `by`, sorted by its columns in their order. A missing key, session or class is the group `''`.
 * Without `by` it is one row, also when the book is empty.
 *
 * Whole quarters of an hour are answered from the roll-ups, the ragged edges of the range from the rows, so that the sums are those of the
 * rows to the last number. Sessions have sums of their own; by session and model, or by session and day, the rows are asked.
 * Days and hours are those of the process's time zone: the book is asked span by span, with the edges from the Date object, so
 * that changes of the clock are right and both sides agree.
 */
export function usage(db: DatabaseSync, query: UsageQuery): UsageRow[] {
  // One transaction, so that all parts are of one state of the book while other windows write.
  return inReadTransaction(db, () => {
    const { by, workspace } = query;
    const since = Math.max(0, Math.ceil(query.since ?? 0));
    const until = Math.min(LAST_MOMENT, Math.ceil(query.until ?? LAST_MOMENT));
    const bySession = by.includes('session');
    const latest =
      bySession && query.latest !== undefined ? latestSessions(db, { since, until }, workspace, query.latest) : undefined;
    const book: Book = { db, by, workspace, latest, rowsFrom: rowsKeptFrom(db), missed: anyMissed(db) };
    const add = !bySession ? addSlots : !book.missed && by.every((name) => SESSION_COLUMNS.has(name)) ? addSessions : addRows;
    const spans =
      by.includes('day') || by.includes('hour')
        ? [...spansBetween(book, since, until, add === addRows)]
        : [{ since, until, labels: {} }];
    const groups = new UsageGroups(by);
    add(book, spans, groups);
    return groups.rows(latest);
  });
}

const SESSION_COLUMNS: ReadonlySet<string> = new Set(['session', 'agent', 'workspace']);

/** Newest first. Requests that are still open are not shown. */
export function requests(db: DatabaseSync, query: RequestsQuery): SettledRequest[] {
  const { sql, values } = conditions(query);
  const select = db.prepare(`SELECT ${ALL_COLUMNS} FROM requests WHERE ${sql} ORDER BY id DESC LIMIT $limit`);
  return select.all({ ...values, $limit: query.limit ?? 100 }).map(settledFrom);
}

/** The next of a range after the request with the id `after` ('' for the first), the oldest first. */
export function requestsAfter(
  db: DatabaseSync,
  after: string,
  query: Omit<RequestsQuery, 'limit'>,
  limit: number,
): SettledRequest[] {
  const { sql, values } = conditions(query);
  // In place of the range's own begin: with both, SQLite seeks the begin and walks over all that was read before.
  const next = after === '' ? {} : { $since: `${after} ` };
  const select = db.prepare(`SELECT ${ALL_COLUMNS} FROM requests WHERE ${sql} ORDER BY id LIMIT $limit`);
  return select.all({ ...values, ...next, $limit: limit }).map(settledFrom);
}

/** Where the book cannot be read: what `usage` gives for an empty one. */
export function emptyUsage(query: UsageQuery): UsageRow[] {
  return query.by.length > 0 ? [] : [usageRow({}, newTally())];
}

/** Ids begin with their time (`ids.ts`), and no id has a tilde in it. */
function conditions({ since, until, workspace }: RequestsQuery): {
  readonly sql: string;
  readonly values: Record<string, SQLInputValue>;
} {
  return {
    sql: `settled IS NOT NULL AND id >= $since AND id < $until${workspace === undefined ? '' : ' AND workspace = $workspace'}`,
    values: {
      $since: firstIdAt(since ?? 0),
      $until: until === undefined ? '~' : firstIdAt(until),
      ...(workspace !== undefined && { $workspace: workspace }),
    },
  };
}

function inReadTransaction<T>(db: DatabaseSync, read: () => T): T {
  db.exec('BEGIN');
  try {
    return read();
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK');
  }
}
