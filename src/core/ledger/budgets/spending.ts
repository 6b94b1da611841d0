import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { firstIdAt } from '../ids.ts';
import { scopeName, type Budget } from './budget.ts';
import { scopeCondition, scopeValues } from './scope-sql.ts';
import { beginsAt, countedAt, leavesAt, type Counted, type Span } from './windows.ts';

/** How it stands with a budget, in nano-dollars, as a request finds it that begins at some moment. */
export interface Standing {
  readonly budget: Budget;
  readonly counted: Counted;
  /** Of settled requests. */
  readonly spent: number;
  /** For requests under way, without the one that asks. */
  readonly reserved: number;
  /** Settled requests whose price nobody knows. */
  readonly unpriced: number;
}

const MS_PER_DAY = 86_400_000;
/** Longer than any window. What is asked for again is counted again from the rows. */
const CELLS_KEPT_MS = 40 * MS_PER_DAY;

/**
 * What was spent and is reserved under one budget. Every method runs inside the caller's write transaction: it may have to count what
 * nobody had asked for yet. That is the rows since the window began, so it takes microseconds where a window has just begun. Only a
 * budget that is new in the middle of its window has much to count, once (measured: 30 to 45 ms for a month with 230,000 rows).
 */
export class Spending {
  readonly budget: Budget;
  /** Its name in the book; several budgets may have the same. */
  readonly #scope: string;
  readonly #db: DatabaseSync;
  readonly #condition: ReturnType<typeof scopeCondition>;
  readonly #read: StatementSync;

  constructor(db: DatabaseSync, budget: Budget) {
    this.#db = db;
    this.budget = budget;
    this.#scope = scopeName(budget.scope);
    this.#condition = scopeCondition(budget.scope);
    this.#read = db.prepare(typeof budget.window === 'object' ? this.#rollingSql() : this.#calendarSql());
  }

  /** `id`: whose own reservation does not count. */
  standing(id: string, at: number, now: number): Standing {
    const counted = countedAt(this.budget.window, at, now);
    let row = this.#get(id, counted);
    if (row === undefined) {
      this.#count(counted);
      row = this.#get(id, counted);
    }
    return {
      budget: this.budget,
      counted,
      spent: Number(row?.['spent'] ?? 0),
      reserved: Number(row?.['reserved'] ?? 0),
      unpriced: Number(row?.['unpriced'] ?? 0),
    };
  }

  /** When there will be room for `worst`, if nothing else happens. A request that is larger than the budget waits for an empty one. */
  resetsAt({ counted, spent, reserved }: Standing, worst: number): number {
    if (counted.kind === 'calendar') return counted.span.ends;
    const hours = this.budget.window as { readonly hours: number };
    let over = spent + reserved + worst - this.budget.limitNano;
    let resets = leavesAt(hours, counted.begins);
    const cells = this.#db
      .prepare('SELECT ends, nano FROM budget_cells WHERE scope = ? AND ends > ? AND ends - begins = ? AND nano > 0 ORDER BY ends')
      .all(this.#scope, counted.begins, counted.width);
    for (const cell of cells) {
      if (over <= 0) break;
      over -= Number(cell['nano']);
      resets = leavesAt(hours, Number(cell['ends']));
    }
    return resets;
  }

  /** Undefined while not all of it has been counted. */
  #get(id: string, counted: Counted): Record<string, unknown> | undefined {
    const values = { ...this.#condition.values, id, scope: this.#scope };
    if (counted.kind === 'calendar') return this.#read.get({ ...values, ...counted.span });
    const { begins, last, width } = counted;
    const row = this.#read.get({ ...values, begins, last, width });
    return Number(row?.['cells']) === slotsIn(counted) ? row : undefined;
  }

  #calendarSql(): string {
    return `SELECT nano AS spent, unpriced, (${this.#reservedSql()} AND at < $ends) AS reserved
      FROM budget_cells WHERE scope = $scope AND ends = $ends AND begins = $begins`;
  }

  #rollingSql(): string {
    return `SELECT sum(nano) AS spent, sum(unpriced) AS unpriced, count(*) FILTER (WHERE begins <= $last) AS cells,
      (${this.#reservedSql()}) AS reserved FROM budget_cells WHERE scope = $scope AND ends > $begins AND ends - begins = $width`;
  }

  #reservedSql(): string {
    return `SELECT coalesce(sum(nano), 0) FROM budget_reservations WHERE request <> $id AND at >= $begins${this.#condition.sql}`;
  }

  /** From here on settlements count for these spans. */
  #count(counted: Counted): void {
    const spans = counted.kind === 'calendar' ? [counted.span] : [...this.#missing(counted)];
    const { workspace, agent, provider, model, key } = scopeValues(this.budget.scope);
    this.#db
      .prepare(
        `INSERT INTO budget_scopes (name, workspace, agent, provider, model, key) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      )
      .run(this.#scope, workspace, agent, provider, model, key);
    const insert = this.#db.prepare(
      `INSERT INTO budget_cells (scope, ends, begins, nano, unpriced)
        SELECT $scope, $ends, $begins, coalesce(sum(cost_nano), 0), count(*) FILTER (WHERE cost_nano IS NULL) FROM requests
          WHERE settled IS NOT NULL AND id >= $since AND id < $until${this.#condition.sql} ON CONFLICT DO NOTHING`,
    );
    for (const { begins, ends } of spans) {
      const range = { begins, ends, since: firstIdAt(begins), until: firstIdAt(ends) };
      insert.run({ ...this.#condition.values, ...range, scope: this.#scope });
    }
    this.#dropOld(counted);
  }

  /** What nobody will ask for again, but a request that waited for very long. */
  #dropOld(counted: Counted): void {
    const begins = beginsAt(counted);
    this.#db.prepare('DELETE FROM budget_cells WHERE ends < ?').run(begins - CELLS_KEPT_MS);
    this.#db.prepare('DELETE FROM budget_scopes WHERE name NOT IN (SELECT scope FROM budget_cells)').run();
    this.#db.prepare('DELETE FROM budget_told WHERE at < ?').run(begins - CELLS_KEPT_MS);
    if (counted.kind === 'calendar') return;
    this.#db
      .prepare('DELETE FROM budget_cells WHERE scope = ? AND ends < ? AND ends - begins = ?')
      .run(this.#scope, 2 * begins - counted.last, counted.width);
  }

  *#missing({ begins, last, width }: Extract<Counted, { kind: 'rolling' }>): Generator<Span> {
    const known = new Set(
      this.#db
        .prepare('SELECT begins FROM budget_cells WHERE scope = ? AND ends > ? AND ends - begins = ?')
        .all(this.#scope, begins, width)
        .map((row) => Number(row['begins'])),
    );
    for (let at = begins; at <= last; at += width) if (!known.has(at)) yield { begins: at, ends: at + width };
  }
}

function slotsIn({ begins, last, width }: Extract<Counted, { kind: 'rolling' }>): number {
  return (last - begins) / width + 1;
}
