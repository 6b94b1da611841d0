import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createPriceBook, type PriceBook } from '../../../src/core/ledger/price-book.ts';
import { Dialer } from '../../../src/core/server/dial.ts';
import { keepPrices, type PriceKeeper } from '../../../src/host/keep-prices.ts';
import { proposalLines } from '../../../src/host/price-words.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { memoryLog, NOON, scratch, until, usageOf } from '../ledger/ledger-kit.ts';
import { fetchedList, ownList } from './prices-kit.ts';

const MODEL = 'claude-opus-5-5';

describe('host: prices that the user adds', function () {
  this.timeout(10_000);
  let place: ReturnType<typeof scratch>;
  let clock: VirtualClock;
  beforeEach(() => {
    place = scratch();
    clock = new VirtualClock(NOON);
  });
  afterEach(() => place.clean());

  function open(log = memoryLog()): { book: PriceBook; keeper: PriceKeeper; log: ReturnType<typeof memoryLog> } {
    const book = createPriceBook();
    const keeper = keepPrices(place.folder, book, clock, log, 20);
    place.later(() => keeper.close());
    return { book, keeper, log };
  }

  const cost = (book: PriceBook, at = clock.now(), model = MODEL, provider = 'anthropic') =>
    book.cost({
      priceProvider: provider,
      provider,
      model,
      usage: usageOf({ input: 1_000_000 }),
      at,
      overrides: undefined,
      free: false,
    });

  const imported = (name = 'team.json', input = 4) => ({ kind: 'imported', name, text: ownList(input) }) as const;

  it('a file: what it changes is said, and nothing holds before it is taken over', async () => {
    const { book, keeper } = open();
    const built = cost(book)?.nano ?? 0;
    const proposal = await keeper.proposeImport({ name: 'team.json', text: ownList(4) });
    assert.deepEqual(proposal.changes.added, [{ provider: 'team', model: 'house-1' }]);
    assert.deepEqual(
      proposal.changes.changed.map(({ model, was, is }) => [model, was.input, is.input, is.output]),
      [[MODEL, built / 1e9, 4, 21]],
    );
    assert.equal(proposal.patterns, 1);
    assert.match(
      proposalLines(proposal).join('\n'),
      /as of 2026-11-01\. Models with a new price: 1, changed: 1, as before: 0, .*: 1\.\nanthropic\/claude-opus-5-5: input \$4, output \$20 → \$21\n/,
    );
    assert.deepEqual([cost(book)?.from, readdirSync(place.folder)], ['bundled', []]);
    keeper.take(proposal);
    assert.deepEqual(cost(book), { nano: 4e9, from: 'file:team.json' });
    const { name, inputUsd, outputUsd } = book.describe('anthropic', MODEL, NOON, 'work') ?? {};
    assert.deepEqual([name, inputUsd, outputUsd], ['Claude Opus 5.5', 4, 21], 'and pickers show it');
    assert.equal(book.describe(undefined, 'house-1', NOON, 'team')?.outputUsd, 2);
    assert.equal(statSync(path.join(place.folder, 'prices-imported.json')).mode & 0o777, 0o600);
  });

  it('a price for whichever provider is compared with what each of them takes now', async () => {
    const { keeper } = open();
    const text = JSON.stringify({
      models: [
        { model: MODEL, input: 8, output: 20 },
        { model: 'house-9', input: 1, output: 1 },
      ],
    });
    const { changes } = await keeper.proposeImport({ name: 'any.json', text });
    assert.ok(changes.changed.some(({ provider, was, times }) => provider === 'anthropic' && was.input === 4 && times === 2));
    assert.deepEqual(changes.added, [{ provider: undefined, model: 'house-9' }]);
  });

  it('what began before keeps the prices of its time, also after a restart', async () => {
    const first = open();
    const built = cost(first.book)?.nano;
    const began = clock.now();
    await clock.advance(1_000);
    first.keeper.take(imported('a.json', 4));
    await clock.advance(1_000);
    first.keeper.take(imported('b.json', 5));
    assert.deepEqual(
      [began, began + 1_500, clock.now()].map((at) => cost(first.book, at)?.nano),
      [built, 4e9, 5e9],
    );
    const { book } = open();
    assert.equal(cost(book, began)?.nano, built);
    assert.equal(cost(book)?.nano, 5e9);
  });

  it('imported prices go before refreshed ones, whichever came first, and each has its time', async () => {
    const { keeper } = open();
    keeper.take(imported('team.json', 4));
    await clock.advance(10_000);
    keeper.take({ kind: 'refreshed', name: 'https://prices.example/list.json', text: fetchedList(6) });
    const { book, keeper: again } = open();
    assert.equal(cost(book)?.from, 'file:team.json');
    assert.deepEqual(cost(book, clock.now(), 'gpt-7', 'openai'), { nano: 3e9, from: 'refreshed' });
    assert.equal(cost(book, clock.now() - 5_000, 'gpt-7', 'openai'), undefined, 'before it was refreshed');
    assert.equal(book.asOf(), '2026-11-21');
    assert.deepEqual(
      again.status().sources.map(({ name, asOf }) => [name, asOf]),
      [
        ['team.json', '2026-11-01'],
        ['refreshed', '2026-11-21'],
        ['bundled', '2026-09-23'],
      ],
    );
  });

  it('another window takes it over without a restart, and the undo as well', async () => {
    const [mine, other] = [open(), open()];
    const built = cost(other.book)?.nano;
    mine.keeper.take(imported());
    await until(() => cost(other.book)?.nano === 4e9, 'the other one has it');
    assert.equal(other.keeper.reset(), true);
    assert.equal(cost(other.book)?.nano, built);
    await until(() => cost(mine.book)?.nano === built, 'the first one knows');
    assert.deepEqual(readdirSync(place.folder), []);
    assert.equal(mine.keeper.reset(), false);
  });

  it('a damaged file is told, ignored and left where it is; the other one holds', () => {
    const first = open();
    first.keeper.take(imported());
    first.keeper.take({ kind: 'refreshed', name: 'x', text: fetchedList(6) });
    const file = path.join(place.folder, 'prices-imported.json');
    const half = readFileSync(file, 'utf8').slice(0, 40);
    writeFileSync(file, half);
    const { book, keeper, log } = open();
    assert.deepEqual(cost(book), { nano: 6e9, from: 'refreshed' });
    assert.match(keeper.status().faults[0] ?? '', /^The imported prices cannot be read, so they are not used\./);
    assert.equal(log.lines.filter(({ level }) => level === 'warn').length, 1);
    assert.equal(readFileSync(file, 'utf8'), half);
    keeper.take(imported('again.json', 7));
    assert.deepEqual([cost(book)?.nano, keeper.status().faults], [7e9, []]);
  });

  it('a file that cannot be used is refused with what is wrong in it', async () => {
    const { keeper } = open();
    const refused = (text: string, why: RegExp) => assert.rejects(keeper.proposeImport({ name: 'bad.json', text }), why);
    await refused('{', /"bad.json" cannot be used: is not JSON/);
    await refused('{"models":[{"model":"a","input":-1,"output":2}]}', /cannot be used: models\[0\]\.input .*\(line 1\)/);
    await refused('{"models":[]}', /has no prices in it/);
    assert.equal(existsSync(path.join(place.folder, 'prices-imported.json')), false);
  });

  it("LiteLLM's list, with what is wrong in it left out and named", async () => {
    const { book, keeper } = open();
    const text = JSON.stringify({
      'claude-opus-5-5': { litellm_provider: 'anthropic', input_cost_per_token: 4e-6, output_cost_per_token: 2e-5 },
      'gpt-bad': { litellm_provider: 'openai', input_cost_per_token: -1, output_cost_per_token: 1e-6 },
    });
    const proposal = await keeper.proposeImport({ name: 'litellm.json', text });
    assert.match(proposalLines(proposal).join('\n'), /Wrong and left out: gpt-bad\.input_cost_per_token/);
    keeper.take(proposal);
    assert.equal(cost(book)?.nano, 4e9);
  });

  describe('refreshed', () => {
    let server: Server;
    let reply: { status: number; body: string };
    let address: string;
    const dialer = new Dialer({ httpProxy: '', httpsProxy: '', noProxy: '', strictTls: true });
    before((done) => {
      server = createServer((request, response) => {
        assert.equal(request.headers['authorization'], undefined);
        response.writeHead(reply.status).end(request.url === '/prices/data.json' ? reply.body : 'elsewhere');
      }).listen(0, '127.0.0.1', () => {
        address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/prices/data.json`;
        done();
      });
    });
    after(async () => {
      await dialer.close();
      server.close();
    });

    it('what was fetched is compared, and taken over when somebody says so', async () => {
      const { book, keeper } = open();
      reply = { status: 200, body: fetchedList(6) };
      const proposal = await keeper.proposeRefresh(dialer, address);
      assert.deepEqual([proposal.name, proposal.asOf, proposal.changes.changed[0]?.model], [address, '2026-11-21', MODEL]);
      assert.equal(proposal.changes.added.length, 602);
      assert.equal(book.asOf(), '2026-09-23');
      keeper.take(proposal);
      assert.equal(book.asOf(), '2026-11-21');
      assert.equal(cost(book)?.nano, 6e9);
    });

    it('what is not whole and sane is refused, and the prices stay', async () => {
      const { book, keeper } = open();
      const refused = (status: number, body: string, why: RegExp) => {
        reply = { status, body };
        return assert.rejects(keeper.proposeRefresh(dialer, address), why);
      };
      await refused(404, 'no', /answered 404 instead of prices/);
      await refused(200, fetchedList(6).slice(0, 5_000), /the fetched prices are not JSON/);
      await refused(200, fetchedList(4_000), /the fetched prices say 4000 dollars/);
      await refused(302, '', /answered 302/);
      await assert.rejects(
        keeper.proposeRefresh(dialer, 'http://127.0.0.1:1/x'),
        /could not be fetched from http:\/\/127\.0\.0\.1:1 \(refused\)/,
      );
      assert.deepEqual([cost(book)?.from, readdirSync(place.folder)], ['bundled', []]);
    });
  });
});
