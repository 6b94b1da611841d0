import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { inTransaction } from '../../../src/core/ledger/connection.ts';
import type { SettledRequest, UsageQuery, UsageRow } from '../../../src/core/ledger/records.ts';
import { RollupWriter } from '../../../src/core/ledger/rollups/write-rollups.ts';
import { INSERT_OPENED, openedValues, settledValues, UPDATE_SETTLED } from '../../../src/core/ledger/rows.ts';
import { openDatabase } from '../../../src/core/ledger/schema.ts';
import type { LedgerStore } from '../../../src/core/ledger/store.ts';
import { ledgerOn, NOON, opened, rowsWritten, scratch, settlement, until, usageOf } from './ledger-kit.ts';

const CHILD = fileURLToPath(new URL('writer-child.ts', import.meta.url));
const VERSION_1 = readFileSync(new URL('version-1.sql', import.meta.url), 'utf8');

describe('ledger: roll-ups', function () {
  this.timeout(30_000);
  let place: ReturnType<typeof scratch>;
  beforeEach(() => (place = scratch()));
  afterEach(() => place.clean());

  function ledger(): LedgerStore {
    const book = ledgerOn(place.file);
    place.later(() => book.close());
    return book;
  }

  const reader = (): DatabaseSync => {
    const db = new DatabaseSync(place.file);
    place.later(() => db.close());
    return db;
  };

  /** By a column that only rows have (session and model) the rows are added up; without it the roll-ups answer. */
  function assertRowsAndRollupsAgree(book: LedgerStore): UsageRow | undefined {
    const total = (rows: UsageRow[], count: 'requests' | 'input' | 'errors' | 'costNano' | 'unpriced') =>
      rows.reduce((sum, row) => sum + row[count], 0);
    for (const count of ['requests', 'input', 'errors', 'costNano', 'unpriced'] as const) {
      const rows = total(book.usage({ by: ['session', 'model'] }), count);
      for (const by of [['agent'], ['session'], ['class', 'day']] as const)
        assert.equal(total(book.usage({ by }), count), rows, count);
    }
    return book.usage({ by: [] })[0];
  }

  for (const mode of ['hang', 'ask-and-die']) {
    it(`count what a killed process left (${mode}) once, in the window that finds it`, async () => {
      const child = spawn(process.execPath, [CHILD, mode, place.file, '40'], { stdio: ['ignore', 'pipe', 'inherit'] });
      place.later(() => child.kill('SIGKILL'));
      await new Promise((resolve) => child.stdout.once('data', resolve));
      // The rows of the one that hangs are in the book by then; of the other there are only notes.
      await rowsWritten();
      child.kill('SIGKILL');
      if (child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve));
      for (let opening = 0; opening < 2; opening++) {
        const book = ledger();
        const sums = assertRowsAndRollupsAgree(book);
        assert.equal(sums?.requests, book.requests({ limit: 1_000_000 }).length);
        assert.ok((sums?.errors ?? 0) >= 20, 'the crashed ones');
        book.close();
      }
    });
  }

  it('leave out a row that the table refused, and count the others of its group', async () => {
    const book = ledger();
    const requests = [opened(), opened({ bytesIn: 0.5 }), opened()];
    await Promise.all(requests.map((request) => book.open(request)));
    for (const { id } of requests) book.settle(settlement(id));
    assert.equal(assertRowsAndRollupsAgree(book)?.requests, 2);
  });

  const entry = (values: Partial<SettledRequest> = {}): SettledRequest => ({
    ...opened(values),
    ...settlement('', {}),
    ...values,
    id: opened(values).id,
    usage: usageOf({ input: 10, output: 20 }),
    costNano: 7,
    estimated: false,
  });

  it('are one upsert for each slot and session, however many requests fall together', () => {
    const db = openDatabase(place.file, 100);
    place.later(() => db.close());
    const rollups = new RollupWriter(db);
    const changes = (work: () => void): number => {
      const count = () => Number(db.prepare('SELECT total_changes() AS n').get()?.['n']);
      const before = count();
      inTransaction(db, work);
      return count() - before;
    };
    const many = Array.from({ length: 85 }, () => entry());
    // An account, three sizes of slots, a session.
    assert.equal(
      changes(() => rollups.add(many)),
      5,
    );
    assert.equal(
      changes(() => rollups.add(many)),
      4,
    );
    assert.deepEqual(
      db
        .prepare('SELECT requests, cost_nano FROM rollups')
        .all()
        .map((row) => [row['requests'], row['cost_nano']]),
      Array.from({ length: 3 }, () => [170, 170 * 7]),
    );
  });

  it('forget an account that was entered in a transaction which came to nothing', () => {
    const [one, other] = [openDatabase(place.file, 100), openDatabase(place.file, 100)];
    place.later(() => [one, other].forEach((db) => db.close()));
    const [first, second] = [new RollupWriter(one), new RollupWriter(other)];
    assert.throws(() =>
      inTransaction(one, () => {
        first.add([entry({ agent: 'codex' })]);
        throw new Error('the disk is full');
      }),
    );
    inTransaction(other, () => second.add([entry({ agent: 'cline' })]));
    inTransaction(one, () => first.add([entry({ agent: 'codex' })]));
    const rows = one
      .prepare('SELECT agent, sum(requests) AS n FROM rollups JOIN accounts ON id = account WHERE tier = 0 GROUP BY agent')
      .all();
    assert.deepEqual(
      rows.map((row) => [row['agent'], row['n']]),
      [
        ['cline', 1],
        ['codex', 1],
      ],
    );
  });

  it('tell what caches saved, as the rows do, and a row keeps what the provider billed', () => {
    const db = openDatabase(place.file, 100);
    const rollups = new RollupWriter(db);
    const entries = [entry({ saved: 40, billedNano: 8, class: 'main' }), entry({ saved: 2 }), entry()];
    inTransaction(db, () => {
      for (const each of entries) {
        db.prepare(INSERT_OPENED).run(...openedValues(each), 1);
        db.prepare(UPDATE_SETTLED).run(...settledValues(each), each.id);
      }
      rollups.add(entries);
    });
    db.close();
    const book = ledger();
    for (const by of [['agent'], ['session'], ['session', 'provider']] as const) {
      assert.equal(book.usage({ by })[0]?.savedNano, 42, by.join());
    }
    const { saved, billedNano, class: kind } = book.requests({}).find((row) => row.class === 'main') ?? {};
    assert.deepEqual({ saved, billedNano, kind }, { saved: 40, billedNano: 8, kind: 'main' });
    assert.equal(book.requests({}).filter((row) => 'billedNano' in row).length, 1);
  });

  it('count a request in the slot in which it began, whenever it was settled', async () => {
    const book = ledger();
    const early = opened({ at: NOON - 86_400_000 });
    await book.open(early);
    book.usage({ by: [] });
    book.settle(settlement(early.id));
    assert.equal(book.usage({ by: [], since: NOON - 86_400_000, until: NOON - 86_400_000 + 900_000 })[0]?.requests, 1);
  });

  it('hold the rows of an older file: at once in every answer, and soon in the roll-ups', async () => {
    const old = new DatabaseSync(place.file);
    old.exec(VERSION_1);
    const [{ columns }] = old
      .prepare("SELECT group_concat(name) AS columns FROM pragma_table_info('requests') WHERE name <> 'id'")
      .all() as [{ columns: string }];
    // More than one step takes.
    old.exec(`WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 449)
      INSERT INTO requests (id, ${columns}) SELECT printf('01kaj%021d', n), ${columns} FROM requests, n`);
    old.close();
    const book = ledger();
    const db = reader();
    const missed = () => Number(db.prepare('SELECT count(*) AS n FROM rollup_missed').get()?.['n']);
    assert.equal(missed(), 450);
    const asked: UsageQuery[] = [{ by: [] }, { by: ['agent', 'day'] }, { by: ['session'] }];
    const before = asked.map((query) => book.usage(query));
    assert.equal(before[0]?.[0]?.costNano, 450 * 54_399_000);
    await until(() => missed() === 0, 'they were rolled up');
    assert.deepEqual(
      asked.map((query) => book.usage(query)),
      before,
    );
    assert.equal(db.prepare('SELECT sum(requests) AS n FROM rollups WHERE tier = 2').get()?.['n'], 450);
  });
});
