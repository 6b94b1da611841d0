/**
 * The tables of budgets, as one step of the book's schema.
 *
 * What was spent is kept in cells: the sum of the settled requests of a scope that began in a span of time. A calendar window is one
 * cell, a rolling one about sixty. A cell is made when it is first asked for, from the rows, and kept by a trigger from then on; one that
 * was thrown away is made again. So a
 * question costs one look-up however many rows there are, and whoever settles a row pays for it: this version, one that runs with another
 * configuration or time zone, the next start that settles for the dead. A counter that each writer kept in code would miss those that
 * know nothing of a budget yet. Spans are in the table because the trigger knows no time zone.
 *
 * A reservation is one row for each request, and not one for each budget: a process that has other budgets sees it all the same. What is
 * reserved is summed up when asked (there are as many rows as requests under way), so there is no counter that could leak. The
 * trigger takes it away in the transaction that books the truth: a request is never counted twice, and never not at all.
 *
 * `model` of a scope is a pattern of SQLite's GLOB, see `scope-sql.ts`.
 */
export const BUDGET_STEP = `
  CREATE TABLE budget_scopes (
    name TEXT PRIMARY KEY NOT NULL,
    workspace TEXT,
    agent TEXT,
    provider TEXT,
    model TEXT,
    key TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE budget_cells (
    scope TEXT NOT NULL,
    ends INTEGER NOT NULL,
    begins INTEGER NOT NULL,
    nano INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,
    PRIMARY KEY (scope, ends, begins)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE budget_reservations (
    request TEXT PRIMARY KEY NOT NULL,
    at INTEGER NOT NULL,
    since INTEGER NOT NULL,
    workspace TEXT NOT NULL,
    agent TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    key TEXT,
    nano INTEGER NOT NULL,
    writer INTEGER NOT NULL,
    place TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE budget_told (
    budget TEXT NOT NULL,
    what TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (budget, what)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER budget_settled AFTER UPDATE OF settled ON requests
    WHEN OLD.settled IS NULL AND NEW.settled IS NOT NULL AND EXISTS (SELECT 1 FROM budget_scopes) BEGIN
    UPDATE budget_cells SET nano = nano + coalesce(NEW.cost_nano, 0), unpriced = unpriced + (NEW.cost_nano IS NULL)
      WHERE ends > NEW.at AND begins <= NEW.at AND scope IN (
        SELECT name FROM budget_scopes
          WHERE (agent IS NULL OR agent = NEW.agent) AND (workspace IS NULL OR workspace = NEW.workspace)
            AND (provider IS NULL OR provider = NEW.provider) AND (key IS NULL OR key = NEW.key)
            AND (model IS NULL OR NEW.model GLOB model));
    DELETE FROM budget_reservations WHERE request = NEW.id;
  END;
`;
