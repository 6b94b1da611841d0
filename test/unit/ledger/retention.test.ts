import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { UsageQuery } from '../../../src/core/ledger/records.ts';
import type { LedgerStore } from '../../../src/core/ledger/store.ts';
import { ledgerOn, NOON, opened, rowsWritten, scratch, settlement } from './ledger-kit.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;

describe('ledger: retention', function () {
  this.timeout(20_000);
  let place: ReturnType<typeof scratch>;
  let book: LedgerStore;
  beforeEach(() => {
    place = scratch();
    book = ledgerOn(place.file);
  });
  afterEach(() => {
    book.close();
    place.clean();
  });

  function add(at: number, session = 's'): void {
    const request = opened({ at, session });
    void book.open(request);
    book.settle(settlement(request.id));
  }

  const count = (query: Partial<UsageQuery>): number | undefined => book.usage({ by: [], ...query })[0]?.requests;

  it('rows go and roll-ups stay; then both go', async () => {
    for (let day = 0; day < 40; day++) for (let turn = 0; turn < 25; turn++) add(NOON - day * DAY - turn * 7 * MINUTE, `s${day}`);
    const asked: UsageQuery[] = [{ by: [] }, { by: ['day', 'agent'] }, { by: ['session'] }];
    const before = asked.map((query) => book.usage(query));
    await book.applyRetention({ rowsDays: 10, rollupDays: 30 }, NOON);
    const rows = book.requests({ limit: 10_000 });
    assert.equal(rows.length, 11 * 25, 'from the start of the tenth day in Greenwich on');
    const kept = before.map((groups) => groups.reduce((sum, group) => sum + group.requests, 0));
    assert.deepEqual(kept, [1_000, 1_000, 1_000]);
    assert.deepEqual(
      asked.map((query) => book.usage(query).reduce((sum, group) => sum + group.requests, 0)),
      [31 * 25, 31 * 25, 31 * 25],
    );
    assert.deepEqual(book.usage({ by: ['day', 'agent'] }), before[1]?.slice(-31));
    assert.deepEqual(book.usage({ by: ['session'], since: NOON - 5 * DAY }).length, 6);
  });

  it('where the rows are gone an edge takes the whole quarter of an hour, and a session is whole', async () => {
    const old = NOON - 20 * DAY;
    for (const minute of [1, 7, 14, 16]) add(old + minute * MINUTE);
    add(NOON);
    assert.deepEqual([count({ since: old + 10 * MINUTE }), count({ until: old + 10 * MINUTE })], [3, 2]);
    await book.applyRetention({ rowsDays: 10, rollupDays: 30 }, NOON);
    assert.deepEqual([count({ since: old + 10 * MINUTE }), count({ until: old + 10 * MINUTE })], [5, 3]);
    assert.equal(count({ since: old + 3 * MINUTE, until: old + 8 * MINUTE }), 3);
    assert.equal(count({ since: NOON + 1 }), 0, 'where they are not gone, it does not');
    assert.equal(book.usage({ by: ['session'], since: old + 10 * MINUTE })[0]?.requests, 5);
    assert.equal(book.usage({ by: ['session'], since: NOON - DAY })[0]?.requests, 1);
  });

  it('roll-ups are not kept for less time than rows', async () => {
    for (let day = 0; day < 20; day++) add(NOON - day * DAY);
    await rowsWritten();
    await book.applyRetention({ rowsDays: 10, rollupDays: 1 }, NOON);
    assert.equal(book.requests({}).length, 11);
    assert.equal(count({}), 11);
  });

  it('what is still open stays, however old', async () => {
    const open = opened({ at: NOON - 50 * DAY });
    await book.open(open);
    add(NOON - 50 * DAY);
    await rowsWritten();
    await book.applyRetention({ rowsDays: 10, rollupDays: 100 }, NOON);
    book.settle(settlement(open.id));
    assert.deepEqual(
      book.requests({}).map(({ id }) => id),
      [open.id],
    );
    assert.equal(count({}), 2);
  });

  it('it works in small pieces between which others write, and stops when the book is closed', async () => {
    for (let turn = 0; turn < 1_500; turn++) add(NOON - 50 * DAY + turn);
    book.usage({ by: [] });
    const other = new DatabaseSync(place.file);
    place.later(() => other.close());
    const left = () => Number(other.prepare('SELECT count(*) AS n FROM requests').get()?.['n']);
    const seen = new Set<number>();
    const done = book.applyRetention({ rowsDays: 10, rollupDays: 30 }, NOON);
    const looking = setInterval(() => {
      seen.add(left());
      if (left() <= 900) book.close();
    }, 2);
    await done;
    clearInterval(looking);
    assert.ok(
      [...seen].some((rows) => rows > 900 && rows < 1_500),
      'seen in between',
    );
    assert.ok(left() > 0, 'the rest waits for the next time');
  });

  it('a newer call takes the place of the one before', async () => {
    for (let day = 0; day < 20; day++) add(NOON - day * DAY);
    await rowsWritten();
    const first = book.applyRetention({ rowsDays: 1, rollupDays: 1 }, NOON);
    await Promise.all([first, book.applyRetention({ rowsDays: 15, rollupDays: 15 }, NOON)]);
    assert.equal(book.requests({}).length, 16);
  });

  it('the file does not grow for ever: pages of what was deleted are used again', async () => {
    const size = (): number => {
      const db = new DatabaseSync(place.file);
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      db.close();
      return statSync(place.file).size;
    };
    const fill = (from: number) => {
      for (let turn = 0; turn < 3_000; turn++) add(from + turn * 1_000, `s${turn % 40}`);
      book.usage({ by: [] });
    };
    fill(NOON - 100 * DAY);
    const first = size();
    for (let round = 1; round <= 3; round++) {
      const now = NOON + round * 50 * DAY;
      await book.applyRetention({ rowsDays: 10, rollupDays: 10 }, now);
      fill(now);
    }
    assert.ok(size() < 1.2 * first, `${size()} after ${first}`);
  });

  it('says what would go before it goes, and then finds nothing more', async () => {
    for (let day = 0; day < 40; day++) add(NOON - day * DAY);
    const wanted = { rowsDays: 10, rollupDays: 30 };
    const tenth = Date.UTC(2026, 10, 11);
    assert.deepEqual(book.whatGoes(wanted, NOON), { requests: 29, sums: 9, rowsFrom: tenth });
    assert.deepEqual(book.whatGoes({ rowsDays: 10, rollupDays: Infinity }, NOON), { requests: 29, sums: 0, rowsFrom: tenth });
    assert.deepEqual(book.whatGoes({ rowsDays: Infinity, rollupDays: Infinity }, NOON), { requests: 0, sums: 0, rowsFrom: 0 });
    assert.equal(book.requests({ limit: 100 }).length, 40, 'asking deletes nothing');
    await book.applyRetention(wanted, NOON);
    assert.deepEqual(book.whatGoes(wanted, NOON), { requests: 0, sums: 0, rowsFrom: tenth });
  });

  it('gives the space back to the disk where much of it became free, while another process writes', async () => {
    for (let turn = 0; turn < 8_000; turn++) add(NOON - 50 * DAY + turn * 1_000, `s${turn}`);
    add(NOON);
    book.usage({ by: [] });
    const other = ledgerOn(place.file);
    place.later(() => other.close());
    const before = statSync(place.file).size;
    const done = book.applyRetention({ rowsDays: 10, rollupDays: 10 }, NOON);
    const during = opened({ at: NOON });
    void other.open(during);
    other.settle(settlement(during.id));
    await done;
    book.close();
    other.close();
    const after = statSync(place.file).size;
    assert.ok(after < before / 4, `${before} bytes before, ${after} after`);
    const db = new DatabaseSync(place.file);
    place.later(() => db.close());
    assert.equal(db.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
    assert.equal(db.prepare('SELECT count(*) AS n FROM requests WHERE settled IS NOT NULL').get()?.['n'], 2);
  });

  it('two processes with different settings do not harm each other: what the shorter one keeps stays', async () => {
    for (let day = 0; day < 40; day++) for (let turn = 0; turn < 20; turn++) add(NOON - day * DAY - turn * MINUTE);
    book.usage({ by: [] });
    const other = ledgerOn(place.file);
    place.later(() => other.close());
    await Promise.all([
      book.applyRetention({ rowsDays: 10, rollupDays: 30 }, NOON),
      other.applyRetention({ rowsDays: 20, rollupDays: Infinity }, NOON),
    ]);
    for (const store of [book, other]) {
      assert.equal(store.requests({ limit: 10_000 }).length, 11 * 20);
      assert.equal(store.usage({ by: [] })[0]?.requests, 31 * 20);
      assert.equal(store.trouble, undefined);
    }
  });
});
