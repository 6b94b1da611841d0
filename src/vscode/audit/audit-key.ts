import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { SecretStorage } from 'vscode';
import { takeLock } from '../../core/ledger/lock-file.ts';

export const AUDIT_KEY = 'gatehouse.audit.key';

const TRIES = 30;
const PAUSE_MS = 100;

/**
 * What the audit log is hashed with: made at first use, kept in SecretStorage and nowhere else. When an editor restores its windows, several
 * ask at the same moment, and SecretStorage has no "store if there is none": so one makes it, behind a lock, and the others wait for it.
 */
export async function auditKeyIn(secrets: SecretStorage, lock: string): Promise<string> {
  for (let tries = 0; tries < TRIES; tries++) {
    const kept = await secrets.get(AUDIT_KEY);
    if (kept !== undefined) return kept;
    if (takeLock(lock)) break;
    await delay(PAUSE_MS);
  }
  try {
    const kept = await secrets.get(AUDIT_KEY);
    if (kept !== undefined) return kept;
    const made = randomBytes(32).toString('base64url');
    await secrets.store(AUDIT_KEY, made);
    return (await secrets.get(AUDIT_KEY)) ?? made;
  } finally {
    rmSync(lock, { force: true });
  }
}
