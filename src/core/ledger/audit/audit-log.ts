import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../ports.ts';
import { inTransaction } from '../connection.ts';
import { anchorAfter, type Anchor } from './anchor.ts';
import { appendRecords, type LogEvent, type ToAppend } from './append.ts';
import type { AuditActor, AuditRecord } from './audit-event.ts';
import { auditKey, type AuditEntry, type AuditKey } from './chain.ts';
import { configState, type ConfigState } from './config-state.ts';
import { allEntries, entriesFrom } from './entries.ts';
import { verifyAudit, type AuditVerdict } from './verify.ts';

/** What a host knows of the audit log, and keeps apart from its file. */
export interface AuditOptions {
  /** What it is hashed with. Never logged. */
  readonly key: string;
  readonly anchor: Anchor | undefined;
  /** Who changes the settings. */
  readonly operator: AuditActor;
}

interface Waiting {
  readonly record: ToAppend;
  readonly written: () => void;
}

/** What may wait for the disk. Beyond it the newest are counted, and the count is recorded. */
const CAPACITY = 1_000;

/**
 * The audit log over whatever connection the book has at the moment. What appends waits for nothing and never throws: while the file cannot
 * be written, records wait, in order.
 *
 * The book itself may lose its last moments when the power fails; the audit log may not, so its transactions are on the disk when they end
 * (`synchronous = FULL`). Measured on a virtual disk: 6 ms for a transaction instead of 0.1. Records are few, and those of one turn of the event
 * loop share it; requests are never in one.
 */
export class AuditLog {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #operator: AuditActor;
  readonly #onTrouble: (error: unknown) => void;
  readonly #listeners: (() => void)[] = [];
  /** Undefined: nothing is recorded. */
  #key: AuditKey | undefined;
  #anchor: Anchor | undefined;
  #noted: ConfigState | undefined;
  #db: DatabaseSync | undefined;
  #waiting: Waiting[] = [];
  #lost = 0;
  #scheduled = false;
  /** The disk refuses: only who calls `flush` tries again. */
  #held = false;

  constructor(file: string, options: AuditOptions | undefined, clock: Clock, onTrouble: (error: unknown) => void) {
    this.#file = file;
    this.#key = options && auditKey(options.key);
    this.#anchor = options?.anchor;
    this.#operator = options?.operator ?? 'gateway';
    this.#clock = clock;
    this.#onTrouble = onTrouble;
  }

  /** How many records wait for the disk, those included that found no room. */
  get waiting(): number {
    return this.#waiting.length + this.#lost;
  }

  /** False: nothing is recorded. */
  get on(): boolean {
    return this.#key !== undefined;
  }

  /** Resolves when it is on the disk, or never will be. */
  append(record: AuditRecord): Promise<void> {
    return this.#enqueue(record);
  }

  /** Records in what the settings differ from those that were recorded last, by whichever process. */
  noteConfig(settings: Pick<Config, 'providers' | 'budgets'>): void {
    if (this.#key === undefined) return;
    const config = configState(this.#key, settings);
    // Of two windows one may hear of a change later: what it still has is no change.
    if (isDeepStrictEqual(config, this.#noted)) return;
    this.#noted = config;
    void this.#enqueue({ id: randomUUID(), at: this.#clock.now(), actor: this.#operator, config });
  }

  /** Called after records were written. */
  onWritten(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** The newest entry, to be kept in the place of `known`; undefined where the log does not go on from there. Throws what SQLite throws. */
  anchorAfter(known: Anchor | undefined): Anchor | undefined {
    this.#anchor = known;
    return this.#db && anchorAfter(this.#db, known);
  }

  /** The oldest first, by their place. */
  entries(offset: number, limit: number): readonly AuditEntry[] {
    return this.#opened((db) => entriesFrom(db, offset, limit));
  }

  get count(): number {
    return this.#opened((db) => Number(db.prepare('SELECT count(*) AS count FROM audit').get()?.['count']));
  }

  async verify(anchor: Anchor | undefined): Promise<AuditVerdict> {
    if (this.#key === undefined) throw new Error('the key of the audit log could not be read, so the log cannot be verified');
    const key = this.#key;
    return verifyAudit(await allEntries((offset, limit) => this.entries(offset, limit)), key, anchor);
  }

  /** Erases all of it, and what waits. Nothing is recorded from then on: a new log wants a new key, and so a new start. */
  clear(): void {
    this.#key = undefined;
    this.#anchor = undefined;
    this.#lost = 0;
    for (const { written } of this.#waiting.splice(0)) written();
    this.#opened((db) => {
      db.exec('PRAGMA secure_delete = ON');
      inTransaction(db, () => db.exec('DELETE FROM audit'));
      db.exec('PRAGMA secure_delete = OFF; PRAGMA wal_checkpoint(TRUNCATE)');
    });
  }

  /** `undefined`: the file is closed. */
  connected(db: DatabaseSync | undefined): void {
    this.#db = db;
    if (db !== undefined && this.#waiting.length > 0) this.#schedule();
  }

  /** Throws what SQLite throws; then all of it waits on. */
  flush(): void {
    const [db, key, waiting] = [this.#db, this.#key, this.#waiting];
    if (db === undefined || key === undefined || waiting.length === 0) return;
    this.#held = true;
    db.exec('PRAGMA synchronous = FULL');
    try {
      const records = [...waiting.map(({ record }) => record), ...this.#lostRecord()];
      this.#lost = inTransaction(db, () => appendRecords(db, key, records, () => this.#beginning()));
    } finally {
      db.exec('PRAGMA synchronous = NORMAL');
    }
    this.#held = false;
    this.#waiting = this.#waiting.slice(waiting.length);
    for (const { written } of waiting) written();
    for (const listener of this.#listeners) listener();
  }

  #enqueue(record: ToAppend): Promise<void> {
    if (this.#key === undefined) return Promise.resolve();
    if (this.#waiting.length >= CAPACITY) {
      this.#lost++;
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ record, written: resolve });
    if (!this.#held) this.#schedule();
    return promise;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      try {
        this.flush();
      } catch (error) {
        this.#onTrouble(error);
      }
    });
  }

  #lostRecord(): readonly ToAppend[] {
    if (this.#lost === 0) return [];
    return [this.#own({ kind: 'records-lost', records: this.#lost })];
  }

  /** Of a log that is known to have been there, the first entry of the next one tells where it may be found. */
  #beginning(): ToAppend {
    if (this.#anchor === undefined) return this.#own({ kind: 'log-began' });
    const setAside = lastSetAside(this.#file);
    return this.#own({ kind: 'log-began', before: this.#anchor, ...(setAside !== undefined && { setAside }) });
  }

  #own(event: LogEvent): ToAppend {
    return { id: randomUUID(), at: this.#clock.now(), actor: 'gateway', event };
  }

  #opened<T>(work: (db: DatabaseSync) => T): T {
    if (this.#db === undefined) throw new Error('the ledger cannot be opened at the moment, and the audit log is in it');
    return work(this.#db);
  }
}

/** Its date is in its name. */
function lastSetAside(file: string): string | undefined {
  const prefix = `${path.basename(file)}.damaged-`;
  return readdirSync(path.dirname(file))
    .filter((name) => name.startsWith(prefix) && !name.endsWith('-wal'))
    .sort()
    .at(-1);
}
