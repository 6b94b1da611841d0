import { randomBytes } from 'node:crypto';
import type { SecretStorage } from 'vscode';

const NAME = 'gatehouse.audit.key';

/** What the audit log is hashed with: made at first use, kept in SecretStorage and nowhere else. */
export async function auditKeyIn(secrets: SecretStorage): Promise<string> {
  const kept = await secrets.get(NAME);
  if (kept !== undefined) return kept;
  const made = randomBytes(32).toString('base64url');
  await secrets.store(NAME, made);
  return (await secrets.get(NAME)) ?? made;
}
