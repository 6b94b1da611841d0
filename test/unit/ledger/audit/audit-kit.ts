import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { Anchor } from '../../../../src/core/ledger/audit/anchor.ts';
import type { AuditEvent, AuditRecord } from '../../../../src/core/ledger/audit/audit-event.ts';
import type { AuditOptions } from '../../../../src/core/ledger/audit/audit-log.ts';
import { auditKey, type AuditEntry } from '../../../../src/core/ledger/audit/chain.ts';
import { allEntries, entriesFrom } from '../../../../src/core/ledger/audit/entries.ts';
import { verifyAudit, type AuditVerdict } from '../../../../src/core/ledger/audit/verify.ts';
import type { LedgerOptions } from '../../../../src/core/ledger/options.ts';
import type { LedgerStore } from '../../../../src/core/ledger/store.ts';
import { ledgerOn, NOON } from '../ledger-kit.ts';

export const AUDIT_SECRET = 'a-canary-of-an-audit-key-0123456789abcdefghi';

const auditOptions = (anchor?: Anchor, key = AUDIT_SECRET): AuditOptions => ({ key, anchor, operator: 'user' });

/** A ledger that records, with what else it should have. */
export function auditedLedger(file: string, anchor?: Anchor, more: Partial<LedgerOptions> = {}): LedgerStore {
  return ledgerOn(file, { audit: auditOptions(anchor), ...more });
}

let made = 0;

export function record(event: AuditEvent = { kind: 'token-rotated', agent: `agent-${made}` }, at = NOON): AuditRecord {
  return { id: `record-${++made}`, at, actor: 'user', event };
}

/** Appends so many, all on the disk when it resolves. */
export async function recorded(ledger: LedgerStore, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => ledger.audit.append(record())));
}

/** A foreign hand: changes the file behind the gateway's back. */
export function tamper(file: string, ...steps: readonly (string | readonly [sql: string, ...values: SQLInputValue[]])[]): void {
  const db = new DatabaseSync(file, { timeout: 5_000 });
  try {
    for (const step of steps) {
      const [sql, ...values] = typeof step === 'string' ? [step] : step;
      db.prepare(sql).run(...values);
    }
  } finally {
    db.close();
  }
}

export async function entriesOf(file: string): Promise<AuditEntry[]> {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return await allEntries((offset, limit) => entriesFrom(db, offset, limit));
  } finally {
    db.close();
  }
}

export async function verdictOf(file: string, anchor?: Anchor, key = AUDIT_SECRET): Promise<AuditVerdict> {
  return verifyAudit(await entriesOf(file), auditKey(key), anchor);
}
