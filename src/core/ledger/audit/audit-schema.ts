/**
 * The audit log, as one step of the book's schema. `body` is the event's fields as JSON text and is hashed as it stands; `hash` covers all
 * other columns, and `prev` is the hash of the entry before (`chain.ts`). Nothing of ours updates a row or deletes one, but for the purge.
 */
export const AUDIT_STEP = `
  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY NOT NULL,
    id TEXT UNIQUE NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    key TEXT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
`;
