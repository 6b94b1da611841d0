import type { DatabaseSync } from 'node:sqlite';
import { isRowFault } from '../disk-trouble.ts';
import type { Beginning } from './anchor.ts';
import type { AuditActor, AuditRecord } from './audit-event.ts';
import { hashOf, type AuditKey } from './chain.ts';
import { changesBetween, type ConfigState } from './config-state.ts';

/** What the log says of itself: the first entry of a file, and records that found no room while the disk refused. */
export type LogEvent = ({ readonly kind: 'log-began' } & Beginning) | { readonly kind: 'records-lost'; readonly records: number };

/** The settings as they are now. Recorded where they are not what was recorded last, by whichever process. */
export interface ConfigNote {
  readonly id: string;
  readonly at: number;
  readonly actor: AuditActor;
  readonly config: ConfigState;
}

export type ToAppend = AuditRecord | ConfigNote | (Omit<AuditRecord, 'event'> & { readonly event: LogEvent });

/**
 * Appends to the chain, in the caller's immediate transaction. What is in it already, by its id, is passed over. `begin`: for an empty log.
 * Returns how many the table refused: they must not hold up the others for ever.
 */
export function appendRecords(db: DatabaseSync, key: AuditKey, records: readonly ToAppend[], begin: () => ToAppend): number {
  const known = db.prepare('SELECT 1 FROM audit WHERE id = ?');
  const insert = db.prepare(
    'INSERT INTO audit (seq, id, at, actor, kind, body, key, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  // A higher one was put there by a foreign hand, and is no number of JavaScript's.
  const last = db.prepare(`SELECT seq, hash FROM audit WHERE seq < ${Number.MAX_SAFE_INTEGER} ORDER BY seq DESC LIMIT 1`).get();
  let seq = Number(last?.['seq'] ?? 0);
  let prev = String(last?.['hash'] ?? '');
  let refused = 0;
  for (const record of seq === 0 ? [begin(), ...records] : records) {
    const { id, at, actor } = record;
    const event = 'event' in record ? record.event : changeOf(db, record.config);
    if (event === undefined || known.get(id) !== undefined) continue;
    try {
      const { kind, ...fields } = event;
      const entry = { seq: seq + 1, id, at, actor, kind, body: boundedJson(fields), key: key.name, prev };
      const hash = hashOf(key, entry);
      insert.run(entry.seq, id, at, actor, kind, entry.body, entry.key, prev, hash);
      seq++;
      prev = hash;
    } catch (error) {
      if (!isRowFault(error)) throw error;
      refused++;
    }
  }
  return refused;
}

/** The state is recorded with the change: the next one is told by it, also after a restart. */
function changeOf(db: DatabaseSync, state: ConfigState) {
  const body = db.prepare("SELECT body FROM audit WHERE kind = 'config-changed' ORDER BY seq DESC LIMIT 1").get()?.['body'];
  const changes = changesBetween(stateIn(body), state);
  return changes && ({ kind: 'config-changed', ...changes, state } as const);
}

function stateIn(body: unknown): ConfigState {
  try {
    return (JSON.parse(String(body)) as { state?: ConfigState }).state ?? NO_STATE;
  } catch {
    return NO_STATE;
  }
}

const NO_STATE: ConfigState = { providers: {}, budgets: {} };
const LONGEST_TEXT = 300;
const LONGEST_LIST = 100;

/** Names come from settings and other extensions: no entry grows without bound. */
function boundedJson(fields: object): string {
  return JSON.stringify(fields, (_, value: unknown) => {
    if (typeof value === 'string' && value.length > LONGEST_TEXT) return `${value.slice(0, LONGEST_TEXT)}…`;
    return Array.isArray(value) ? value.slice(0, LONGEST_LIST) : value;
  });
}
