import { randomUUID } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import type { SecretStorage } from 'vscode';
import { removalIn, type Removal } from '../../host/key-import/removal.ts';

const PREFIX = 'gatehouse.removal.';

export interface KeptRemoval {
  readonly id: string;
  readonly removal: Removal;
}

/** What was taken out of files, in SecretStorage: a backup that is itself not plain text. */
export class RemovalStore {
  readonly #secrets: SecretStorage;

  constructor(secrets: SecretStorage) {
    this.#secrets = secrets;
  }

  /** Before the file is changed: read back, for some stores do not keep what they are given. */
  async keep(removal: Removal): Promise<string> {
    const id = randomUUID();
    const text = JSON.stringify(removal);
    await this.#secrets.store(PREFIX + id, text);
    if ((await this.#secrets.get(PREFIX + id)) === text) return id;
    throw new Error(
      l10n.t('the secret storage does not keep what it is given, so there would be no way back; nothing was removed'),
    );
  }

  /** The latest first. */
  async list(): Promise<readonly KeptRemoval[]> {
    const names = (await this.#secrets.keys()).filter((name) => name.startsWith(PREFIX));
    const kept = await Promise.all(
      names.map(async (name): Promise<KeptRemoval | undefined> => {
        const removal = removalIn(await this.#secrets.get(name));
        return removal && { id: name.slice(PREFIX.length), removal };
      }),
    );
    return kept.filter((entry) => entry !== undefined).sort((a, b) => b.removal.at - a.removal.at);
  }

  async forget(id: string): Promise<void> {
    await this.#secrets.delete(PREFIX + id);
  }
}
