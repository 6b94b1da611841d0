import type { Log } from '../ports.ts';
import { diskTrouble, reason, sqliteCode, troubleSentence } from './disk-trouble.ts';
import type { DiskTrouble } from './disk-trouble.ts';
import { LedgerRefused } from './schema.ts';

/** What waits for the disk. */
interface Waiting {
  readonly requests: number;
  /** Entries of the audit log. */
  readonly audited: number;
}

/** What is wrong with the book, as the user is told it; the log hears of each trouble once, not once a row. */
export class TroubleReport {
  readonly #log: Log;
  readonly #waiting: () => Waiting;
  readonly #listeners: ((sentence: string | undefined) => void)[] = [];
  #failing: string | undefined;
  #notice: string | undefined;
  #lost = 0;
  #rowFaultLogged = false;

  constructor(log: Log, waiting: () => Waiting) {
    this.#log = log;
    this.#waiting = waiting;
  }

  /** True while the disk refuses. */
  get failing(): boolean {
    return this.#failing !== undefined;
  }

  get sentence(): string | undefined {
    const lost = this.#lost > 0 ? `${this.#lost} request(s) could not be booked at all.` : undefined;
    if (this.#failing === undefined) return lost ?? this.#notice;
    const { requests, audited } = this.#waiting();
    const audit = audited > 0 ? `${audited} entries of the audit log wait, too.` : undefined;
    return [this.#failing, `${requests} new request(s) wait to be booked.`, audit, lost].filter(Boolean).join(' ');
  }

  /** Called at once where there is trouble, and then whenever the sentence may have changed. Must not throw. */
  onChange(listener: (sentence: string | undefined) => void): void {
    this.#listeners.push(listener);
    if (this.sentence !== undefined) listener(this.sentence);
  }

  begin(error: unknown): DiskTrouble {
    const trouble = diskTrouble(error);
    if (!this.failing) this.#log.error('the ledger cannot be used; requests go on', { trouble, cause: reason(error) });
    this.#failing = error instanceof LedgerRefused ? error.message : troubleSentence(trouble);
    this.#changed();
    return trouble;
  }

  end(): void {
    if (!this.failing) return;
    this.#failing = undefined;
    this.#log.info('the ledger is written again');
    this.#changed();
  }

  setAside(name: string): void {
    this.#notice = `The ledger file was damaged. It was set aside as ${name} and a new ledger was begun.`;
    this.#log.error('the damaged ledger was set aside', { name });
    this.#changed();
  }

  /** No room in the queue. */
  lost(): void {
    this.#lost++;
  }

  rowRefused(error: unknown): void {
    this.#lost++;
    this.#changed();
    if (this.#rowFaultLogged) return;
    this.#rowFaultLogged = true;
    this.#log.error('the ledger refused a row', { code: sqliteCode(error), cause: reason(error) });
  }

  #changed(): void {
    for (const listener of this.#listeners) listener(this.sentence);
  }
}
