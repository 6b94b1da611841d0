import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'mocha';
import { DIALECT_IDS } from '../../src/core/ir/dialect.ts';
import { openLedgerReadOnly } from '../../src/core/ledger/read-only.ts';
import { LEDGER_FILE } from '../../src/host/ledger-file.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { ask, eventually, KEY, PRICES, send, startGateway, type TestGateway, USED, USED_NANO } from '../support/gateway.ts';
import { buildProgram } from './command-line.ts';

const EACH = 10;

describe('a ledger that cannot be written', function () {
  this.timeout(60_000);
  let fake: FakeProvider;
  let gateway: TestGateway;
  let folder: string;
  let told: (string | undefined)[];
  beforeEach(async () => {
    fake = await startFakeProvider({ key: KEY, script: () => ({ usage: USED }) });
    folder = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-trouble-'));
    const config = { budgets: [{ scope: {}, window: 'day', usd: 1000 }] };
    gateway = await startGateway({ provider: fake.url, dataDir: folder, config });
    told = [];
    gateway.running.ledger.onTrouble((trouble) => told.push(trouble));
  });
  afterEach(async () => {
    await gateway.close();
    await fake.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Every dialect, streamed and whole, all at once; each answer is as good as ever. */
  async function everybodyIsServed(): Promise<void> {
    const asked = DIALECT_IDS.flatMap((dialect) =>
      Array.from({ length: EACH }, (_, turn) => ask(gateway, dialect, turn % 2 === 0, { change: {} })),
    );
    for (const { status, clean, text } of await Promise.all(asked)) assert.deepEqual([status, clean], [200, true], text);
  }
  const all = DIALECT_IDS.length * EACH;
  const requests = () => gateway.running.ledger.requests({ limit: 1000 });

  async function allAreBooked(count: number): Promise<void> {
    const rows = await eventually(requests, ({ length }) => length >= count, 15_000);
    assert.equal(rows.length, count);
    for (const row of rows) assert.deepEqual([row.settled, row.costNano, row.estimated], ['done', USED_NANO, false]);
    assert.equal(gateway.running.ledger.usage({ by: [] })[0]?.costNano, count * USED_NANO);
    assert.equal(gateway.running.ledger.budgets.standings()[0]?.spent, count * USED_NANO);
  }

  it('locked: agents go on, the user is told how many wait, and all is booked afterwards', async () => {
    await everybodyIsServed();
    await gateway.rows(all);
    const other = new DatabaseSync(path.join(folder, LEDGER_FILE));
    other.exec('BEGIN IMMEDIATE');
    try {
      await everybodyIsServed();
      await everybodyIsServed();
      await eventually(
        () => told.at(-1),
        (said) => said?.includes(`${2 * all} new request`) === true,
        10_000,
      );
      assert.match(
        told.at(-1) ?? '',
        new RegExp(`^The ledger is locked by another program.* ${2 * all} new request\\(s\\) wait to be booked`),
      );
      assert.equal(gateway.log.filter((line) => line.includes('the ledger cannot be used; requests go on')).length, 1);
    } finally {
      other.exec('ROLLBACK');
      other.close();
    }
    await allAreBooked(3 * all);
    assert.equal(told.at(-1), undefined);
  });

  it('damaged while it is in use: agents go on, the file is set aside and kept, and the user is told', async () => {
    for (let turn = 0; turn < 3; turn++) await everybodyIsServed();
    await eventually(requests, ({ length }) => length === 3 * all);
    const file = path.join(folder, LEDGER_FILE);
    overwrite(file);
    await everybodyIsServed();
    // Whoever reads the book meets the damage, if no row has before.
    await eventually(
      () => (requests(), told.at(-1)),
      (said) => /set aside/.test(said ?? ''),
      10_000,
    );
    assert.match(
      told.at(-1) ?? '',
      /The ledger file was damaged\. It was set aside as ledger\.sqlite\.damaged-.* and a new ledger was begun/,
    );
    await everybodyIsServed();
    const rows = await eventually(requests, ({ length }) => length >= all, 10_000);
    assert.ok(rows.length >= all && rows.every(({ settled, costNano }) => settled === 'done' && costNano === USED_NANO));
    const kept = readdirSync(folder).filter((name) => /\.damaged-[\dT-]+$/.test(name));
    assert.equal(kept.length, 1);
    assert.ok(statSync(path.join(folder, kept[0] ?? '')).size > 0);
  });
});

describe('a disk that is full', function () {
  this.timeout(60_000);

  it('agents go on, the log says so once, and what waited is booked when there is room', async function () {
    if (spawnSync('prlimit', ['--version']).status !== 0) return this.skip();
    const fake = await startFakeProvider({ key: KEY, script: () => ({ usage: USED }) });
    const program = await buildProgram();
    try {
      const data = path.join(program.folder, 'full');
      const provider = { kind: 'openai-compatible', baseUrl: `${fake.url}/v1`, prices: { '*': PRICES } };
      const config = program.config({
        providers: { fake: provider },
        keys: [{ id: 'fake/work', provider: 'fake', env: 'FAKE_KEY' }],
        agents: { tester: { provider: 'fake', limits: { burst: 'off' } } },
      });
      const served = await program.serve(config, ['--data', data], { env: { FAKE_KEY: KEY } });
      // The kernel refuses every write beyond a size, to one process, and the limit can be lifted again while it runs.
      const limit = (bytes: string) => spawnSync('prlimit', ['--pid', String(served.ready.pid), `--fsize=${bytes}:`]);
      const asked = (count: number) =>
        Promise.all(
          Array.from({ length: count }, (_, turn) =>
            send(served.ready.url, {
              path: '/v1/chat/completions',
              headers: { authorization: `Bearer ${served.ready.agents['tester']?.token}` },
              body: { model: 'm', stream: turn % 2 === 0, messages: [{ role: 'user', content: 'x' }] },
            }),
          ),
        );
      await asked(5);
      limit('1000');
      for (const { status, clean } of await asked(60)) assert.deepEqual([status, clean], [200, true]);
      await eventually(
        () => served.err,
        (log) => log.includes('requests go on'),
        10_000,
      );
      for (const { status, clean } of await asked(60)) assert.deepEqual([status, clean], [200, true]);
      limit('unlimited');
      await eventually(
        () => served.err,
        (log) => log.includes('the ledger is written again'),
        15_000,
      );
      assert.equal(served.err.split('the ledger cannot be used; requests go on').length, 2);
      served.child.kill('SIGTERM');
      assert.equal((await served.exited).code, 0);
      const book = openLedgerReadOnly(path.join(data, LEDGER_FILE));
      try {
        const [sums] = book.usage({ by: [] });
        assert.deepEqual([sums?.requests, sums?.errors, sums?.estimated, sums?.costNano], [125, 0, 0, 125 * USED_NANO]);
      } finally {
        book.close();
      }
    } finally {
      await program.close();
      await fake.close();
    }
  });
});

/** Everything behind the first page, as a failing disk would. */
function overwrite(file: string): void {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  const bytes = readFileSync(file);
  bytes.fill(0xa5, 4096);
  writeFileSync(file, bytes);
}
