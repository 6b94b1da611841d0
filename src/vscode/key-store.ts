import type { SecretStorage } from 'vscode';

/** What is known of a key besides its value. Kept apart from it, and all that is ever shown. */
export interface KeyInfo {
  /** `anthropic/work` */
  readonly id: string;
  readonly provider: string;
  readonly label: string;
  readonly lastFour: string;
  /** Where it may be sent: the origins of its provider on the day it was entered. */
  readonly origins: readonly string[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly rotatedAt?: number;
}

const INDEX = 'gatehouse.keys';
const secretName = (id: string) => `gatehouse.key.${id}`;

/**
 * Keys in SecretStorage, one secret each; the index of their metadata beside them, so that every window of the same user sees the
 * same keys. The store may be rewritten by another window at any time: each change re-reads it first and touches one entry.
 */
export class KeyStore {
  readonly #secrets: SecretStorage;
  #change: Promise<unknown> = Promise.resolve();

  constructor(secrets: SecretStorage) {
    this.#secrets = secrets;
  }

  async list(): Promise<KeyInfo[]> {
    const text = await this.#secrets.get(INDEX);
    try {
      const entries: unknown = JSON.parse(text ?? '[]');
      return Array.isArray(entries) ? entries.filter(isKeyInfo) : [];
    } catch {
      return [];
    }
  }

  /** The value itself: for the gateway's snapshot and the test call, nothing else. */
  async secret(id: string): Promise<string | undefined> {
    return this.#secrets.get(secretName(id));
  }

  /** Adds a key, or replaces the value of one in a single step. */
  put(info: KeyInfo, secret: string): Promise<void> {
    return this.#exclusively(async () => {
      await this.#secrets.store(secretName(info.id), secret);
      const keys = await this.list();
      const others = keys.filter((key) => key.id !== info.id);
      try {
        await this.#secrets.store(INDEX, JSON.stringify([...others, info]));
      } catch (error) {
        // A new key that is in no list could never be removed by anyone.
        if (others.length === keys.length) await this.#secrets.delete(secretName(info.id));
        throw error;
      }
    });
  }

  remove(id: string): Promise<void> {
    return this.#exclusively(async () => {
      // The secret first: where the second step fails, the key is still listed and can be removed again.
      await this.#secrets.delete(secretName(id));
      const others = (await this.list()).filter((key) => key.id !== id);
      await this.#secrets.store(INDEX, JSON.stringify(others));
    });
  }

  /** Does the store keep what it is given? Without a keyring some systems do not. */
  async keeps(): Promise<boolean> {
    const value = String(Math.random());
    // A name of its own: when an editor restores its windows, several ask at the same moment.
    const probe = `gatehouse.probe.${value}`;
    try {
      await this.#secrets.store(probe, value);
      return (await this.#secrets.get(probe)) === value;
    } catch {
      return false;
    } finally {
      await Promise.resolve(this.#secrets.delete(probe)).catch(() => {});
    }
  }

  isKeyChange(name: string): boolean {
    return name === INDEX || name.startsWith('gatehouse.key.');
  }

  #exclusively(change: () => Promise<void>): Promise<void> {
    const next = this.#change.then(change);
    this.#change = next.catch(() => {});
    return next;
  }
}

/** What another version or a damaged store left there is passed over. */
function isKeyInfo(entry: unknown): entry is KeyInfo {
  const { id, provider, origins } = (entry ?? {}) as Partial<Record<keyof KeyInfo, unknown>>;
  return typeof id === 'string' && typeof provider === 'string' && Array.isArray(origins);
}
