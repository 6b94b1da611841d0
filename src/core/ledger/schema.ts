import { mkdirSync, openSync, closeSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AUDIT_STEP } from './audit/audit-schema.ts';
import { BUDGET_STEP } from './budgets/budget-schema.ts';

const TALLY_OF_VERSION_4 = `
    requests INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    input INTEGER NOT NULL,
    cache_read INTEGER NOT NULL,
    cache_write_5m INTEGER NOT NULL,
    cache_write_1h INTEGER NOT NULL,
    output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL,
    cost_nano INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    saved_nano INTEGER NOT NULL,
    timed_output INTEGER NOT NULL,
    timed_ms INTEGER NOT NULL,
    total_times TEXT NOT NULL,
    first_byte_times TEXT NOT NULL`;

/**
 * One step per version of the file; `PRAGMA user_version` counts the steps taken. A step that was ever released is never edited,
 * and takes nothing away but indexes: a window with an older Gatehouse may be writing the same file.
 *
 * `requests` has no rowid: ids sort by time, so rows are appended, and the row is found by its id without a second index.
 * Measured with 100,000 requests, opened and settled: 358 bytes a row with its indexes; a rowid would add 12.
 * Version 2 has no second index at all: an id begins with its time (`ids.ts`), so a range of time is a range of ids. Each page that a
 * transaction touches is written whole, and the two indexes of version 1 made three pages of one.
 * Version 4 has roll-ups (`rollups/`). A window with an older Gatehouse knows nothing of them: what it settles a trigger notes in
 * `rollup_missed`, where a newer one finds it (`rollups/missed.ts`), and the rows that were there before stand there, too.
 * Measured with 1,000,000 requests in 90 days (20 agents, 12 models, 6 keys, 4 workspaces, 5,000 sessions): 302 bytes a request, of which
 * roll-ups are 20 and sessions 1.
 * `writer` is set while a request is open. What a crash leaves open is found without an index: it is younger than the `since` of its
 * writer, and a writer is registered only while it has something open.
 */
export const STEPS: readonly string[] = [
  `
  CREATE TABLE requests (
    id TEXT PRIMARY KEY NOT NULL,
    at INTEGER NOT NULL,
    workspace TEXT NOT NULL,
    agent TEXT NOT NULL,
    session TEXT,
    operation TEXT NOT NULL,
    dialect TEXT NOT NULL,
    requested_model TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    key TEXT,
    mode TEXT NOT NULL,
    stream INTEGER NOT NULL,
    bytes_in INTEGER NOT NULL,
    writer INTEGER,
    settled TEXT,
    status INTEGER,
    attempts INTEGER,
    first_byte_ms INTEGER,
    total_ms INTEGER,
    bytes_out INTEGER,
    tier TEXT,
    error TEXT,
    input INTEGER,
    cache_read INTEGER,
    cache_write_5m INTEGER,
    cache_write_1h INTEGER,
    output INTEGER,
    reasoning INTEGER,
    units TEXT,
    source TEXT,
    cost_nano INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX requests_by_time ON requests (at);
  CREATE INDEX requests_open ON requests (writer) WHERE settled IS NULL;
  CREATE TABLE writers (
    id INTEGER PRIMARY KEY NOT NULL,
    place TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started TEXT,
    beat INTEGER NOT NULL
  ) STRICT;
  `,
  'DROP INDEX requests_by_time; DROP INDEX requests_open; ALTER TABLE writers ADD COLUMN since TEXT; ALTER TABLE requests ADD COLUMN losses TEXT',
  'ALTER TABLE requests ADD COLUMN trace TEXT',
  `
  ALTER TABLE requests ADD COLUMN class TEXT;
  ALTER TABLE requests ADD COLUMN billed_nano INTEGER;
  ALTER TABLE requests ADD COLUMN saved_nano INTEGER;
  CREATE TABLE accounts (
    id INTEGER PRIMARY KEY NOT NULL,
    workspace TEXT NOT NULL,
    agent TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    key TEXT NOT NULL,
    class TEXT NOT NULL,
    named INTEGER NOT NULL,
    UNIQUE (workspace, agent, provider, model, key, class, named)
  ) STRICT;
  CREATE TABLE rollups (
    tier INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    account INTEGER NOT NULL,
    ${TALLY_OF_VERSION_4},
    PRIMARY KEY (tier, slot, account)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE sessions (
    session TEXT NOT NULL,
    agent TEXT NOT NULL,
    workspace TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    ${TALLY_OF_VERSION_4},
    PRIMARY KEY (session, agent, workspace)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE retained (what TEXT PRIMARY KEY NOT NULL, since INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE rollup_missed (id TEXT PRIMARY KEY NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO rollup_missed SELECT id FROM requests WHERE settled IS NOT NULL;
  CREATE TRIGGER settled_by_older AFTER UPDATE OF settled ON requests
    WHEN OLD.settled IS NULL AND NEW.settled IS NOT NULL AND NEW.writer IS NULL
    BEGIN INSERT OR IGNORE INTO rollup_missed VALUES (NEW.id); END;
  `,
  BUDGET_STEP,
  AUDIT_STEP,
];

/** The file is not ours to touch: the message says what to do. The file was left as it is. */
export class LedgerRefused extends Error {
  override readonly name = 'LedgerRefused';
}

/** Opens for writing, creates what is missing, upgrades an older file. Throws `LedgerRefused` for a newer one, else SQLite's errors. */
export function openDatabase(file: string, busyMs: number, steps: readonly string[] = STEPS): DatabaseSync {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  createPrivately(file);
  const db = new DatabaseSync(file, { timeout: busyMs });
  try {
    refuseNewer(db, steps);
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    upgrade(db, steps);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * The book is for its owner only; SQLite gives its side files the same mode. Only ever with `wx`: closing a descriptor of a file
 * that this process has open in SQLite would drop SQLite's locks (POSIX locks belong to the process, not to the descriptor).
 */
function createPrivately(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Two windows may meet a new or older file at the same moment: the version is read again inside the transaction. */
function upgrade(db: DatabaseSync, steps: readonly string[]): void {
  if (versionOf(db) === steps.length) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    refuseNewer(db, steps);
    for (const step of steps.slice(versionOf(db))) db.exec(step);
    db.exec(`PRAGMA user_version = ${steps.length}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

export function refuseNewer(db: DatabaseSync, steps: readonly string[] = STEPS): void {
  const version = versionOf(db);
  if (version <= steps.length) return;
  throw new LedgerRefused(
    `The ledger was written by a newer Gatehouse (format ${version}; this one knows ${steps.length}). ` +
      'Update Gatehouse, or move the ledger file away to begin a new one. The file was not changed.',
  );
}

export function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
}
