import type { Log } from '../ports.ts';
import { diskTrouble, reason, sqliteCode, troubleSentence } from './disk-trouble.ts';
import type { DiskTrouble } from './disk-trouble.ts';
import { LedgerRefused } from './schema.ts';

/** What is wrong with the book, as the user is told it; the log hears of each trouble once, not once a row. */
export class TroubleReport {
  readonly #log: Log;
  #failing: string | undefined;
  #notice: string | undefined;
  #lost = 0;
  #rowFaultLogged = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** True while the disk refuses. */
  get failing(): boolean {
    return this.#failing !== undefined;
  }

  sentence(waiting: number, unaudited: number): string | undefined {
    const lost = this.#lost > 0 ? `${this.#lost} request(s) could not be booked at all.` : undefined;
    if (this.#failing === undefined) return lost ?? this.#notice;
    const audit = unaudited > 0 ? `${unaudited} entries of the audit log wait, too.` : undefined;
    return [this.#failing, `${waiting} new request(s) wait to be booked.`, audit, lost].filter(Boolean).join(' ');
  }

  begin(error: unknown): DiskTrouble {
    const trouble = diskTrouble(error);
    if (!this.failing) this.#log.error('the ledger cannot be used; requests go on', { trouble, cause: reason(error) });
    this.#failing = error instanceof LedgerRefused ? error.message : troubleSentence(trouble);
    return trouble;
  }

  end(): void {
    if (!this.failing) return;
    this.#failing = undefined;
    this.#log.info('the ledger is written again');
  }

  setAside(name: string): void {
    this.#notice = `The ledger file was damaged. It was set aside as ${name} and a new ledger was begun.`;
    this.#log.error('the damaged ledger was set aside', { name });
  }

  /** No room in the queue. */
  lost(): void {
    this.#lost++;
  }

  rowRefused(error: unknown): void {
    this.#lost++;
    if (this.#rowFaultLogged) return;
    this.#rowFaultLogged = true;
    this.#log.error('the ledger refused a row', { code: sqliteCode(error), cause: reason(error) });
  }
}
