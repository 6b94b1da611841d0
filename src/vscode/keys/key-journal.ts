import { randomUUID } from 'node:crypto';
import { mkdirSync, watch } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import { record } from './key-info.ts';

const FILE = 'keys.json';
const LOCK = 'keys.lock';
/** Who holds the lock longer than this waits for a window that is closed: its secrets are asked for through it, and no answer comes. */
const LOCK_LIFE_MS = 4_000;
const LOCK_PATIENCE_MS = 15_000;
/** Of a key that was removed nothing has to be known for longer. */
const GONE_LIFE_MS = 365 * 24 * 60 * 60 * 1000;

/** As a person calls a key. */
export interface KnownKey {
  readonly label: string;
  readonly provider: string;
  readonly lastFour: string;
}

export interface Journal {
  /** By uid: the keys that were stored. */
  readonly known: Readonly<Record<string, KnownKey>>;
  /** By uid: when they were removed, in milliseconds since the epoch. */
  readonly gone: Readonly<Record<string, number>>;
}

/**
 * What was stored and what was removed, beside SecretStorage: in the folder that all windows on this machine share. It holds no secret.
 * In code-server each browser tab has a copy of all secrets of its own and writes it back whole, so a tab can undo what another one did;
 * without a keyring secrets are forgotten. Only somebody else who remembers can tell.
 */
export class KeyJournal {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(): Promise<Journal> {
    const text = await readFile(this.#path(FILE), 'utf8').catch(() => undefined);
    const { known, gone } = record(text);
    return {
      known: Object.fromEntries(entriesOf(known).flatMap(([uid, key]) => (isKnown(key) ? [[uid, key]] : []))),
      gone: Object.fromEntries(entriesOf(gone).filter((entry): entry is [string, number] => typeof entry[1] === 'number')),
    };
  }

  /** Told of every change, also of one's own. Nothing where the folder cannot be watched. */
  onChange(listener: () => void): { dispose(): void } {
    try {
      mkdirSync(this.#folder, { recursive: true });
      const watcher = watch(this.#folder, { persistent: false }, (_, name) => {
        if (name === FILE) listener();
      });
      watcher.on('error', () => watcher.close());
      return { dispose: () => watcher.close() };
    } catch {
      return { dispose() {} };
    }
  }

  /** One window after the other, on this machine. `work` returns what is to be written; undefined leaves the journal as it is. */
  async exclusively(work: (journal: Journal) => Promise<Journal | undefined>): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const lock = this.#path(LOCK);
    await this.#take(lock);
    try {
      const after = await work(await this.read());
      if (after !== undefined) await this.#write(after);
    } finally {
      await rm(lock, { force: true });
    }
  }

  async #write({ known, gone }: Journal): Promise<void> {
    const since = Date.now() - GONE_LIFE_MS;
    const remembered = Object.fromEntries(Object.entries(gone).filter(([, at]) => at > since));
    const fresh = this.#path(`${FILE}.${randomUUID()}.new`);
    await writeFile(fresh, JSON.stringify({ known, gone: remembered }), { mode: 0o600 });
    await rename(fresh, this.#path(FILE));
  }

  async #take(lock: string): Promise<void> {
    const until = Date.now() + LOCK_PATIENCE_MS;
    for (;;) {
      try {
        return await writeFile(lock, HOLDER, { flag: 'wx', mode: 0o600 });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const age = await stat(lock).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      );
      if (age > LOCK_LIFE_MS || hasDied(await readFile(lock, 'utf8').catch(() => ''))) await rm(lock, { force: true });
      else if (Date.now() > until) throw new Error(l10n.t('another window keeps the keys busy; try again in a moment'));
      else await sleep(20);
    }
  }

  #path(name: string): string {
    return path.join(this.#folder, name);
  }
}

const HOLDER = `${process.pid} ${hostname()}`;

/** Only of a process on this machine it can be known. */
function hasDied(holder: string): boolean {
  const [pid, host] = holder.split(' ');
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function isKnown(value: unknown): value is KnownKey {
  const { label, provider, lastFour } = (value ?? {}) as Partial<Record<keyof KnownKey, unknown>>;
  return typeof label === 'string' && typeof provider === 'string' && typeof lastFour === 'string';
}
