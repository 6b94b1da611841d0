import type { SecretStorage } from 'vscode';
import type { TelemetryHeader } from '../core/routing/snapshot.ts';

/** A header of which it is known where it may go. */
type BoundHeader = Required<TelemetryHeader>;

const SECRET = 'gatehouse.telemetryHeaders';

/**
 * Headers for the user's telemetry collector. Their values may be secrets, so all of them are one secret, with the origins that they were
 * entered for. Another window may rewrite it at any time: each change reads it first and touches one header.
 */
export class TelemetryHeaders {
  readonly #secrets: SecretStorage;
  #change: Promise<unknown> = Promise.resolve();

  constructor(secrets: SecretStorage) {
    this.#secrets = secrets;
  }

  /** For the gateway's settings; of what is shown only the names. */
  async list(): Promise<BoundHeader[]> {
    try {
      const entries: unknown = JSON.parse((await this.#secrets.get(SECRET)) ?? '[]');
      return Array.isArray(entries) ? entries.filter(isBoundHeader) : [];
    } catch {
      return [];
    }
  }

  /** In place of the one of this name, wherever that one goes. */
  set(header: BoundHeader): Promise<void> {
    return this.#rewrite(header.name, [header]);
  }

  remove(name: string): Promise<void> {
    return this.#rewrite(name, []);
  }

  isChange(secret: string): boolean {
    return secret === SECRET;
  }

  #rewrite(name: string, instead: readonly BoundHeader[]): Promise<void> {
    const next = this.#change.then(async () => {
      const others = (await this.list()).filter((header) => header.name !== name);
      await this.#secrets.store(SECRET, JSON.stringify([...others, ...instead]));
    });
    this.#change = next.catch(() => {});
    return next;
  }
}

/** What another version or a damaged store left there is passed over. */
function isBoundHeader(entry: unknown): entry is BoundHeader {
  const { name, value, origin } = (entry ?? {}) as Partial<Record<keyof BoundHeader, unknown>>;
  return typeof name === 'string' && typeof value === 'string' && typeof origin === 'string';
}
