import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { bookEntry, crashed } from './book-entry.ts';
import type { Price } from './book-entry.ts';
import { oldestOf } from './ids.ts';
import { isRowFault } from './disk-trouble.ts';
import { leftBehind } from './intents.ts';
import { takeLock } from './lock-file.ts';
import type { OpenedRequest, SettledRequest } from './records.ts';
import { forgetAccounts } from './rollups/accounts.ts';
import { RollupWriter } from './rollups/write-rollups.ts';
import { INSERT_OPENED, OPENED_COLUMNS, openedFrom, openedValues, settledValues, UPDATE_SETTLED } from './rows.ts';
import { openDatabase } from './schema.ts';
import type { Write } from './write-queue.ts';
import { beat, forget, isRegistered, provenDead } from './writers.ts';
import type { Writer } from './writers.ts';

export interface Connection {
  readonly db: DatabaseSync;
  /** Which file it is, whatever its name is by now. */
  readonly inode: number;
  readonly insert: ReturnType<DatabaseSync['prepare']>;
  readonly update: ReturnType<DatabaseSync['prepare']>;
  readonly rollups: RollupWriter;
}

export interface Connected {
  readonly connection: Connection;
  /** The file does not know this writer: if anything is in flight it has to be opened in it. */
  readonly fresh: boolean;
  /** What dead writers had left open. */
  readonly crashed: readonly SettledRequest[];
}

/** Opens the book and settles for the dead. Throws what SQLite and the file system throw, or `LedgerRefused`. */
export function connect(file: string, busyMs: number, writer: Writer, price: Price): Connected {
  const db = openDatabase(file, busyMs);
  try {
    const connection = {
      db,
      inode: statSync(file).ino,
      insert: db.prepare(INSERT_OPENED),
      update: db.prepare(UPDATE_SETTLED),
      rollups: new RollupWriter(db),
    };
    const left = leftBehind(file, writer);
    const connected = inTransaction(db, () => ({
      connection,
      fresh: !isRegistered(db, writer),
      crashed: [
        ...provenDead(db, writer).flatMap((dead) => settleCrashed(connection, dead, price)),
        ...left.flatMap(({ requests }) => bookCrashed(connection, requests, price)),
      ],
    }));
    for (const { file: intents } of left) rmSync(intents, { force: true });
    return connected;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** One transaction for the whole group. Returns the settlements that were the first of their request. */
export function writeGroup(
  { db, insert, update, rollups }: Connection,
  group: readonly Write[],
  writer: number,
  /** To be registered before it opens anything. */
  unregistered: Writer | undefined,
  price: Price,
  onRowFault: (error: unknown) => void,
): SettledRequest[] {
  return inTransaction(db, () => {
    const settled: SettledRequest[] = [];
    const oldest = unregistered && oldestOf(group.flatMap((write) => (write.kind === 'open' ? [write.request.id] : [])));
    if (unregistered && oldest !== undefined) beat(db, unregistered, oldest);
    for (const write of group) {
      try {
        if (write.kind === 'open') insert.run(...openedValues(write.request), writer);
        else {
          const entry = bookEntry(write.request, write.settlement, price);
          if (update.run(...settledValues(entry), entry.id).changes === 1) settled.push(entry);
        }
      } catch (error) {
        // A row that the table refuses must not hold up the others for ever.
        if (!isRowFault(error)) throw error;
        onRowFault(error);
      }
    }
    rollups.add(settled);
    return settled;
  });
}

/** Settles a writer's open rows as crashed and strikes it off. Runs inside the caller's transaction. */
export function settleCrashed({ db, update, rollups }: Connection, writer: number, price: Price): SettledRequest[] {
  const rows = db
    .prepare(
      `SELECT ${OPENED_COLUMNS} FROM requests WHERE settled IS NULL AND writer = $writer
        AND id >= (SELECT coalesce(since, '') FROM writers WHERE id = $writer)`,
    )
    .all({ writer });
  const entries = rows.map((row) => {
    const request = openedFrom(row);
    return bookEntry(request, crashed(request.id), price);
  });
  for (const entry of entries) update.run(...settledValues(entry), entry.id);
  rollups.add(entries);
  forget(db, writer);
  return entries;
}

/** Books what was asked by the dead and had no row yet. Runs inside the caller's transaction. */
function bookCrashed({ insert, update, rollups }: Connection, requests: readonly OpenedRequest[], price: Price): SettledRequest[] {
  const entries = requests.flatMap((request) => {
    if (insert.run(...openedValues(request), null).changes === 0) return [];
    const entry = bookEntry(request, crashed(request.id), price);
    update.run(...settledValues(entry), entry.id);
    return [entry];
  });
  rollups.add(entries);
  return entries;
}

/** Which file is under that name now; undefined when there is none. It changes when the book was purged, or set aside by another window. */
export function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}

/**
 * Moves a damaged file and its log next to themselves under a dated name, so that nothing is lost that somebody could still mend.
 * Returns the new name, or undefined when another window is at it, or has been. Several windows meet the damage at the same moment:
 * without the lock one of them sets the other's fresh file aside (seen in one run of four).
 */
export function setAside(file: string, inode: number | undefined, now: number): string | undefined {
  const lock = `${file}.replacing`;
  if (!takeLock(lock)) return undefined;
  try {
    if (inode === undefined || inodeOf(file) !== inode) return undefined;
    const aside = freeName(`${file}.damaged-${new Date(now).toISOString().slice(0, 19).replaceAll(':', '-')}`);
    // The file itself last: once its name is free another window begins a fresh one, whose log must not be taken away.
    if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${aside}-wal`);
    rmSync(`${file}-shm`, { force: true });
    renameSync(file, aside);
    return aside;
  } finally {
    rmSync(lock, { force: true });
  }
}

function freeName(wanted: string): string {
  let name = wanted;
  for (let count = 2; existsSync(name); count++) name = `${wanted}-${count}`;
  return name;
}

/** Prepared once for each file: a transaction takes 17 us instead of 20. */
const BRACKETS = new WeakMap<DatabaseSync, { readonly begin: StatementSync; readonly commit: StatementSync }>();

export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  let brackets = BRACKETS.get(db);
  if (brackets === undefined) {
    brackets = { begin: db.prepare('BEGIN IMMEDIATE'), commit: db.prepare('COMMIT') };
    BRACKETS.set(db, brackets);
  }
  brackets.begin.run();
  try {
    const result = work();
    brackets.commit.run();
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    forgetAccounts(db);
    throw error;
  }
}
