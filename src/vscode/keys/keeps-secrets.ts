import type { SecretStorage } from 'vscode';

/** Does the store keep what it is given? Without a keyring some systems do not. */
export async function keepsSecrets(secrets: SecretStorage): Promise<boolean> {
  const value = String(Math.random());
  // A name of its own: when an editor restores its windows, several ask at the same moment.
  const probe = `gatehouse.probe.${value}`;
  try {
    await secrets.store(probe, value);
    return (await secrets.get(probe)) === value;
  } catch {
    return false;
  } finally {
    await Promise.resolve(secrets.delete(probe)).catch(() => {});
  }
}
