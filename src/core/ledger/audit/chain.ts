import { createHmac } from 'node:crypto';

/** A row of the audit log, as it stands in the file. */
export interface AuditEntry {
  /** From 1, without gaps. */
  readonly seq: number;
  readonly id: string;
  /** Milliseconds since the epoch: when it happened. It may have waited before it was written, so times need not ascend. */
  readonly at: number;
  readonly actor: string;
  readonly kind: string;
  /** The fields of the event, as JSON text. */
  readonly body: string;
  /** Which key the hash was made with (`AuditKey.name`). */
  readonly key: string;
  /** The hash of the entry before; empty for the first. */
  readonly prev: string;
  readonly hash: string;
}

/** What entries are hashed with. The value never leaves this object. */
export interface AuditKey {
  /** Tells keys apart and tells nothing about them. */
  readonly name: string;
  hash(text: string): string;
}

export function auditKey(secret: string): AuditKey {
  const hash = (text: string): string => createHmac('sha256', secret).update(text).digest('hex');
  return { name: hash('gatehouse audit key').slice(0, 16), hash };
}

/** A list of JSON: no two entries have the same text, wherever their fields begin and end. */
export function hashOf(key: AuditKey, entry: Omit<AuditEntry, 'hash'>): string {
  const { seq, id, at, actor, kind, body, prev } = entry;
  return key.hash(JSON.stringify(['gatehouse audit 1', seq, id, at, actor, kind, body, entry.key, prev]));
}
