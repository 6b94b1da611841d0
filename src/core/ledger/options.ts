import type { Clock, Log } from '../ports.ts';
import type { AuditOptions } from './audit/audit-log.ts';
import type { Price } from './book-entry.ts';

export interface LedgerOptions {
  readonly file: string;
  /** Nano-dollars, or undefined for "unpriced". */
  readonly price: Price;
  readonly clock: Clock;
  /** Left out: the audit log records nothing. */
  readonly audit?: AuditOptions | undefined;
  readonly log: Log;
  /**
   * Milliseconds to wait for another process's lock. SQLite waits on the gateway's own thread, where streams wait too, so it is
   * short: a transaction takes well under a millisecond, and what does not get through is queued.
   */
  readonly busyMs?: number;
  readonly retryMs?: number;
  readonly beatMs?: number;
  /** Requests that may wait for the disk. Beyond it new ones are not booked, and `trouble` counts them. */
  readonly capacity?: number;
}
