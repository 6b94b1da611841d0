import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { openLedgerReadOnly } from '../../../src/core/ledger/read-only.ts';
import { LedgerRefused, openDatabase, STEPS, versionOf } from '../../../src/core/ledger/schema.ts';
import { ledgerOn, NOON, opened, rowsWritten, scratch, settlement } from './ledger-kit.ts';

/** A file as version 1 left it: the tables are written out again here, so that an edit of the released step is seen. */
const VERSION_1 = readFileSync(new URL('version-1.sql', import.meta.url), 'utf8');

const shape = (db: DatabaseSync): unknown[] =>
  db
    .prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name')
    .all()
    .map(
      (row) =>
        `${String(row['type'])} ${String(row['name'])} ${String(row['sql']).replaceAll(/\s+/g, ' ').replaceAll('( ', '(').replaceAll(' )', ')')}`,
    );

describe('ledger: versions of the file', () => {
  let place: ReturnType<typeof scratch>;
  beforeEach(() => (place = scratch()));
  afterEach(() => place.clean());

  function versionOneFile(): void {
    const db = new DatabaseSync(place.file);
    db.exec(VERSION_1);
    db.close();
  }

  it('the released first step was not edited', () => {
    versionOneFile();
    const fixture = new DatabaseSync(place.file);
    const fresh = openDatabase(`${place.file}.fresh`, 100, STEPS.slice(0, 1));
    assert.deepEqual(shape(fresh), shape(fixture));
    fresh.close();
    fixture.close();
  });

  it('a file of version 1 is read and written on', async () => {
    versionOneFile();
    const book = ledgerOn(place.file);
    place.later(() => book.close());
    const [row] = book.requests({});
    assert.deepEqual(
      [row?.id, row?.usage.cacheWrite1h, row?.costNano, row?.usage.units],
      ['01kaj0000000000000000000a1', 40, 54_399_000, { webSearches: 2 }],
    );
    const request = opened();
    await book.open(request);
    book.settle(settlement(request.id));
    assert.equal(book.usage({ by: [] })[0]?.requests, 2);
  });

  it('an older file goes through the missing steps once, with its rows', () => {
    versionOneFile();
    const next = [...STEPS, 'ALTER TABLE requests ADD COLUMN region TEXT', "UPDATE requests SET region = 'eu'"];
    for (let opening = 0; opening < 2; opening++) {
      const db = openDatabase(place.file, 100, next);
      assert.equal(versionOf(db), next.length);
      assert.deepEqual(
        { ...db.prepare('SELECT count(*) AS n, max(region) AS region FROM requests').get() },
        { n: 1, region: 'eu' },
      );
      db.close();
    }
  });

  it('a window with the older version goes on writing a file that was upgraded under it', async () => {
    const book = ledgerOn(place.file);
    place.later(() => book.close());
    const before = opened();
    await book.open(before);
    openDatabase(place.file, 100, [...STEPS, 'ALTER TABLE requests ADD COLUMN region TEXT']).close();
    book.settle(settlement(before.id));
    const after = opened();
    await book.open(after);
    book.settle(settlement(after.id));
    assert.equal(book.usage({ by: [] })[0]?.requests, 2);
    assert.equal(book.trouble, undefined);
  });

  it('a step that fails leaves the file as it was', () => {
    versionOneFile();
    assert.throws(() => openDatabase(place.file, 100, [...STEPS, 'ALTER TABLE requests ADD COLUMN region TEXT; nonsense']));
    const db = new DatabaseSync(place.file);
    assert.equal(versionOf(db), 1);
    assert.equal(db.prepare("SELECT count(*) AS n FROM pragma_table_info('requests') WHERE name = 'region'").get()?.['n'], 0);
    db.close();
  });

  it('a newer file is refused with a sentence, and not one byte of it changes', () => {
    versionOneFile();
    const db = new DatabaseSync(place.file);
    db.exec('PRAGMA user_version = 7');
    db.close();
    const digest = () => createHash('sha256').update(readFileSync(place.file)).digest('hex');
    const before = digest();
    for (const open of [() => ledgerOn(place.file), () => openLedgerReadOnly(place.file)]) {
      assert.throws(
        open,
        (error) => error instanceof LedgerRefused && /newer Gatehouse \(format 7; this one knows 6\)/.test(error.message),
      );
      assert.equal(digest(), before);
    }
  });
});

describe('ledger: reading beside a gateway', () => {
  let place: ReturnType<typeof scratch>;
  beforeEach(() => (place = scratch()));
  afterEach(() => place.clean());

  async function bookOne(book: ReturnType<typeof ledgerOn>): Promise<void> {
    const request = opened();
    await book.open(request);
    book.settle(settlement(request.id));
    await rowsWritten();
  }

  it('sees what a running gateway has settled, and holds it up in nothing', async () => {
    const book = ledgerOn(place.file);
    place.later(() => book.close());
    await bookOne(book);
    const reader = openLedgerReadOnly(place.file);
    place.later(() => reader.close());
    assert.equal(reader.usage({ by: [] })[0]?.requests, 1);
    await bookOne(book);
    assert.equal(reader.requests({}).length, 2);
    assert.equal(book.trouble, undefined);
  });

  it('reads the file of a gateway that has gone, and leaves it usable', async () => {
    const book = ledgerOn(place.file);
    await bookOne(book);
    book.close();
    const reader = openLedgerReadOnly(place.file);
    assert.deepEqual(
      reader.usage({ by: ['day', 'agent'] }).map((row) => row.group),
      [{ day: new Date(NOON).toLocaleDateString('sv'), agent: 'claude-code' }],
    );
    reader.close();
    const again = ledgerOn(place.file);
    await bookOne(again);
    assert.equal(again.usage({ by: [] })[0]?.requests, 2);
    again.close();
  });

  it('says plainly when there is no ledger, or no readable one', () => {
    assert.throws(() => openLedgerReadOnly(place.file), /no ledger in this folder/);
    writeFileSync(place.file, '');
    assert.throws(() => openLedgerReadOnly(place.file), /older format, or empty/);
    writeFileSync(place.file, 'not a database, but long enough to be taken for the first page of one. '.repeat(100));
    assert.throws(() => openLedgerReadOnly(place.file), /damaged, locked, or not a ledger/);
  });
});
