import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'mocha';
import { openLedgerReadOnly } from '../../src/core/ledger/read-only.ts';
import type { SettledRequest, UsageBy, UsageRow } from '../../src/core/ledger/records.ts';
import { LEDGER_FILE } from '../../src/host/ledger-file.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { eventually, KEY, PRICES, send, USED, USED_NANO } from '../support/gateway.ts';
import { buildProgram, type Program, type Served } from './command-line.ts';

const KILLS = 50;
const CLIENTS = 10;

const config = (url: string): object => ({
  providers: {
    fake: { kind: 'openai-compatible', baseUrl: `${url}/v1`, dialects: ['openai-chat'], prices: { '*': PRICES } },
  },
  keys: [{ id: 'fake/work', provider: 'fake', env: 'FAKE_KEY' }],
  agents: Object.fromEntries(['one', 'two'].map((agent) => [agent, { provider: 'fake', limits: { burst: 'off' } }])),
  budgets: [{ scope: {}, window: 'day', usd: 1000 }],
});

/** What an agent knows of an answer: its request's id, and whether it came to its end. */
interface Told {
  readonly id: string;
  readonly complete: boolean;
}

/**
 * Settled is what is in the book for everybody to read (`usage --by request`). From then on nothing takes it away or changes it. What an
 * agent has seen of an answer says less: a row follows some milliseconds after the last byte, and a kill in between leaves an estimate.
 */
describe('kill -9 under load', function () {
  this.timeout(400_000);
  let program: Program;
  let fake: FakeProvider;
  before(async () => (program = await buildProgram()));
  after(() => program.close());
  beforeEach(async () => {
    fake = await startFakeProvider({
      key: KEY,
      script: () => ({ usage: USED, delay: { headersMs: randomInt(20), betweenMs: randomInt(8) } }),
    });
  });
  afterEach(() => fake.close());

  const start = (data: string): Promise<Served> =>
    program.serve(program.config(config(fake.url)), ['--data', data], { env: { FAKE_KEY: KEY } });

  /** Agents that ask without a pause until `stop`, or until nobody answers. */
  function load({ ready }: Served, told: Told[]): { stop(): Promise<void> } {
    const ended = new AbortController();
    const client = async (number: number): Promise<void> => {
      for (let turn = 0; !ended.signal.aborted; turn++) {
        const token = ready.agents[number % 2 === 0 ? 'one' : 'two']?.token;
        const asked = send(ready.url, {
          path: '/v1/chat/completions',
          headers: { authorization: `Bearer ${token}`, 'x-session-id': `session ${number % 3}` },
          body: { model: 'm', max_tokens: 100, stream: turn % 3 > 0, messages: [{ role: 'user', content: 'x' }] },
        });
        try {
          const { status, headers, clean, text } = await asked;
          const complete = status === 200 && clean && (turn % 3 === 0 || text.trimEnd().endsWith('[DONE]'));
          told.push({ id: String(headers['x-gatehouse-request']), complete });
        } catch {
          return;
        }
      }
    };
    const all = Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
    return {
      async stop() {
        ended.abort();
        await all;
      },
    };
  }

  it(`${KILLS} times: nothing that was settled is lost or changed, nothing counts twice, what was open is crashed`, async () => {
    const data = path.join(program.folder, 'killed');
    const book = new Onlooker(path.join(data, LEDGER_FILE));
    const told: Told[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const served = await start(data);
      if (kill > 0) book.look();
      const running = load(served, told);
      await answers(told, randomInt(30));
      book.look();
      await sleep(randomInt(20));
      served.child.kill('SIGKILL');
      await served.exited;
      await running.stop();
      // As the dead have left it.
      book.look();
    }
    const last = await start(data);
    const rows = book.look();
    expectTold(told, rows);

    const [done, crashed] = [rows.filter(isDone), rows.filter((row) => row.settled === 'crashed')];
    assert.equal(done.length + crashed.length, rows.length);
    for (const row of done) assert.deepEqual([row.costNano, row.estimated, row.attempts], [USED_NANO, false, 1]);
    for (const row of crashed) {
      assert.deepEqual([row.usage.input, row.usage.output, row.estimated], [Math.ceil(row.bytesIn / 4), 0, true]);
      assert.equal(row.costNano, row.usage.input * 3000);
    }
    // Every request is in the book before its provider is called; what is in it was asked by somebody.
    assert.ok(fake.requests.length <= rows.length, `${fake.requests.length} asked, ${rows.length} booked`);
    assert.ok(rows.length <= told.length + KILLS * CLIENTS);
    // A test in which nothing is at stake proves nothing.
    assert.ok(crashed.length >= KILLS && done.length >= 4 * KILLS, `${crashed.length} crashed, ${done.length} done`);

    const printed = async (by: string): Promise<Record<string, unknown>[]> => {
      const { out } = await program.run(['usage', '--data', data, '--by', by, '--json']);
      return (JSON.parse(out) as { rows: Record<string, unknown>[] }).rows;
    };
    const [byAgent, byRequest] = [await printed('agent'), await printed('request')];
    for (const column of ['requests', 'errors', 'input', 'cacheRead', 'output', 'costUsd', 'estimated', 'unpriced'])
      assert.equal(sumOf(byAgent, column), sumOf(byRequest, column), column);
    assert.equal(new Set(byRequest.map(({ id }) => id)).size, rows.length);
    await stopped(last);
    expectNothingLeft(data);
  });

  it('of one of two on the same file: the other goes on, and what the dead had open is settled once', async () => {
    const data = path.join(program.folder, 'two');
    const book = new Onlooker(path.join(data, LEDGER_FILE));
    const [toldOfLiving, toldOfDead]: [Told[], Told[]] = [[], []];
    const living = await start(data);
    const running = load(living, toldOfLiving);
    for (let kill = 0; kill < 5; kill++) {
      const served = await start(data);
      const dying = load(served, toldOfDead);
      await answers(toldOfDead, randomInt(20));
      book.look();
      served.child.kill('SIGKILL');
      await served.exited;
      await dying.stop();
      book.look();
    }
    const next = await start(data);
    await running.stop();
    // The rows of the living follow by themselves.
    const rows = await eventually(
      () => book.look(),
      (all) => toldOfLiving.every(({ id }) => all.some((row) => row.id === id)),
    );
    expectTold([...toldOfLiving, ...toldOfDead], rows);
    const ids = new Set(toldOfLiving.map(({ id }) => id));
    const crashed = rows.filter((row) => row.settled === 'crashed');
    assert.ok(crashed.length > 0 && ids.size > 50, `${crashed.length} crashed, ${ids.size} of the living`);
    for (const row of rows) assert.equal(isDone(row), ids.has(row.id) || !crashed.includes(row), row.settled);
    await stopped(living);
    await stopped(next);
    book.look();
    expectNothingLeft(data);
  });
});

