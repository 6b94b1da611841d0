import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '../connection.ts';
import { appendRecords } from './append.ts';
import type { AuditRecord } from './audit-event.ts';
import type { AuditKey } from './chain.ts';

interface Waiting {
  readonly record: AuditRecord;
  readonly written: () => void;
}

/** What may wait for the disk. Beyond it the newest are not recorded. */
const CAPACITY = 1_000;

/**
 * The audit log over whatever connection the book has at the moment. `append` waits for nothing and never throws: while the file cannot
 * be written, records wait, in order.
 */
export class AuditLog {
  readonly #key: AuditKey | undefined;
  readonly #onTrouble: (error: unknown) => void;
  #db: DatabaseSync | undefined;
  #waiting: Waiting[] = [];
  #scheduled = false;

  /** Without a key nothing is recorded. */
  constructor(key: AuditKey | undefined, onTrouble: (error: unknown) => void) {
    this.#key = key;
    this.#onTrouble = onTrouble;
  }

  /** Resolves when it is on disk, or never will be. */
  append(record: AuditRecord): Promise<void> {
    if (this.#key === undefined || this.#waiting.length >= CAPACITY) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ record, written: resolve });
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.#writeNow());
    }
    return promise;
  }

  /** `undefined`: the file is closed. */
  connected(db: DatabaseSync | undefined): void {
    this.#db = db;
  }

  /** Throws what SQLite throws; then all of it waits on. */
  flush(): void {
    const [db, key, waiting] = [this.#db, this.#key, this.#waiting];
    if (db === undefined || key === undefined || waiting.length === 0) return;
    // The book itself loses its last moments when the power fails, and can; the audit log may not. The price is one fsync.
    db.exec('PRAGMA synchronous = FULL');
    try {
      inTransaction(db, () =>
        appendRecords(
          db,
          key,
          waiting.map(({ record }) => record),
        ),
      );
    } finally {
      db.exec('PRAGMA synchronous = NORMAL');
    }
    this.#waiting = this.#waiting.slice(waiting.length);
    for (const { written } of waiting) written();
  }

  #writeNow(): void {
    this.#scheduled = false;
    try {
      this.flush();
    } catch (error) {
      this.#onTrouble(error);
    }
  }
}
