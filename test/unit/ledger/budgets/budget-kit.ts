import { randomInt } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type * as z from 'zod';
import { budgets as schema } from '../../../../src/core/config/schema-budgets.ts';
import { BudgetBook, type BudgetBookOptions } from '../../../../src/core/ledger/budgets/budget-book.ts';
import { BUDGET_STEP } from '../../../../src/core/ledger/budgets/budget-schema.ts';
import { resolveBudgets, type Budget } from '../../../../src/core/ledger/budgets/budget.ts';
import type { BudgetRequest } from '../../../../src/core/ledger/budgets/reservations.ts';
import { inTransaction } from '../../../../src/core/ledger/connection.ts';
import { INSERT_OPENED, openedValues } from '../../../../src/core/ledger/rows.ts';
import { openDatabase } from '../../../../src/core/ledger/schema.ts';
import { thisWriter, type Writer } from '../../../../src/core/ledger/writers.ts';
import type { Clock } from '../../../../src/core/ports.ts';
import { NOON, opened } from '../ledger-kit.ts';

export const USD = 1_000_000_000;

/** As they stand in a configuration. */
export function budgetsOf(...configured: NonNullable<z.input<typeof schema>>): readonly Budget[] {
  return resolveBudgets(schema.parse(configured));
}

/** The book's file with the tables of budgets, whether or not they are a step of its schema by now. */
export function budgetDatabase(file: string, busyMs = 2_000): DatabaseSync {
  const db = openDatabase(file, busyMs);
  inTransaction(db, () => {
    if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'budget_cells'").get() === undefined) db.exec(BUDGET_STEP);
  });
  return db;
}

/** A clock that stands where it is set. */
export class SetClock implements Clock {
  at: number;

  constructor(at: number) {
    this.at = at;
  }

  now(): number {
    return this.at;
  }

  monotonic(): number {
    return this.at;
  }
}

export function asking(values: Partial<BudgetRequest> = {}): BudgetRequest {
  const { id, at, workspace, agent, provider, model, key } = opened(values.at === undefined ? {} : { at: values.at });
  return { id, at: values.at ?? at, workspace, agent, provider, model, key, worstNano: USD, ...values };
}

/** One process's view of the book, with rows written by hand: what the ledger does, without its timing. */
export class Desk {
  readonly db: DatabaseSync;
  readonly book: BudgetBook;
  readonly writer: Writer;

  constructor(file: string, budgets: readonly Budget[], options: Partial<BudgetBookOptions> = {}) {
    this.db = options.db ?? budgetDatabase(file);
    this.writer = options.writer ?? thisWriter(randomInt(1, 2 ** 40));
    const now = options.clock ?? { now: () => NOON, monotonic: () => 0 };
    this.book = new BudgetBook({ ...options, db: this.db, writer: this.writer, clock: now }, budgets);
  }

  open({ id, at, workspace, agent, provider, model, key }: BudgetRequest): void {
    this.db.prepare(INSERT_OPENED).run(...openedValues(opened({ id, at, workspace, agent, provider, model, key })), this.writer.id);
  }

  /** `nano` undefined: unpriced. */
  settle({ id }: BudgetRequest, nano: number | undefined, served: Partial<BudgetRequest> = {}): number | bigint {
    const { provider, model, key } = served;
    return this.db
      .prepare(
        `UPDATE requests SET settled = 'done', writer = NULL, cost_nano = ?, provider = coalesce(?, provider),
          model = coalesce(?, model), key = coalesce(?, key) WHERE id = ? AND settled IS NULL`,
      )
      .run(nano ?? null, provider ?? null, model ?? null, key ?? null, id).changes;
  }

  /** Reserved, asked and settled. */
  spend(nano: number | undefined, values: Partial<BudgetRequest> = {}): void {
    const request = asking(values);
    this.open(request);
    this.settle(request, nano);
  }

  reservations(): number {
    return Number(this.db.prepare('SELECT count(*) AS n FROM budget_reservations').get()?.['n']);
  }
}
