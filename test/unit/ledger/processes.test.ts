import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { ledgerOn, NOON, opened, rowsWritten, scratch, settlement, until } from './ledger-kit.ts';

const CHILD = fileURLToPath(new URL('writer-child.ts', import.meta.url));

describe('ledger: several processes', function () {
  this.timeout(30_000);
  let place: ReturnType<typeof scratch>;
  beforeEach(() => (place = scratch()));
  afterEach(() => place.clean());

  /** Resolves when the child has said its word. */
  async function child(mode: string, count: number, word: string): Promise<ChildProcess> {
    const made = spawn(process.execPath, [CHILD, mode, place.file, String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
    place.later(() => made.kill('SIGKILL'));
    await new Promise<void>((resolve, reject) => {
      made.stdout.on('data', (chunk: Buffer) => chunk.toString().includes(word) && resolve());
      made.once('exit', (code) => reject(new Error(`the child left with ${code} before it said "${word}"`)));
    });
    return made;
  }

  const ended = (process: ChildProcess) =>
    process.exitCode !== null || process.signalCode !== null
      ? Promise.resolve()
      : new Promise((resolve) => process.once('exit', resolve));

  it('three that begin on a missing file at once lose nothing', async () => {
    const count = 300;
    await Promise.all([1, 2, 3].map(() => child('settle', count, 'done')));
    const book = ledgerOn(place.file);
    place.later(() => book.close());
    const rows = book.usage({ by: ['agent'] });
    assert.deepEqual(
      rows.map((row) => row.requests),
      [count, count, count],
    );
    assert.equal(
      rows.reduce((sum, row) => sum + row.costNano, 0),
      3 * count * (2 * 100 + 10 * 20),
    );
    assert.equal(book.usage({ by: [] })[0]?.errors, 0);
  });

  it('three that meet a damaged file at once set it aside once and lose nothing', async () => {
    const rubbish = 'this was never a ledger. '.repeat(1_000);
    writeFileSync(place.file, rubbish);
    await Promise.all([1, 2, 3].map(() => child('settle', 50, 'done')));
    const aside = readdirSync(place.folder).filter((name) => name.includes('.damaged-'));
    assert.deepEqual(
      aside.map((name) => readFileSync(path.join(place.folder, name), 'utf8') === rubbish),
      [true],
    );
    const book = ledgerOn(place.file);
    place.later(() => book.close());
    assert.equal(book.usage({ by: [] })[0]?.requests, 150);
  });

  it('two threads of one process write the same file and lose nothing', async () => {
    const count = 200;
    await Promise.all(
      [1, 2].map(
        () =>
          new Promise<void>((resolve, reject) => {
            const worker = new Worker(CHILD, { argv: ['settle', place.file, String(count)], stdout: true });
            worker.once('error', reject);
            worker.once('exit', () => resolve());
          }),
      ),
    );
    const book = ledgerOn(place.file);
    place.later(() => book.close());
    assert.equal(book.usage({ by: [] })[0]?.requests, 2 * count);
  });

  it('kill -9 in mid-write: the file is whole, what was settled stays, what was open is crashed at the next opening', async () => {
    const killed = await child('hang', 40, 'ready');
    await rowsWritten();
    killed.kill('SIGKILL');
    await ended(killed);
    const book = ledgerOn(place.file);
    place.later(() => book.close());
    const own = book.requests({ limit: 10_000 }).filter((row) => row.agent === `child-${killed.pid}`);
    assert.deepEqual(
      [own.filter((row) => row.settled === 'done').length, own.filter((row) => row.settled === 'crashed').length],
      [20, 20],
    );
    for (const row of own.filter((one) => one.settled === 'crashed')) {
      assert.deepEqual([row.usage.input, row.usage.output, row.estimated, row.costNano], [1_000, 0, true, 2_000]);
    }
    const db = new DatabaseSync(place.file);
    assert.equal(db.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
    assert.equal(db.prepare('SELECT count(*) AS n FROM requests WHERE settled IS NULL').get()?.['n'], 0);
    assert.equal(db.prepare('SELECT count(*) AS n FROM writers').get()?.['n'], 0, 'the dead writer is struck off');
    db.close();
  });

  it('the open requests of a living window are not touched', async () => {
    const living = await child('hang', 10, 'ready');
    const book = ledgerOn(place.file, { beatMs: 20 });
    place.later(() => book.close());
    // Ten of our ticks, and not one heartbeat of a window that beats every half a minute.
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(book.requests({ limit: 100_000 }).filter((row) => row.settled === 'crashed').length, 0);
    living.kill('SIGKILL');
    await ended(living);
  });

  it('who has nothing open is not in the book, and is again with the next request: its crash is seen then, too', async () => {
    const first = ledgerOn(place.file, { beatMs: 20 });
    place.later(() => first.close());
    const reader = new DatabaseSync(place.file);
    place.later(() => reader.close());
    const writers = () => reader.prepare('SELECT count(*) AS n FROM writers').get()?.['n'];
    for (let turn = 0; turn < 2; turn++) {
      const request = opened();
      await first.open(request);
      await until(() => writers() === 1, 'the writer is registered');
      first.settle(settlement(request.id));
      await until(() => writers() === 0, 'the writer struck itself off');
    }
    // Its body came slowly: an older id than that of the one which registered the writer.
    await first.open(opened());
    await first.open(opened({ at: NOON - 3_600_000 }));
    await rowsWritten();
    reader.prepare("UPDATE writers SET started = 'long ago'").run();
    const second = ledgerOn(place.file, { beatMs: 1_000_000 });
    place.later(() => second.close());
    if (process.platform === 'linux') assert.equal(second.requests({}).filter((row) => row.settled === 'crashed').length, 2);
  });

  it('kill -9 right after asking, before there is a row: what was asked is found and booked once', async () => {
    const killed = await child('ask-and-die', 3, 'dying');
    await ended(killed);
    const db = new DatabaseSync(place.file);
    assert.equal(db.prepare('SELECT count(*) AS n FROM requests').get()?.['n'], 0, 'no row was written');
    db.close();
    for (let opening = 0; opening < 2; opening++) {
      const book = ledgerOn(place.file);
      assert.deepEqual(
        book.requests({}).map((row) => [row.agent, row.settled, row.usage.input]),
        Array.from({ length: 3 }, () => [`child-${killed.pid}`, 'crashed', 1_000]),
      );
      book.close();
    }
    assert.deepEqual(
      readdirSync(place.folder).filter((name) => name.includes('.asked-')),
      [],
    );
  });

  it('a process number that passed to somebody else does not keep the dead alive', async () => {
    const first = ledgerOn(place.file);
    await first.open(opened());
    await rowsWritten();
    const db = new DatabaseSync(place.file);
    // As if this process had died and its number were ours now: same number, another start.
    db.prepare("UPDATE writers SET started = 'long ago'").run();
    db.close();
    const second = ledgerOn(place.file);
    place.later(() => second.close());
    if (process.platform === 'linux')
      assert.deepEqual(
        second.requests({}).map((row) => row.settled),
        ['crashed'],
      );
    first.close();
  });

  it('where no process can be looked at, a heart that stands still is the sign, and one that beats is respected', async () => {
    const beating = ledgerOn(place.file, { beatMs: 25 });
    place.later(() => beating.close());
    const alive = opened({ agent: 'alive' });
    await beating.open(alive);
    const still = ledgerOn(place.file, { beatMs: 1_000_000 });
    await still.open(opened({ agent: 'still' }));
    const db = new DatabaseSync(place.file);
    db.prepare("UPDATE writers SET place = 'another container'").run();
    const watching = ledgerOn(place.file, { beatMs: 60 });
    place.later(() => watching.close());
    const told: string[] = [];
    watching.onSettled((settled) => told.push(...settled.map((entry) => `${entry.agent} ${entry.settled}`)));
    assert.deepEqual(watching.requests({}), []);
    await until(() => watching.requests({}).length > 0, 'the still heart was noticed');
    assert.deepEqual(
      watching.requests({}).map((row) => [row.agent, row.settled]),
      [['still', 'crashed']],
    );
    beating.settle(settlement(alive.id));
    await until(
      () => watching.requests({}).some((row) => row.agent === 'alive' && row.settled === 'done'),
      'the living one settled its own',
    );
    db.close();
    still.close();
  });
});