/** Until so many more answers came: a busy machine takes its time for the first. */
async function answers(told: readonly Told[], more: number): Promise<void> {
  const enough = told.length + more;
  await eventually(
    () => told.length,
    (count) => count >= enough,
    5000,
  );
}

/** Reads the book like `usage` does, from another process than those that write it, and remembers what it saw. */
class Onlooker {
  readonly #file: string;
  readonly #seen = new Map<string, string>();

  constructor(file: string) {
    this.#file = file;
  }

  /** All that is settled. Whatever was settled at any look before is there, once and unchanged, and the sums are those of the rows. */
  look(): readonly SettledRequest[] {
    const reader = openLedgerReadOnly(this.#file);
    try {
      const rows = reader.requests({ limit: 1_000_000 });
      const now = new Map(rows.map((row) => [row.id, JSON.stringify(row)]));
      assert.equal(now.size, rows.length, 'a row is there twice');
      for (const [id, row] of this.#seen) assert.equal(now.get(id), row, 'what was settled is not what it was');
      for (const [id, row] of now) this.#seen.set(id, row);
      // Rows that were settled since the first question are younger than these, but the sums would hold them.
      const known = new Set(now.keys());
      if (reader.requests({ limit: 1_000_000 }).every(({ id }) => known.has(id))) {
        for (const by of ['agent', 'session', 'day', 'key'] as const) {
          const sums = reader.usage({ by: [by] });
          if (reader.requests({ limit: 1_000_000 }).length === rows.length) expectSums(sums, rows, by);
        }
      }
      return rows;
    } finally {
      reader.close();
    }
  }
}

function expectSums(sums: readonly UsageRow[], rows: readonly SettledRequest[], by: UsageBy): void {
  const figures = (all: readonly UsageRow[]) =>
    all.reduce(
      (sum, { requests, errors, input, cacheRead, output, costNano, unpriced, estimated }) =>
        [requests, errors, input, cacheRead, output, costNano, unpriced, estimated].map((figure, at) => figure + (sum[at] ?? 0)),
      [] as number[],
    );
  const ofRow = (row: SettledRequest): UsageRow => ({
    group: {},
    requests: 1,
    errors: isDone(row) ? 0 : 1,
    ...row.usage,
    reasoning: 0,
    costNano: row.costNano ?? 0,
    unpriced: row.costNano === undefined ? 1 : 0,
    estimated: row.estimated ? 1 : 0,
  });
  assert.deepEqual(figures(sums), figures(rows.map(ofRow)), `by ${by}`);
}

/** Every answer that an agent saw any of has a row. One that it saw to its end is done, or was cut from its settlement by the kill. */
function expectTold(told: readonly Told[], rows: readonly SettledRequest[]): void {
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const { id, complete } of told) {
    const row = byId.get(id) ?? assert.fail(`there is no row of ${id}`);
    if (isDone(row)) assert.ok(complete, 'who was cut off has no whole answer');
    else assert.equal(row.settled, 'crashed');
  }
}

function isDone({ settled, status }: SettledRequest): boolean {
  return settled === 'done' && status === 200;
}

function sumOf(rows: readonly Record<string, unknown>[], column: string): number {
  return Math.round(1e9 * rows.reduce((sum, row) => sum + Number(row[column]), 0));
}

async function stopped({ child, exited }: Served): Promise<void> {
  child.kill('SIGTERM');
  assert.equal((await exited).code, 0);
}

/** A sound file, no open row, no writer, no note of what was asked, and budgets that have spent what the rows say. */
function expectNothingLeft(data: string): void {
  const db = new DatabaseSync(path.join(data, LEDGER_FILE), { readOnly: true });
  const one = (sql: string) => Object.values(db.prepare(sql).get() ?? {})[0];
  try {
    assert.equal(one('PRAGMA integrity_check'), 'ok');
    assert.equal(one('SELECT count(*) FROM requests WHERE settled IS NULL'), 0);
    assert.equal(one('SELECT count(*) FROM writers'), 0);
    assert.equal(one('SELECT count(*) FROM budget_reservations WHERE request IN (SELECT id FROM requests)'), 0);
    assert.equal(one('SELECT sum(nano) FROM budget_cells'), one('SELECT sum(cost_nano) FROM requests'));
  } finally {
    db.close();
  }
  assert.deepEqual(
    readdirSync(data).filter((name) => name.includes('.asked-')),
    [],
  );
}
