import { setTimeout as delay } from 'node:timers/promises';
import type * as vscode from 'vscode';
import type { HeldKey } from '../../core/routing/snapshot.ts';
import type { GatewayProcess } from '../gateway-process.ts';
import { examineStore, type StoreState } from './examine-store.ts';
import { heldKeys } from './held-keys.ts';
import type { KeyInfo } from './key-info.ts';
import type { KeyJournal } from './key-journal.ts';
import type { KeyStore, LostKey } from './key-store.ts';
import { LastUsed } from './last-used.ts';

/** The value is erased before it is said what becomes of requests that are on their way with it. */
const WORD_MS = 500;

/** What this window knows of its keys from one moment to the next, and what has to be done in the gateway and in the store together. */
export class KeyLife {
  readonly lastUsed: LastUsed;
  readonly #store: KeyStore;
  readonly #journal: KeyJournal;
  readonly #secrets: vscode.SecretStorage;
  readonly #gateway: Pick<GatewayProcess, 'call'>;
  #place: StoreState = { trouble: undefined, lost: [] };
  /** By the ids of the keys that this window's gateway holds: under which uid they lie. */
  #uids: ReadonlyMap<string, string> = new Map();
  #before: ReadonlyMap<string, string> = new Map();

  constructor(
    { secrets, globalState }: vscode.ExtensionContext,
    store: KeyStore,
    journal: KeyJournal,
    gateway: Pick<GatewayProcess, 'call'>,
  ) {
    this.#secrets = secrets;
    this.#store = store;
    this.#journal = journal;
    this.#gateway = gateway;
    this.lastUsed = new LastUsed(globalState);
  }

  /** How the place stands where keys are kept. */
  get place(): StoreState {
    return this.#place;
  }

  /** Once for a window, before any key is read. `changed`: another window did something to the keys. `examined`: `place` is known. */
  async begin(changed: () => void, examined: () => void): Promise<{ dispose(): void }> {
    const begun = this.#store.begin();
    void examineStore(begun, this.#secrets).then((place) => {
      this.#place = place;
      examined();
    });
    await begun.catch(() => {});
    // A browser tab hears nothing of what another one does to the secrets.
    return this.#journal.onChange(changed);
  }

  async read(): Promise<{ readonly keys: readonly KeyInfo[]; readonly held: readonly HeldKey[] }> {
    const stored = await this.#store.held();
    this.#before = this.#uids;
    this.#uids = new Map(stored.map(({ info, uid }) => [info.id, uid]));
    return { keys: stored.map(({ info }) => info), held: heldKeys(stored) };
  }

  /** The gateway has what was read last. A key that is gone may have been revoked in another window, with the word to abort what runs on it. */
  async swapped(): Promise<void> {
    const gone = [...this.#before].filter(([key]) => !this.#uids.has(key));
    if (gone.length > 0) await delay(WORD_MS);
    for (const [key, uid] of gone)
      if (await this.#store.aborts(uid)) await this.#gateway.call('revokeKey', { key, inFlight: 'abort' });
  }

  /** Nobody is asked with the key any more from here on, in any window. */
  async revoke(key: string, inFlight: 'finish' | 'abort'): Promise<void> {
    // The gateway first: while the store is being written, nothing must go out with it.
    await this.#gateway.call('revokeKey', { key, inFlight }).catch(() => {});
    await this.#store.remove(key, inFlight);
  }

  /** Nobody is told of these again. */
  async forget(lost: readonly LostKey[]): Promise<void> {
    await this.#store.forget(lost.map(({ uid }) => uid));
    this.#place = { ...this.#place, lost: this.#place.lost.filter((one) => !lost.includes(one)) };
  }
}
