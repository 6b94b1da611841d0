import * as l10n from '@vscode/l10n';
import type { SecretStorage } from 'vscode';
import { setTimeout as sleep } from 'node:timers/promises';
import { aboutOf, enteredAt, type KeyInfo, type KeySettings, type KeyValue, type StoredKey } from './key-info.ts';
import type { Journal, KeyJournal, KnownKey } from './key-journal.ts';
import {
  aboutName,
  aborts,
  goneName,
  goneText,
  isKeyName,
  lastFourOf,
  liveKeys,
  newUid,
  readRecords,
  valueName,
  valuesOf,
  type KeyRecords,
} from './key-records.ts';
import { takeOver } from './take-over.ts';

/** A change from another window takes this long to come here, at most; what has not by then never will. */
const ARRIVAL_MS = 1500;
/** A window stores a value and then what it is. Who did the first and not the second in this time never will. */
const ORPHAN_MS = 10 * 60 * 1000;

/** Without a journal, in tests of the layout alone: it has to hold by itself. */
const NO_JOURNAL: Pick<KeyJournal, 'read' | 'exclusively'> = {
  read: () => Promise.resolve({ known: {}, gone: {} }),
  exclusively: async (work) => void (await work({ known: {}, gone: {} })),
};

/** A key that was stored here and is not there any more, though nobody removed it. */
export interface LostKey extends KnownKey {
  readonly uid: string;
}

/**
 * Keys in SecretStorage; `key-records.ts` says how they lie there. Every window of the same user sees the same keys. Changes are made
 * one after the other, here and in all windows of this machine, and never on a copy of the secrets that is behind the journal.
 */
export class KeyStore {
  readonly #secrets: SecretStorage;
  readonly #journal: Pick<KeyJournal, 'read' | 'exclusively'>;
  readonly #arrivalMs: number;
  #change: Promise<unknown> = Promise.resolve();
  /** Lost before this window began: no sign of another one. */
  #lost: readonly LostKey[] = [];
  #bornAt = 0;

  constructor(secrets: SecretStorage, journal: Pick<KeyJournal, 'read' | 'exclusively'> = NO_JOURNAL, arrivalMs = ARRIVAL_MS) {
    this.#secrets = secrets;
    this.#journal = journal;
    this.#arrivalMs = arrivalMs;
  }

