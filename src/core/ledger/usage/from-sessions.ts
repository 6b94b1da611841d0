import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { SUM_OF_TALLIES } from '../rollups/counts.ts';
import { piecesOf } from '../rollups/slots.ts';
import { columnsOf } from './book.ts';
import type { Book, Span, TimeRange } from './book.ts';
import { addRowsWhere, AMONG_LATEST } from './from-rows.ts';
import { addWholeSlots } from './from-slots.ts';
import type { UsageGroups } from './groups.ts';

/**
 * Sessions that lie in the span have their sums; of one that reaches over an edge the rows inside are asked, and it is counted whole
 * where those are deleted. For `by` of session, agent and workspace.
 */
export function addSessions(book: Book, spans: readonly Span[], groups: UsageGroups): void {
  for (const span of spans) {
    addWholeSessions(book, span, groups);
    // Those that began before the span end early in it, those that go on after it begin late in it: two short looks at the rows.
    for (const began of ['first < $begin', 'first >= $begin']) addCutSessions(book, span, groups, began);
    if (book.latest === undefined) addNameless(book, span, groups);
  }
}

const TOUCHES = 'first < $end AND last >= $begin';
/** Not cut by the span, or cut where the rows are gone. */
const IS_WHOLE = '(first >= $begin AND last < $end OR max(first, $begin) < $rowsFrom)';

function addWholeSessions(book: Book, span: Span, groups: UsageGroups): void {
  const columns = columnsOf(book.by).join(', ');
  const only = onlyOf(book);
  const select = book.db.prepare(
    `SELECT ${columns}, ${SUM_OF_TALLIES} FROM sessions WHERE ${TOUCHES} AND ${IS_WHOLE} ${only.sql} GROUP BY ${columns}`,
  );
  for (const row of select.all({ ...edges(book, span), ...only.values })) groups.add(row, span.labels);
}

function addCutSessions(book: Book, span: Span, groups: UsageGroups, began: string): void {
  const cut = `${TOUCHES} AND NOT ${IS_WHOLE} AND ${began}`;
  const only = onlyOf(book);
  const reach = book.db
    .prepare(`SELECT min(first) AS first, max(last) AS last FROM sessions WHERE ${cut} ${only.sql}`)
    .get({ ...edges(book, span), ...only.values });
  if (typeof reach?.['first'] !== 'number' || typeof reach['last'] !== 'number') return;
  const look = { ...span, since: Math.max(span.since, reach['first']), until: Math.min(span.until, reach['last'] + 1) };
  const condition = `AND (session, agent, workspace) IN (SELECT session, agent, workspace FROM sessions WHERE ${cut} ${only.sql})`;
  addRowsWhere(book, look, groups, condition, { ...edges(book, span), ...only.values });
}

/** What belongs to no session. */
function addNameless(book: Book, span: Span, groups: UsageGroups): void {
  addWholeSlots(book, [span], groups, true);
  for (const piece of piecesOf(span.since, span.until, book.rowsFrom)) {
    if (piece.kind === 'rows') addRowsWhere(book, { ...span, ...piece }, groups, "AND coalesce(session, '') = ''", {});
  }
}

function edges({ rowsFrom }: Book, { since, until }: TimeRange): Record<string, SQLInputValue> {
  return { $begin: since, $end: until, $rowsFrom: rowsFrom };
}

function onlyOf({ workspace, latest }: Book): { readonly sql: string; readonly values: Record<string, SQLInputValue> } {
  return {
    sql: `${workspace === undefined ? '' : 'AND workspace = $workspace'} ${latest === undefined ? '' : `AND ${AMONG_LATEST}`}`,
    values: {
      ...(workspace !== undefined && { $workspace: workspace }),
      ...(latest !== undefined && { $latest: JSON.stringify(latest) }),
    },
  };
}

/** The names of those whose last request is the latest, of sessions with requests in the range. */
export function latestSessions(
  db: DatabaseSync,
  { since, until }: TimeRange,
  workspace: string | undefined,
  count: number,
): readonly string[] {
  return db
    .prepare(
      `SELECT session FROM sessions WHERE ${TOUCHES} ${workspace === undefined ? '' : 'AND workspace = $workspace'}
        GROUP BY session ORDER BY max(last) DESC, session LIMIT $count`,
    )
    .all({ $begin: since, $end: until, $count: count, ...(workspace !== undefined && { $workspace: workspace }) })
    .map((row) => String(row['session']));
}
