import type { DatabaseSync } from 'node:sqlite';
import { exportPiece } from './export.ts';
import { emptyUsage, requests, usage } from './queries.ts';
import type {
  ExportPiece,
  ExportQuery,
  RequestsQuery,
  Retention,
  SettledRequest,
  UsageQuery,
  UsageRow,
  WhatGoes,
} from './records.ts';
import { readQuarters, type Quarter } from './rollups/read-quarters.ts';
import { whatGoes } from './rollups/retention.ts';

/** What can be asked of a book that is being written. */
export abstract class ReadableBook {
  abstract readonly trouble: string | undefined;

  /** Undefined where the book is closed or cannot be read. */
  protected abstract read<T>(read: (db: DatabaseSync) => T): T | undefined;

  usage(query: UsageQuery): UsageRow[] {
    return this.read((db) => usage(db, query)) ?? emptyUsage(query);
  }

  requests(query: RequestsQuery): SettledRequest[] {
    return this.read((db) => requests(db, query)) ?? [];
  }

  quarters(since: number, until: number): readonly Quarter[] | undefined {
    return this.read((db) => readQuarters(db, since, until));
  }

  exportPiece(query: ExportQuery, after: string): ExportPiece {
    const piece = this.read((db) => exportPiece(db, query, after));
    // Nothing for the rest would be an export that looks whole.
    if (piece === undefined) throw new Error(this.trouble ?? 'the ledger is closed');
    return piece;
  }

  whatGoes(retention: Retention, now: number): WhatGoes {
    return this.read((db) => whatGoes(db, retention, now)) ?? { requests: 0, sums: 0, rowsFrom: 0 };
  }
}
