import type { DatabaseSync } from 'node:sqlite';
import { firstIdAt } from '../ids.ts';
import type { Retention, WhatGoes } from '../records.ts';
import { COARSEST, slotAt, startOfEverySlot, TIERS } from './slots.ts';
import type { RollupWriter } from './write-rollups.ts';

/** A few milliseconds of work in a transaction of its own; true while there is more of the same. */
export type Step = (db: DatabaseSync, rollups: RollupWriter) => boolean;

/** Measured at 1,000,000 rows: 0.3 ms a step, and up to 9 ms where SQLite moves its log into the file after it. */
const ROWS_A_STEP = 200;
const ROLLUPS_A_STEP = 400;
const DAY_MS = 86_400_000;

/**
 * What deletes everything older, the oldest first. Rows and roll-ups go at the start of a slot of every size, so that a whole slot is
 * either kept or gone. SQLite fills the pages that become free before it takes new ones, so the file stops growing.
 */
export function retentionSteps(retention: Retention, now: number): readonly Step[] {
  const { rowsFrom, rollupsFrom } = keptFrom(retention, now);
  if (rowsFrom === 0) return [];
  const rows: Step = (db) => deleteRows(db, rowsFrom);
  if (rollupsFrom === 0) return [rows, giveBackStep()];
  return [
    rows,
    ...TIERS.map(
      (tier): Step =>
        (db) =>
          deleteRollups(db, tier, slotAt(rollupsFrom, tier)),
    ),
    sessionsStep(rollupsFrom),
    giveBackStep(),
  ];
}

/** What would be deleted now: requests, and requests of which only the sums are left. Asks the roll-ups: rows would be walked one by one. */
export function whatGoes(db: DatabaseSync, retention: Retention, now: number): WhatGoes {
  const { rowsFrom, rollupsFrom } = keptFrom(retention, now);
  const select = db.prepare('SELECT coalesce(sum(requests), 0) AS n FROM rollups WHERE tier = ? AND slot >= ? AND slot < ?');
  const between = (from: number, to: number): number =>
    from < to ? Number(select.get(COARSEST, slotAt(from, COARSEST), slotAt(to, COARSEST))?.['n']) : 0;
  return { requests: between(rowsKeptFrom(db), rowsFrom), sums: between(0, rollupsFrom), rowsFrom };
}

/** Milliseconds since the epoch; 0: all of it is kept. */
function keptFrom({ rowsDays, rollupDays }: Retention, now: number): { readonly rowsFrom: number; readonly rollupsFrom: number } {
  const from = (days: number): number => (days === Infinity ? 0 : Math.max(0, startOfEverySlot(now - days * DAY_MS)));
  return { rowsFrom: from(rowsDays), rollupsFrom: from(Math.max(rowsDays, rollupDays)) };
}

/** Worth it above that share of the file; what stays free the next weeks fill. */
const GIVE_BACK_ABOVE = 0.25;
const KEEP_FREE = 0.1;
const PAGES_A_STEP = 32;

/**
 * Gives the file's free pages back to the disk, where there are many: after a shorter retention, not day by day. A file that was made
 * before Gatehouse kept track of its pages keeps them: to put that right it would have to be written anew, under a lock.
 */
function giveBackStep(): Step {
  let enough = GIVE_BACK_ABOVE;
  return (db) => {
    const read = (name: string): number => Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
    if (read('auto_vacuum') !== INCREMENTAL || read('freelist_count') <= enough * read('page_count')) return false;
    enough = KEEP_FREE;
    db.exec(`PRAGMA incremental_vacuum(${PAGES_A_STEP})`);
    return true;
  };
}

const INCREMENTAL = 2;

/** Milliseconds since the epoch: older rows were deleted, or are being deleted. */
export function rowsKeptFrom(db: DatabaseSync): number {
  return Number(db.prepare("SELECT since FROM retained WHERE what = 'rows'").get()?.['since'] ?? 0);
}

/** Who asks from now on takes whole slots where rows may be missing. What is not settled, or not rolled up, stays. */
function deleteRows(db: DatabaseSync, before: number): boolean {
  db.prepare(
    `INSERT INTO retained (what, since) VALUES ('rows', ?)
      ON CONFLICT DO UPDATE SET since = excluded.since WHERE since < excluded.since`,
  ).run(before);
  const { changes } = db
    .prepare(
      `DELETE FROM requests WHERE id IN (SELECT id FROM requests WHERE id < ? AND settled IS NOT NULL
        AND id NOT IN (SELECT id FROM rollup_missed) ORDER BY id LIMIT ?)`,
    )
    .run(firstIdAt(before), ROWS_A_STEP);
  return changes === ROWS_A_STEP;
}

function deleteRollups(db: DatabaseSync, tier: number, before: number): boolean {
  const { changes } = db
    .prepare(
      `DELETE FROM rollups WHERE (tier, slot, account) IN
        (SELECT tier, slot, account FROM rollups WHERE tier = ? AND slot < ? ORDER BY slot, account LIMIT ?)`,
    )
    .run(tier, before, ROLLUPS_A_STEP);
  return changes === ROLLUPS_A_STEP;
}

/** Sessions lie in no order of time, so all are looked at, some in each step. */
function sessionsStep(before: number): Step {
  let after = '';
  return (db) => {
    const end = db
      .prepare('SELECT session FROM sessions WHERE session > ? ORDER BY session LIMIT 1 OFFSET ?')
      .get(after, ROLLUPS_A_STEP - 1)?.['session'];
    const bound = typeof end === 'string';
    db.prepare(`DELETE FROM sessions WHERE session > $after ${bound ? 'AND session <= $end' : ''} AND last < $before`).run({
      after,
      before,
      ...(bound && { end }),
    });
    if (bound) after = end;
    return bound;
  };
}