  async list(): Promise<KeyInfo[]> {
    return (await this.#live()).map(({ info }) => info);
  }

  /** Values and all: for the gateway's snapshot, nothing else. */
  async held(): Promise<readonly StoredKey[]> {
    return this.#live();
  }

  /** The value itself. */
  async secret(id: string): Promise<string | undefined> {
    return (await this.#find(id))?.secret;
  }

  /** Adds a key, or replaces the value and the settings of one. Nothing is left of a former value. */
  put(info: KeyInfo, secret: string): Promise<void> {
    return this.#exclusively(async (journal) => {
      const found = await this.#find(info.id);
      this.#bornAt = Math.max(Date.now(), this.#bornAt + 1);
      const uid = found?.uid ?? newUid(this.#bornAt);
      const at = found === undefined ? info.createdAt : await this.#nextTime(uid);
      await this.#secrets.store(valueName(uid, at), JSON.stringify({ secret, origins: info.origins }));
      try {
        await this.#secrets.store(aboutName(uid), JSON.stringify(aboutOf(info)));
      } catch (error) {
        // A new key that is in no list could never be removed by anyone.
        if (found === undefined) await this.#secrets.delete(valueName(uid, at));
        throw error;
      }
      await this.#eraseBefore(uid, at);
      return knowing(journal, uid, { ...info, lastFour: lastFourOf(secret) });
    });
  }

  /** Changes what a person decided about a key; undefined takes a setting away. False when the key is not there any more. */
  async change(id: string, settings: { readonly [Name in keyof KeySettings]?: KeySettings[Name] | undefined }): Promise<boolean> {
    return this.#with(id, async ({ uid, info }, journal) => {
      const about = JSON.stringify({ ...aboutOf(info), ...settings });
      await this.#secrets.store(aboutName(uid), about);
      return knowing(journal, uid, { ...info, label: settings.label ?? info.label });
    });
  }

  /** The new value is the key from this step on; the one before it is kept as the former unless `keepFormer` is false. */
  async rotate(id: string, secret: string, origins: readonly string[], keepFormer: boolean): Promise<boolean> {
    return this.#with(id, async ({ uid, info }, journal) => {
      const at = await this.#nextTime(uid);
      await this.#secrets.store(valueName(uid, at), JSON.stringify({ secret, origins }));
      const before = keepFormer ? (await this.#times(uid)).find((time) => time < at) : undefined;
      await this.#eraseBefore(uid, at, before);
      return knowing(journal, uid, { ...info, lastFour: lastFourOf(secret) });
    });
  }

  /** The former value is the key again, and the one after it is erased. False when there is none. */
  async undoRotation(id: string): Promise<boolean> {
    return this.#with(id, async ({ uid, info, former }, journal) => {
      if (former === undefined) return undefined;
      await this.#supersede(uid, former);
      return knowing(journal, uid, { ...info, lastFour: lastFourOf(former.secret) });
    });
  }

  /** The same value may be sent to these origins, and to no others. */
  async bind(id: string, origins: readonly string[]): Promise<boolean> {
    return this.#with(id, async ({ uid, info, secret }, journal) => {
      await this.#supersede(uid, { secret, origins, enteredAt: enteredAt(info) });
      return journal;
    });
  }

  /** False when there was none. */
  async eraseFormer(id: string): Promise<boolean> {
    return this.#with(id, async ({ uid, former }, journal) => {
      const [latest] = await this.#times(uid);
      if (former === undefined || latest === undefined) return undefined;
      await this.#eraseBefore(uid, latest);
      return journal;
    });
  }

  /** `inFlight`: what becomes of requests that are on their way with it, in every window. */
  remove(id: string, inFlight: 'finish' | 'abort' = 'finish'): Promise<void> {
    return this.#exclusively(async (journal) => {
      const found = await this.#find(id);
      if (found === undefined) return undefined;
      // The values first: where a later step fails, the key can be removed again.
      await this.#eraseAll(found.uid, inFlight);
      return without(journal, found.uid);
    });
  }

  /**
   * Before anything else in a window: looks for what was lost, takes over what versions before this one kept, and erases what nobody
   * refers to: what a slower window wrote under a key that was removed, and values that were never named.
   */
  async begin(): Promise<readonly LostKey[]> {
    await this.#exclusively((journal) => this.#tidy(journal), false);
    this.#lost = await this.findLost();
    return this.#lost;
  }

  /** Keys that were stored and are not there. */
  async findLost(): Promise<readonly LostKey[]> {
    const [records, { known }] = await Promise.all([readRecords(this.#secrets), this.#journal.read()]);
    return Object.entries(known).flatMap(([uid, key]) => (isThere(records, uid) ? [] : [{ uid, ...key }]));
  }

  /** What was lost is not missed any more. It is not taken for removed: another browser may have it still. */
  forget(uids: readonly string[]): Promise<void> {
    return this.#exclusively((journal) => {
      const known = Object.entries(journal.known).filter(([uid]) => !uids.includes(uid));
      return Promise.resolve({ ...journal, known: Object.fromEntries(known) });
    });
  }

  /** Whether a key was removed with the word to abort what was on its way with it. */
  async aborts(uid: string): Promise<boolean> {
    return aborts(await this.#secrets.get(goneName(uid)));
  }

  /** The same store for others: what they write waits its turn, and is refused where it would undo what another window did. */
  get shared(): SecretStorage {
    const secrets = this.#secrets;
    return {
      get: (name) => secrets.get(name),
      keys: () => secrets.keys(),
      onDidChange: (...listening) => secrets.onDidChange(...listening),
      store: (name, value) => this.#inTurn(() => secrets.store(name, value)),
      delete: (name) => this.#inTurn(() => secrets.delete(name)),
    };
  }

  isKeyChange(name: string): boolean {
    return isKeyName(name);
  }

  #inTurn(write: () => Thenable<void>): Promise<void> {
    return this.#exclusively(async () => {
      await write();
      return undefined;
    });
  }

  async #live(): Promise<readonly StoredKey[]> {
    const [records, { gone }] = await Promise.all([readRecords(this.#secrets), this.#journal.read()]);
    return liveKeys(records.filter(({ uid }) => gone[uid] === undefined));
  }

  async #find(id: string): Promise<StoredKey | undefined> {
    return (await this.#live()).find(({ info }) => info.id === id);
  }

  /** `work` returns the journal after the change; undefined: there was nothing to change. */
  async #with(id: string, work: (key: StoredKey, journal: Journal) => Promise<Journal | undefined>): Promise<boolean> {
    let done = false;
    await this.#exclusively(async (journal) => {
      const found = await this.#find(id);
      if (found === undefined) return undefined;
      const after = await work(found, journal);
      done = after !== undefined;
      return after;
    });
    return done;
  }

  async #times(uid: string): Promise<readonly number[]> {
    const prefix = valuesOf(uid);
    const names = (await this.#secrets.keys()).filter((name) => name.startsWith(prefix));
    return names.map((name) => Number(name.slice(prefix.length))).toSorted((a, b) => b - a);
  }

  /** Later than every value there is, also where the clock was put back; and not the one that another window takes at this moment. */
  async #nextTime(uid: string): Promise<number> {
    const [latest = 0] = await this.#times(uid);
    return Math.max(Date.now(), Math.ceil(latest) + 1) + Math.random();
  }

  /** Only what is older than a value that is there: whatever windows do at the same moment, the latest stays. */
  async #eraseBefore(uid: string, before: number, kept?: number): Promise<void> {
    for (const at of await this.#times(uid)) if (at < before && at !== kept) await this.#secrets.delete(valueName(uid, at));
  }

  async #eraseAll(uid: string, inFlight: 'finish' | 'abort' = 'finish'): Promise<void> {
    await this.#eraseBefore(uid, Infinity);
    await this.#secrets.store(goneName(uid), goneText(inFlight));
    await this.#secrets.delete(aboutName(uid));
  }

  async #supersede(uid: string, value: KeyValue): Promise<void> {
    const at = await this.#nextTime(uid);
    await this.#secrets.store(valueName(uid, at), JSON.stringify(value));
    await this.#eraseBefore(uid, at);
  }

  async #tidy(journal: Journal): Promise<Journal | undefined> {
    await takeOver(this.#secrets);
    const records = await readRecords(this.#secrets);
    for (const { uid, about, values, gone } of records) {
      const isGone = gone || journal.gone[uid] !== undefined;
      const isOrphan = about === undefined && (values[0]?.at ?? Infinity) < Date.now() - ORPHAN_MS;
      if (isOrphan || (isGone && (!gone || about !== undefined || values.length > 0))) await this.#eraseAll(uid);
    }
    const gone = new Set([...Object.keys(journal.gone), ...records.flatMap((one) => (one.gone ? [one.uid] : []))]);
    const before = Object.entries(journal.known).filter(([uid]) => !gone.has(uid));
    const now = liveKeys(records).flatMap(({ uid, info }) => (gone.has(uid) ? [] : [[uid, knownOf(info)] as const]));
    const known = Object.fromEntries([...before, ...now]);
    return JSON.stringify(known) === JSON.stringify(journal.known) ? undefined : { ...journal, known };
  }

  #exclusively(work: (journal: Journal) => Promise<Journal | undefined>, onPresent = true): Promise<void> {
    const next = this.#change.then(() =>
      this.#journal.exclusively(async (journal) => {
        if (onPresent) await this.#standOnPresent(journal);
        return work(journal);
      }),
    );
    this.#change = next.catch(() => {});
    return next;
  }

  /** Throws where the journal knows of what another window did and this one does not see. */
  async #standOnPresent({ known, gone }: Journal): Promise<void> {
    const lost = new Set(this.#lost.map(({ uid }) => uid));
    const until = Date.now() + this.#arrivalMs;
    for (;;) {
      const records = await readRecords(this.#secrets);
      const missing = Object.keys(known).some((uid) => !lost.has(uid) && !isThere(records, uid));
      const back = records.some(({ uid, gone: isGone }) => gone[uid] !== undefined && !isGone);
      if (!missing && !back) return;
      if (Date.now() > until) throw new KeysBehind();
      await sleep(50);
    }
  }
}

/** The secrets of this window are behind: nothing was written. */
export class KeysBehind extends Error {
  constructor() {
    super(
      l10n.t(
        'keys were changed in another browser tab, which this one does not see. Saving here would undo that. Reload this window, then try again.',
      ),
    );
    this.name = 'KeysBehind';
  }
}

function isThere(records: readonly KeyRecords[], uid: string): boolean {
  return records.some((one) => one.uid === uid && (one.gone || (one.about !== undefined && one.values.length > 0)));
}

function knownOf({ label, provider, lastFour }: KnownKey): KnownKey {
  return { label, provider, lastFour };
}

function knowing(journal: Journal, uid: string, key: KnownKey): Journal {
  return { ...journal, known: { ...journal.known, [uid]: knownOf(key) } };
}

function without({ known, gone }: Journal, uid: string): Journal {
  const { [uid]: _, ...others } = known;
  return { known: others, gone: { ...gone, [uid]: Date.now() } };
}
