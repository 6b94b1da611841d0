import type { SQLInputValue } from 'node:sqlite';
import { SUM_OF_TALLIES } from '../rollups/counts.ts';
import { piecesOf } from '../rollups/slots.ts';
import { columnsOf } from './book.ts';
import type { Book, Span } from './book.ts';
import { addRows, addRowsWhere } from './from-rows.ts';
import type { UsageGroups } from './groups.ts';

/** Adds what the roll-ups of the spans say; at their edges, and where rows are in no roll-up, what the rows say. */
export function addSlots(book: Book, spans: readonly Span[], groups: UsageGroups): void {
  addWholeSlots(book, spans, groups, false);
  for (const { since, until, labels } of spans) {
    for (const piece of piecesOf(since, until, book.rowsFrom)) {
      const part = { ...piece, labels };
      if (piece.kind === 'rows') addRows(book, [part], groups);
      else if (book.missed) addRowsWhere(book, part, groups, 'AND id IN (SELECT id FROM rollup_missed)', {});
    }
  }
}

/**
 * The slots of all spans in one statement: asking for each day, and adding up accounts here, took twice as long (30 days by day and agent).
 * The pieces are materialised, or each row of the roll-ups would read the list anew.
 */
export function addWholeSlots(
  { db, by, workspace, rowsFrom }: Book,
  spans: readonly Span[],
  groups: UsageGroups,
  namelessOnly: boolean,
): void {
  const pieces = spans.flatMap(({ since, until }, span) =>
    piecesOf(since, until, rowsFrom).flatMap((piece) => (piece.kind === 'slots' ? [[span, piece.tier, piece.from, piece.to]] : [])),
  );
  const columns = columnsOf(by).filter((name) => name !== 'session');
  const conditions = [...(workspace === undefined ? [] : ['workspace = $workspace']), ...(namelessOnly ? ['named = 0'] : [])];
  const select = db.prepare(
    `WITH pieces AS MATERIALIZED
        (SELECT value ->> 0 AS span, value ->> 1 AS tier, value ->> 2 AS since, value ->> 3 AS until FROM json_each($pieces))
      SELECT ${['span', ...columns, SUM_OF_TALLIES].join(', ')} FROM pieces
        CROSS JOIN rollups ON rollups.tier = pieces.tier AND slot >= since AND slot < until
        CROSS JOIN accounts ON accounts.id = account
      ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
      GROUP BY ${['span', ...columns].join(', ')}`,
  );
  const values: Record<string, SQLInputValue> = {
    $pieces: JSON.stringify(pieces),
    ...(workspace !== undefined && { $workspace: workspace }),
  };
  for (const row of select.all(values)) groups.add(row, spans[Number(row['span'])]?.labels ?? {});
}
