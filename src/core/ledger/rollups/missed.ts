import type { DatabaseSync } from 'node:sqlite';
import { ALL_COLUMNS, settledFrom } from '../rows.ts';
import type { RollupWriter } from './write-rollups.ts';

/**
 * Rows that are settled and in no roll-up: those from before there were any, and what a window with an older Gatehouse settles in the same
 * file. Until somebody has rolled them up (the next tick of any window does), questions are answered from the rows themselves.
 */
export function anyMissed(db: DatabaseSync): boolean {
  return db.prepare('SELECT 1 FROM rollup_missed LIMIT 1').get() !== undefined;
}

/** Runs inside the caller's transaction. True when there is more. */
export function rollUpMissed(db: DatabaseSync, rollups: RollupWriter, limit: number): boolean {
  const rows = db
    .prepare(
      `SELECT ${ALL_COLUMNS} FROM requests
        WHERE id IN (SELECT id FROM rollup_missed ORDER BY id LIMIT ?) AND settled IS NOT NULL`,
    )
    .all(limit);
  // Neither units nor the trace are counted, and a text that is no JSON (a damaged file) would stop this for ever.
  rollups.add(rows.map((row) => settledFrom({ ...row, units: null, trace: null })));
  const dropped = db.prepare('DELETE FROM rollup_missed WHERE id IN (SELECT id FROM rollup_missed ORDER BY id LIMIT ?)').run(limit);
  return dropped.changes === limit;
}
