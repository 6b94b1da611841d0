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
    if (text === undefined) return [];
    try {
      return JSON.parse(text) as KeyInfo[];
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
      const others = (await this.list()).filter((key) => key.id !== info.id);
      await this.#secrets.store(INDEX, JSON.stringify([...others, info]));
    });
  }

  remove(id: string): Promise<void> {
    return this.#exclusively(async () => {
      const others = (await this.list()).filter((key) => key.id !== id);
      await this.#secrets.store(INDEX, JSON.stringify(others));
      await this.#secrets.delete(secretName(id));
    });
  }

  /** Does the store keep what it is given? Without a keyring some systems do not. */
  async keeps(): Promise<boolean> {
    const probe = 'gatehouse.probe';
    const value = String(Math.random());
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
