import type { SQLInputValue } from 'node:sqlite';
import { firstIdAt } from '../ids.ts';
import { SUM_OF_ROWS } from '../rollups/counts.ts';
import { columnsOf } from './book.ts';
import type { Book, Span } from './book.ts';
import type { UsageGroups } from './groups.ts';

/** Adds what the rows of the spans say, every one. */
export function addRows(book: Book, spans: readonly Span[], groups: UsageGroups): void {
  const { latest } = book;
  for (const span of spans) {
    if (latest === undefined) addRowsWhere(book, span, groups, '', {});
    else addRowsWhere(book, span, groups, `AND ${AMONG_LATEST}`, { $latest: JSON.stringify(latest) });
  }
}

export const AMONG_LATEST = 'session IN (SELECT value FROM json_each($latest))';

/** The same of those rows to which the condition applies. */
export function addRowsWhere(
  { db, by, workspace }: Book,
  { since, until, labels }: Span,
  groups: UsageGroups,
  condition: string,
  values: Readonly<Record<string, SQLInputValue>>,
): void {
  const columns = columnsOf(by);
  const select = db.prepare(
    `SELECT ${[...columns, SUM_OF_ROWS].join(', ')} FROM requests
      WHERE settled IS NOT NULL AND id >= $since AND id < $until ${workspace === undefined ? '' : 'AND workspace = $workspace'} ${condition}
      ${columns.length > 0 ? `GROUP BY ${columns.join(', ')}` : ''}`,
  );
  const range = { $since: firstIdAt(since), $until: firstIdAt(until), ...(workspace !== undefined && { $workspace: workspace }) };
  for (const row of select.all({ ...range, ...values })) groups.add(row, labels);
}
