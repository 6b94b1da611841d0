import type { Clock } from '../../ports.ts';
import type { Connection } from '../connection.ts';
import type { Writer } from '../writers.ts';
import { BudgetBook } from './budget-book.ts';
import { covers, type Budget, type Spender } from './budget.ts';
import type { BudgetRequest } from './reservations.ts';
import type { BudgetNews, Verdict } from './verdict.ts';

const GO: Verdict = { kind: 'go', news: [] };

/**
 * The budgets of this process over whatever connection the book has at the moment. No method throws: while the file cannot be asked,
 * requests are judged by what was last seen of it.
 */
export class BudgetKeeper {
  readonly #clock: Clock;
  readonly #writer: Writer;
  /** Settles what a dead writer left open, inside the transaction in which it is called. */
  readonly #settleDead: (connection: Connection, writer: number) => void;
  /** False while the file is known to refuse: to ask it would hold up every stream for as long as a lock is waited for. */
  readonly #fileWorks: () => boolean;
  #budgets: readonly Budget[] = [];
  /** Kept when its connection is closed: it remembers what it saw. */
  #book: BudgetBook | undefined;
  #connection: Connection | undefined;

  constructor(
    clock: Clock,
    writer: Writer,
    settleDead: (connection: Connection, writer: number) => void,
    fileWorks: () => boolean,
  ) {
    this.#clock = clock;
    this.#writer = writer;
    this.#settleDead = settleDead;
    this.#fileWorks = fileWorks;
  }

  /** False: nobody need work out what a request may cost. */
  get any(): boolean {
    return this.#budgets.length > 0;
  }

  configure(budgets: readonly Budget[]): void {
    this.#budgets = budgets;
    this.#book?.configure(budgets);
  }

  connected(connection: Connection): void {
    this.#connection = connection;
    const settleDead = (writer: number): void => this.#settleDead(connection, writer);
    this.#book = new BudgetBook({ db: connection.db, writer: this.#writer, clock: this.#clock, settleDead }, this.#budgets);
  }

  reserve(request: BudgetRequest): Verdict {
    if (this.#budgets.length === 0 || this.#book === undefined) return GO;
    if (!this.#fileWorks()) return this.#book.reserveUnseen(request);
    try {
      return this.#book.reserve(request);
    } catch {
      return this.#book.reserveUnseen(request);
    }
  }

  release(id: string): void {
    this.#asked(() => this.#book?.release(id), undefined);
  }

  newsFor(spenders: readonly Spender[]): readonly BudgetNews[] {
    return this.#asked(() => this.#book?.newsFor(spenders), undefined) ?? [];
  }

  standings(): ReturnType<BudgetBook['standings']> {
    return this.#asked(() => this.#book?.standings(), undefined) ?? [];
  }

  /** Nano-dollars that the tightest of the budgets over this spender has left, never negative; undefined: there is none. */
  leftFor(spender: Spender): number | undefined {
    const left = this.standings()
      .filter(({ budget }) => covers(budget.scope, spender))
      .map(({ budget, spent, reserved }) => Math.max(0, budget.limitNano - spent - reserved));
    return left.length === 0 ? undefined : Math.min(...left);
  }

  #asked<T>(ask: () => T, otherwise: T): T {
    if (this.#budgets.length === 0 || this.#connection === undefined || !this.#fileWorks()) return otherwise;
    try {
      return ask();
    } catch {
      return otherwise;
    }
  }
}
