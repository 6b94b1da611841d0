import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { AuditEntry } from './audit/chain.ts';
import { entriesFrom } from './audit/entries.ts';
import { exportText } from './export.ts';
import { requests, requestsAfter, usage } from './queries.ts';
import type { ExportQuery, RequestsQuery, SettledRequest, UsageQuery, UsageRow } from './records.ts';
import { LedgerRefused, refuseNewer, STEPS, versionOf } from './schema.ts';

/** A look into the book; safe while gateways write it. */
export interface LedgerReader {
  usage(query: UsageQuery): UsageRow[];
  requests(query: RequestsQuery): SettledRequest[];
  /** As `Ledger.export`. */
  export(query: ExportQuery): AsyncIterable<string>;
  /** As `AuditLog.entries`. */
  auditEntries(offset: number, limit: number): readonly AuditEntry[];
  close(): void;
}

const BUSY_MS = 5_000;

/** Throws `LedgerRefused` with a sentence for the user when there is no ledger, or none that this version can read. */
export function openLedgerReadOnly(file: string): LedgerReader {
  if (!existsSync(file)) {
    throw new LedgerRefused('There is no ledger in this folder. It is created when a gateway first runs; check --data.');
  }
  const db = openForReading(file);
  return {
    usage: (query) => usage(db, query),
    requests: (query) => requests(db, query),
    export: (query) => exportText(query.format, (after, limit) => requestsAfter(db, after, query, limit)),
    auditEntries: (offset, limit) => entriesFrom(db, offset, limit),
    close: () => db.close(),
  };
}

function openForReading(file: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS });
    refuseNewer(db);
    if (versionOf(db) < STEPS.length) {
      throw new LedgerRefused(
        'This ledger is of an older format, or empty. Start the gateway on it once, which upgrades it, then ask again.',
      );
    }
    return db;
  } catch (error) {
    db?.close();
    if (error instanceof LedgerRefused) throw error;
    throw new LedgerRefused(
      'The ledger cannot be read: it is damaged, locked, or not a ledger. Start the gateway on it, which repairs what it can.',
      {
        cause: error,
      },
    );
  }
}
