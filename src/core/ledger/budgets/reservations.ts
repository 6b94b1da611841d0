import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { isGone, type Writer } from '../writers.ts';
import type { Spender } from './budget.ts';

/** A request that wants to spend. */
export interface BudgetRequest extends Spender {
  readonly id: string;
  /** When the request began; its windows are those of this moment, as in every other sum of the book. */
  readonly at: number;
  /** What it may cost at most, in nano-dollars; undefined where the price is not known. */
  readonly worstNano: number | undefined;
  /** A budget sent it here (`Verdict` of kind downgrade). */
  readonly downgraded?: boolean;
}

/**
 * Rows of requests follow their reservations within hundredths of a second, and a reservation goes when its row is settled. One that is
 * older and has no open row belongs to a request that never came to be. Where the disk refuses the rows for longer, some requests
 * go uncounted for that time: their cost is booked all the same.
 */
const ROW_FOLLOWS_MS = 5 * 60_000;

/** What is set aside for requests under way. Every method runs inside the caller's transaction or is one statement. */
export class Reservations {
  readonly #db: DatabaseSync;
  readonly #writer: Writer;
  readonly #put: StatementSync;
  readonly #drop: StatementSync;

  constructor(db: DatabaseSync, writer: Writer) {
    this.#db = db;
    this.#writer = writer;
    // A fallback asks again under the same id, for another model: the later word holds.
    this.#put = db.prepare(
      `INSERT INTO budget_reservations (request, at, since, workspace, agent, provider, model, key, nano, writer, place, pid, started)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (request) DO UPDATE SET since = excluded.since,
        provider = excluded.provider, model = excluded.model, key = excluded.key, nano = excluded.nano`,
    );
    this.#drop = db.prepare('DELETE FROM budget_reservations WHERE request = ?');
  }

  put(request: BudgetRequest, worst: number, now: number): void {
    const { id, at, workspace, agent, provider, model, key = null } = request;
    const { id: writer, place, pid, started = null } = this.#writer;
    this.#put.run(id, Math.round(at), now, workspace, agent, provider, model, key, worst, writer, place, pid, started);
  }

  drop(id: string): void {
    this.#drop.run(id);
  }

  /**
   * Frees what the dead had reserved, and what belongs to no request. True when anything was. `settleDead` books what a dead writer's
   * open requests may have cost, so that their money does not come back while their bill is still to come.
   */
  sweep(now: number, settleDead: (writer: number) => void): boolean {
    const dead = this.#db
      .prepare('SELECT DISTINCT writer, pid, started FROM budget_reservations WHERE writer <> ? AND place = ?')
      .all(this.#writer.id, this.#writer.place)
      .filter((row) => isGone(Number(row['pid']), row['started']))
      .map((row) => Number(row['writer']));
    for (const writer of dead) {
      settleDead(writer);
      this.#db.prepare('DELETE FROM budget_reservations WHERE writer = ?').run(writer);
    }
    const orphans = this.#db
      .prepare(
        `DELETE FROM budget_reservations WHERE since < ?
          AND NOT EXISTS (SELECT 1 FROM requests WHERE id = request AND settled IS NULL)`,
      )
      .run(now - ROW_FOLLOWS_MS);
    return dead.length > 0 || orphans.changes > 0;
  }
}
