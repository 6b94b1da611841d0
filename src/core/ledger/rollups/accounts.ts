import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { SettledRequest, UsageBy } from '../records.ts';

/** The columns that roll-ups tell apart, besides time. A missing key or class is ''. */
const NAMES = ['workspace', 'agent', 'provider', 'model', 'key', 'class'] as const satisfies readonly UsageBy[];

interface Known {
  readonly ids: Map<string, number>;
  readonly find: StatementSync;
  readonly insert: StatementSync;
}

/**
 * What requests are summed under: one account for each combination of names that was ever seen (some dozens in a book), so that a row of a
 * roll-up holds a small number in place of a hundred characters. `named` tells requests of a session from those of none: sessions have
 * sums of their own, and what belongs to none is then a sum of accounts.
 */
const KNOWN = new WeakMap<DatabaseSync, Known>();

/** Runs inside the caller's transaction: an unknown account is entered. */
export function accountOf(db: DatabaseSync, entry: SettledRequest): number {
  const known = knownOf(db);
  const values = [
    entry.workspace,
    entry.agent,
    entry.provider,
    entry.model,
    entry.key ?? '',
    entry.class ?? '',
    Number(isNamed(entry)),
  ];
  const name = values.join('\u0000');
  const cached = known.ids.get(name);
  if (cached !== undefined) return cached;
  const id = Number((known.find.get(...values) ?? known.insert.get(...values))?.['id']);
  known.ids.set(name, id);
  return id;
}

/** After a rollback: an account that was entered in it is not there any more, and another window may take its number. */
export function forgetAccounts(db: DatabaseSync): void {
  KNOWN.get(db)?.ids.clear();
}

export function isNamed({ session }: Pick<SettledRequest, 'session'>): boolean {
  return session !== undefined && session !== '';
}

function knownOf(db: DatabaseSync): Known {
  let known = KNOWN.get(db);
  if (known === undefined) {
    const columns = [...NAMES, 'named'];
    known = {
      ids: new Map(),
      find: db.prepare(`SELECT id FROM accounts WHERE ${columns.map((column) => `${column} = ?`).join(' AND ')}`),
      insert: db.prepare(`INSERT INTO accounts (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) RETURNING id`),
    };
    KNOWN.set(db, known);
  }
  return known;
}
