import { setImmediate } from 'node:timers/promises';
import type { DatabaseSync } from 'node:sqlite';
import type { AuditEntry } from './chain.ts';

/** One to four milliseconds of one thread: streams have their turn in between. */
const PIECE = 100;

/**
 * By place and not by sequence: of two rows with one sequence, which only a foreign hand can make, both are seen. As big integers: one that is
 * no number of JavaScript's would throw.
 */
export function entriesFrom(db: DatabaseSync, offset: number, limit: number): AuditEntry[] {
  const select = db.prepare('SELECT seq, id, at, actor, kind, body, key, prev, hash FROM audit ORDER BY seq LIMIT ? OFFSET ?');
  select.setReadBigInts(true);
  return select.all(limit, offset).map((row) => ({
    seq: Number(row['seq']),
    id: String(row['id']),
    at: Number(row['at']),
    actor: String(row['actor']),
    kind: String(row['kind']),
    body: String(row['body']),
    key: String(row['key']),
    prev: String(row['prev']),
    hash: String(row['hash']),
  }));
}

/** All of them, the oldest first. `page` throws what it throws. */
export async function allEntries(page: (offset: number, limit: number) => readonly AuditEntry[]): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for (;;) {
    const piece = page(entries.length, PIECE);
    entries.push(...piece);
    if (piece.length < PIECE) return entries;
    await setImmediate();
  }
}

/** One line of JSON for each: every column as it stands, so that the chain can be verified from them. */
export function jsonLines(entries: readonly AuditEntry[]): string {
  return entries.map((entry) => `${JSON.stringify({ time: isoTime(entry.at), ...entry })}\n`).join('');
}

/** Undefined for what no clock shows: somebody may have written it there. */
export function isoTime(at: number): string | undefined {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
