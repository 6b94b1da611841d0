import type { DatabaseSync } from 'node:sqlite';
import type { AuditRecord } from './audit-event.ts';
import { hashOf, type AuditKey } from './chain.ts';

/** Appends to the chain, in the caller's immediate transaction. What is in it already, by its id, is passed over. */
export function appendRecords(db: DatabaseSync, key: AuditKey, records: readonly AuditRecord[]): void {
  const known = db.prepare('SELECT 1 FROM audit WHERE id = ?');
  const insert = db.prepare(
    'INSERT INTO audit (seq, id, at, actor, kind, body, key, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const last = db.prepare('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1').get();
  let seq = Number(last?.['seq'] ?? 0);
  let prev = String(last?.['hash'] ?? '');
  for (const { id, at, actor, event } of records) {
    if (known.get(id) !== undefined) continue;
    const { kind, ...fields } = event;
    const entry = { seq: ++seq, id, at, actor, kind, body: boundedJson(fields), key: key.name, prev };
    prev = hashOf(key, entry);
    insert.run(entry.seq, id, at, actor, kind, entry.body, entry.key, entry.prev, prev);
  }
}

const LONGEST_TEXT = 300;
const LONGEST_LIST = 100;

/** Names come from settings and other extensions: no entry grows without bound. */
function boundedJson(fields: object): string {
  return JSON.stringify(fields, (_, value: unknown) => {
    if (typeof value === 'string' && value.length > LONGEST_TEXT) return `${value.slice(0, LONGEST_TEXT)}…`;
    return Array.isArray(value) ? value.slice(0, LONGEST_LIST) : value;
  });
}
