import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SettledRequest } from '../../../src/core/ledger/records.ts';
import { ledgerOn, memoryLog, opened, rowsWritten, scratch, settlement, until, usageOf } from './ledger-kit.ts';

describe('ledger: settling', () => {
  let place: ReturnType<typeof scratch>;
  beforeEach(() => (place = scratch()));
  afterEach(() => place.clean());

  function ledger(options: Parameters<typeof ledgerOn>[1] = {}) {
    const made = ledgerOn(place.file, options);
    place.later(() => made.close());
    return made;
  }

  it('a request comes back as it was written, to the last column', async () => {
    const book = ledger();
    const request = opened({
      session: undefined,
      key: undefined,
      operation: 'embed',
      mode: 'translate',
      stream: false,
      dialect: 'gemini',
    });
    const usage = {
      ...usageOf(),
      input: 11,
      cacheRead: 22,
      cacheWrite5m: 33,
      cacheWrite1h: 44,
      output: 55,
      reasoningWithinOutput: 5,
      units: { webSearches: 2 },
    };
    await book.open(request);
    book.settle(
      settlement(request.id, {
        usage,
        tier: 'priority',
        error: 'overloaded_error',
        status: 529,
        settled: 'error',
        attempts: 3,
        firstByteMs: undefined,
        class: 'background',
      }),
    );
    const { billable: _, ...how } = settlement(request.id, {
      usage,
      tier: 'priority',
      error: 'overloaded_error',
      status: 529,
      settled: 'error',
      attempts: 3,
      firstByteMs: undefined,
      class: 'background',
    });
    const expected: SettledRequest = { ...request, ...how, usage, costNano: 2 * 110 + 10 * 55, estimated: false };
    assert.deepEqual(book.requests({}), [expected]);
    book.close();
    assert.deepEqual(ledger().requests({}), [expected], 'and after the file was opened again');
  });

  it('when open() resolves it is on disk that the request will be asked, and soon as a row', async () => {
    const book = ledger();
    const request = opened();
    await book.open(request);
    const [noted] = readdirSync(place.folder).filter((name) => name.includes('.asked-'));
    assert.ok(readFileSync(path.join(place.folder, noted ?? ''), 'utf8').includes(request.id));
    await rowsWritten();
    const other = new DatabaseSync(place.file, { readOnly: true });
    place.later(() => other.close());
    assert.deepEqual({ ...other.prepare('SELECT id, settled FROM requests').get() }, { id: request.id, settled: null });
    assert.deepEqual(book.requests({}), [], 'but it is not shown as settled');
    assert.equal(book.usage({ by: [] })[0]?.requests, 0);
  });

  it("exactly once: the second settlement, a stranger's and a repeated opening change nothing", async () => {
    const book = ledger();
    const told: string[] = [];
    book.onSettled((settled) => told.push(...settled.map((entry) => `${entry.id} ${entry.settled}`)));
    const request = opened();
    await book.open(request);
    book.settle(settlement(request.id, { settled: 'aborted' }));
    book.settle(settlement(request.id, { settled: 'done', usage: usageOf({ input: 1_000_000 }) }));
    book.settle(settlement('00000000000000000000000000'));
    await book.open(request);
    book.settle(settlement(request.id, { settled: 'timeout' }));
    const [total] = book.usage({ by: [] });
    assert.deepEqual([total?.requests, total?.input], [1, 100]);
    assert.equal(book.requests({})[0]?.settled, 'aborted');
    assert.deepEqual(told, [`${request.id} aborted`]);
  });

  it('what one turn of the event loop brings is one transaction', async () => {
    const book = ledger();
    await book.open(opened());
    await rowsWritten();
    const other = new DatabaseSync(place.file, { readOnly: true });
    place.later(() => other.close());
    // Its value changes once for every transaction of somebody else.
    const version = () => Number(other.prepare('PRAGMA data_version').get()?.['data_version']);
    const before = version();
    await Promise.all(Array.from({ length: 64 }, () => book.open(opened())));
    await rowsWritten();
    assert.equal(other.prepare('SELECT count(*) AS n FROM requests').get()?.['n'], 65);
    assert.equal(version(), before + 1);
  });

  it('a listener that throws harms neither the book nor the next listener', async () => {
    const log = memoryLog();
    const book = ledger({ log });
    const told: number[] = [];
    book.onSettled(() => assert.fail('on purpose'));
    book.onSettled((settled) => told.push(settled.length));
    const request = opened();
    await book.open(request);
    book.settle(settlement(request.id));
    await until(() => told.length === 1, 'the second listener was told');
    assert.equal(book.trouble, undefined);
  });

  async function settled(
    request: Partial<Parameters<typeof opened>[0]>,
    how: Parameters<typeof settlement>[1],
  ): Promise<SettledRequest> {
    const book = ledger();
    const made = opened(request);
    await book.open(made);
    book.settle(settlement(made.id, how));
    const [row] = book.requests({});
    assert.ok(row);
    return row;
  }

  it('billable without a word of usage is an estimate from the bytes, marked and priced', async () => {
    const whole = await settled({ stream: false, bytesIn: 4_001 }, { usage: undefined, bytesOut: 801 });
    assert.deepEqual(
      [whole.usage.input, whole.usage.output, whole.estimated, whole.costNano],
      [1_001, 201, true, 2 * 1_001 + 10 * 201],
    );
  });

  it('a stream wraps each token in an event: its bytes count for less, by dialect', async () => {
    for (const [dialect, bytesPerToken] of [
      ['anthropic-messages', 40],
      ['gemini', 18],
      ['openai-chat', 90],
      ['openai-responses', 90],
    ] as const) {
      place.clean();
      place = scratch();
      const row = await settled({ dialect }, { usage: undefined, bytesOut: 9_000, settled: 'aborted' });
      assert.deepEqual([dialect, row.usage.output, row.estimated], [dialect, 9_000 / bytesPerToken, true]);
    }
  });

  it('partial usage is marked, and its output is not less than the bytes that passed', async () => {
    const usage = usageOf({ input: 5_000, output: 1, source: 'partial' });
    const row = await settled({}, { usage, bytesOut: 40_000, settled: 'aborted' });
    assert.deepEqual([row.usage.input, row.usage.output, row.estimated, row.usage.source], [5_000, 1_000, true, 'partial']);
    place.clean();
    place = scratch();
    const more = await settled({}, { usage: usageOf({ output: 2_000, source: 'partial' }), bytesOut: 40_000 });
    assert.equal(more.usage.output, 2_000);
  });

  it('what cannot have been billed costs 0 and counts as priced, also for a model without a price', async () => {
    const row = await settled({ model: 'unknown-1' }, { usage: undefined, billable: false, settled: 'blocked', status: 403 });
    assert.deepEqual([row.costNano, row.estimated, row.usage.input], [0, false, 0]);
  });

  it('a model without a price is unpriced, not free', async () => {
    const row = await settled({ model: 'unknown-1' }, {});
    assert.equal(row.costNano, undefined);
  });

  it('an answer from our own store costs nothing, whatever it says it used', async () => {
    const row = await settled({ mode: 'cache' }, {});
    assert.deepEqual([row.costNano, row.usage.input], [0, 100]);
  });

  it('a price function that throws or gives nonsense leaves the row unpriced, not unbooked', async () => {
    for (const price of [() => assert.fail('on purpose'), () => Number.NaN, () => -1, () => 0.5]) {
      place.clean();
      place = scratch();
      const book = ledger({ price });
      const request = opened();
      await book.open(request);
      book.settle(settlement(request.id));
      assert.equal(book.requests({})[0]?.costNano, undefined);
    }
  });

  it('what is in flight at close is settled as crashed: nobody else will', async () => {
    const book = ledger();
    await book.open(opened({ bytesIn: 400 }));
    book.close();
    const [row] = ledger().requests({});
    assert.deepEqual(
      [row?.settled, row?.usage.input, row?.usage.output, row?.estimated, row?.costNano],
      ['crashed', 100, 0, true, 200],
    );
  });

  it('is for its owner only', async function () {
    if (process.platform === 'win32') this.skip();
    const book = ledger();
    await book.open(opened());
    for (const side of ['', '-wal']) assert.equal(statSync(place.file + side).mode & 0o777, 0o600, `ledger${side}`);
  });
});
