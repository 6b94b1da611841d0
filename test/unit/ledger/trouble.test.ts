import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { diskTrouble } from '../../../src/core/ledger/disk-trouble.ts';
import type { LedgerStore } from '../../../src/core/ledger/store.ts';
import { asking, budgetsOf, USD } from './budgets/budget-kit.ts';
import { ledgerOn, memoryLog, NOON, opened, rowsWritten, scratch, settlement, until } from './ledger-kit.ts';

const CHILD = fileURLToPath(new URL('writer-child.ts', import.meta.url));
const QUICK = { busyMs: 20, retryMs: 30, beatMs: 40 };

describe('ledger: trouble with the disk', () => {
  let place: ReturnType<typeof scratch>;
  beforeEach(() => (place = scratch()));
  afterEach(() => place.clean());

  function ledger(options: Parameters<typeof ledgerOn>[1] = {}): LedgerStore & { lines: ReturnType<typeof memoryLog>['lines'] } {
    const log = memoryLog();
    const book = ledgerOn(place.file, { ...QUICK, log, ...options });
    place.later(() => book.close());
    return Object.assign(book, { lines: log.lines });
  }

  async function bookOne(book: LedgerStore): Promise<string> {
    const request = opened();
    await book.open(request);
    book.settle(settlement(request.id));
    return request.id;
  }

  /** A process of its own that holds the write lock until its input ends. */
  async function lockElsewhere(): Promise<() => void> {
    const script = `
      const { DatabaseSync } = require('node:sqlite');
      const db = new DatabaseSync(process.argv[1]);
      db.exec('BEGIN IMMEDIATE');
      process.stdout.write('locked');
      process.stdin.resume().on('end', () => { db.exec('ROLLBACK'); db.close(); });`;
    const child = spawn(process.execPath, ['-e', script, place.file], { stdio: ['pipe', 'pipe', 'inherit'] });
    place.later(() => child.kill('SIGKILL'));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    return () => child.stdin.end();
  }

  it('a lock held by another process: nothing throws, writes wait, one line in the log, all is booked afterwards', async () => {
    const book = ledger();
    await bookOne(book);
    assert.equal(book.usage({ by: [] })[0]?.requests, 1);
    const told: string[] = [];
    book.onSettled((settled) => told.push(...settled.map((entry) => entry.id)));
    const release = await lockElsewhere();
    const ids: string[] = [];
    for (let turn = 0; turn < 30; turn++) ids.push(await bookOne(book));
    await until(() => book.trouble !== undefined, 'the trouble was noticed');
    assert.match(book.trouble ?? '', /locked by another program.* 30 new request\(s\) wait/);
    assert.equal(book.usage({ by: [] })[0]?.requests, 1, 'what is on disk can still be read');
    assert.deepEqual(told, []);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(book.lines.filter((line) => line.level === 'error').length, 1);
    release();
    await until(() => book.trouble === undefined, 'the lock was gone');
    assert.equal(book.usage({ by: [] })[0]?.requests, 31);
    assert.deepEqual(new Set(told), new Set(ids));
    assert.equal(told.length, ids.length);
  });

  it('a wait for the lock is short: it is the thread of the streams', async () => {
    const book = ledger({ busyMs: 100 });
    const release = await lockElsewhere();
    const start = performance.now();
    await bookOne(book);
    assert.ok(performance.now() - start < 250);
    release();
  });

  it('who asks a budget does not wait for a lock that is known', async function () {
    this.timeout(20_000);
    const book = ledger({ busyMs: 1_000, retryMs: 60_000 });
    book.budgets.configure(budgetsOf({ window: 'day', usd: 1 }));
    await bookOne(book);
    await rowsWritten();
    const unlock = await lockElsewhere();
    await bookOne(book);
    await until(() => book.trouble !== undefined, 'the lock was met');
    const start = performance.now();
    for (let turn = 0; turn < 10; turn++) {
      assert.equal(book.budgets.reserve(asking({ worstNano: USD / 10 })).kind, 'go');
      book.budgets.standings();
    }
    assert.equal(book.budgets.reserve(asking({ worstNano: USD })).kind, 'block', 'it is judged by what was seen last');
    assert.ok(performance.now() - start < 1_000);
    unlock();
  });

  it('beyond its bound the queue takes no more, counts what it lost, and keeps every settlement of what it took', async () => {
    const book = ledger({ capacity: 10 });
    const early = opened();
    await book.open(early);
    await rowsWritten();
    const release = await lockElsewhere();
    for (let turn = 0; turn < 25; turn++) await bookOne(book);
    book.settle(settlement(early.id));
    await until(() => /15 request\(s\) could not be booked/.test(book.trouble ?? ''), 'the loss was told');
    release();
    await until(() => book.usage({ by: [] })[0]?.requests === 11, 'what waited was booked');
    assert.equal(book.trouble, '15 request(s) could not be booked at all.');
  });

  it('a folder that cannot be made: requests go on, and all is booked once it can', async () => {
    const folder = path.join(place.folder, 'data');
    writeFileSync(folder, 'a file in the way');
    const log = memoryLog();
    const book = ledgerOn(path.join(folder, 'ledger.sqlite'), { ...QUICK, log });
    place.later(() => book.close());
    await bookOne(book);
    assert.match(book.trouble ?? '', /cannot be written\. Check that its folder exists/);
    assert.doesNotMatch(book.trouble ?? '', /\//, 'no path in a sentence for the user');
    assert.deepEqual(book.usage({ by: ['agent'] }), []);
    assert.equal(book.usage({ by: [] })[0]?.requests, 0);
    assert.deepEqual(book.requests({}), []);
    rmSync(folder);
    mkdirSync(folder);
    await until(() => book.trouble === undefined, 'the folder was there');
    assert.equal(book.usage({ by: [] })[0]?.requests, 1);
    assert.equal(log.lines.filter((line) => line.level === 'error').length, 1);
  });

  it('a disk that takes no more: nothing throws, and what waited is booked when there is room', async function () {
    this.timeout(20_000);
    // The kernel refuses every write beyond a size, to one process, and the limit can be lifted again while it runs.
    const limit = (pid: number | undefined, bytes: string) =>
      spawnSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`]).status === 0;
    const child = spawn(process.execPath, [CHILD, 'press', place.file], { stdio: ['pipe', 'pipe', 'inherit'] });
    place.later(() => child.kill('SIGKILL'));
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until(() => said.includes('ready'), 'the child began');
    if (!limit(child.pid, '200000')) return this.skip();
    await until(() => said.includes('trouble: The ledger file cannot be written.'), 'the disk refused');
    limit(child.pid, 'unlimited');
    await until(() => said.includes('well'), 'there was room');
    child.stdin.end();
    await until(() => /booked \d+/.test(said), 'the child closed');
    const book = ledger();
    assert.equal(book.usage({ by: [] })[0]?.requests, Number(/booked (\d+)/.exec(said)?.[1]));
    assert.equal(book.usage({ by: [] })[0]?.errors, 0);
  });

  it('knows a full disk from a locked, a lost and a damaged file', () => {
    const codes: [errcode: number, trouble: string][] = [
      [13, 'full'],
      [5, 'locked'],
      [517, 'locked'],
      [14, 'unreachable'],
      [778, 'unreachable'],
      [11, 'damaged'],
      [26, 'damaged'],
      [1, 'other'],
    ];
    for (const [errcode, trouble] of codes)
      assert.equal(diskTrouble(Object.assign(new Error('x'), { errcode })), trouble, String(errcode));
    assert.equal(diskTrouble(Object.assign(new Error('x'), { code: 'ENOSPC' })), 'full');
    assert.equal(diskTrouble(Object.assign(new Error('x'), { code: 'ENOTDIR' })), 'unreachable');
  });

  it('a file that is no database is set aside whole, and a fresh one begun', async () => {
    const rubbish = 'this was never a ledger. '.repeat(1_000);
    writeFileSync(place.file, rubbish);
    const book = ledger({ clock: { now: () => NOON, monotonic: () => performance.now() } });
    await bookOne(book);
    assert.equal(book.usage({ by: [] })[0]?.requests, 1);
    assert.match(
      book.trouble ?? '',
      /damaged\. It was set aside as ledger\.sqlite\.damaged-2026-11-21T12-00-00 and a new ledger was begun/,
    );
    assert.equal(readFileSync(`${place.file}.damaged-2026-11-21T12-00-00`, 'utf8'), rubbish);
  });

  it('a file damaged while it is in use: what is in flight is opened again in the fresh one and settled there', async () => {
    const book = ledger();
    for (let turn = 0; turn < 400; turn++) await bookOne(book);
    const open = opened();
    await book.open(open);
    book.usage({ by: [] });
    overwriteMiddle(place.file);
    for (let turn = 0; turn < 50; turn++) await bookOne(book);
    book.usage({ by: ['agent'] });
    await until(
      () => /set aside/.test(book.trouble ?? '') && book.usage({ by: [] })[0] !== undefined,
      'the damaged file was set aside',
    );
    book.settle(settlement(open.id));
    await until(
      () => book.requests({ limit: 1_000 }).some((row) => row.id === open.id && row.settled === 'done'),
      'it was settled in the fresh file',
    );
    const aside = readdirSync(place.folder).filter((name) => name.includes('.damaged-') && !name.endsWith('-wal'));
    assert.equal(aside.length, 1);
  });

  it('a file that another process purged: a new one is begun, and what is in flight is booked in it', async () => {
    const book = ledger();
    const open = opened();
    await book.open(open);
    for (const side of ['', '-wal', '-shm']) rmSync(place.file + side, { force: true });
    await until(() => readdirSync(place.folder).includes('ledger.sqlite'), 'a new file was begun');
    book.settle(settlement(open.id));
    assert.deepEqual(
      book.requests({}).map((row) => [row.id, row.settled]),
      [[open.id, 'done']],
    );
  });

  it('a row that the table refuses does not hold up the others', async () => {
    const book = ledger();
    const bad = opened({ bytesIn: 0.5 });
    const [good] = await Promise.all([bookOne(book), book.open(bad)]);
    book.settle(settlement(bad.id));
    assert.deepEqual(
      book.requests({}).map((row) => row.id),
      [good],
    );
    assert.equal(book.trouble, '1 request(s) could not be booked at all.');
    assert.equal(book.lines.filter((line) => line.level === 'error').length, 1);
  });

  it('waiting writes and the heartbeat do not keep the process alive', async () => {
    const kit = new URL('ledger-kit.ts', import.meta.url).href;
    writeFileSync(path.join(place.folder, 'blocked'), '');
    const script = `
      const { ledgerOn, opened } = await import(${JSON.stringify(kit)});
      const book = ledgerOn(process.argv[1]);
      await book.open(opened());
      process.stdout.write(String(book.trouble !== undefined));`;
    for (const [file, trouble] of [
      [place.file, 'false'],
      [path.join(place.folder, 'blocked', 'ledger.sqlite'), 'true'],
    ] as const) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
      place.later(() => child.kill('SIGKILL'));
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const code = await new Promise((resolve) => child.once('exit', resolve));
      assert.deepEqual([code, said], [0, trouble]);
    }
  });
});

/** Writes over everything behind the first page, as a failing disk would. */
function overwriteMiddle(file: string): void {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  const bytes = readFileSync(file);
  bytes.fill(0xa5, 4_096, bytes.length);
  writeFileSync(file, bytes);
}
