import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'mocha';
import type { RoutingNews } from '../../src/core/routing/routing-state.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { ask, errorMessage, eventually, KEY, PRICES, send, sourceFor, startGateway, type TestGateway } from '../support/gateway.ts';
import { writePast } from '../support/written-past.ts';
import { buildProgram } from './command-line.ts';

/** Five hours of an agent that spends ten cents in a quarter of an hour. */
const PAST = {
  agent: 'tester',
  provider: 'fake',
  model: 'claude-opus-4-6',
  quarters: 20,
  requests: 2,
  nano: 50_000_000,
  firstByteMs: 900,
  totalMs: 4000,
  output: 300,
};
/** 1.20 dollars a request at `PRICES`. */
const DEAR = { input: 400_000, output: 1 };

describe('anomalies', function () {
  this.timeout(20_000);
  let fake: FakeProvider;
  let gateway: TestGateway | undefined;
  let folder: string;
  beforeEach(async () => {
    fake = await startFakeProvider({ key: KEY, script: () => ({ usage: DEAR }) });
    folder = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-anomalies-'));
  });
  afterEach(async () => {
    await gateway?.close();
    gateway = undefined;
    await fake.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const optionsFor = (anomalies: object | undefined, more: object = {}) => ({
    provider: fake.url,
    dataDir: folder,
    config: { ...(anomalies === undefined ? {} : { anomalies }), ...more },
  });
  const start = async (anomalies?: object, more: object = {}): Promise<RoutingNews[]> => {
    gateway = await startGateway(optionsFor(anomalies, more));
    const news: RoutingNews[] = [];
    gateway.running.onNews((one) => news.push(one));
    await sleep(100);
    return news;
  };
  const asks = async (count: number): Promise<number[]> => {
    const statuses: number[] = [];
    for (let n = 0; n < count; n++) {
      statuses.push((await ask(gateway!, 'anthropic-messages', true)).status);
      await sleep(30);
    }
    return statuses;
  };

  it('an agent that spends far more than ever is told of once, with the numbers, against what roll-ups say of its past', async () => {
    await writePast(folder, PAST);
    const began = Date.now();
    const news = await start();
    assert.deepEqual(await asks(8), Array(8).fill(200));
    await eventually(
      () => news.length,
      (length) => length > 0,
    );
    assert.equal(news.length, 1);
    const [told] = news;
    if (told?.kind !== 'anomaly' || told.anomaly.kind !== 'spend') assert.fail(JSON.stringify(told));
    const { agent, spentNano, usualNano, minutes, since } = told.anomaly;
    assert.deepEqual([told.paused, agent, usualNano], [false, 'tester', 100_000_000]);
    assert.ok(spentNano >= 4 * 1.2e9 && spentNano <= 5 * 1.3e9, `${spentNano}`);
    assert.ok(minutes <= 2 && since > began - 60_000 && since <= Date.now());
  });

  it('is paused where the settings say so, with a sentence for whoever reads the refusal', async () => {
    await writePast(folder, PAST);
    const news = await start({ spend: 'pause' });
    await asks(5);
    await eventually(
      () => news.length,
      (length) => length > 0,
    );
    assert.deepEqual(
      news.map((one) => one.kind === 'anomaly' && one.paused),
      [true],
    );
    const refused = await ask(gateway!, 'anthropic-messages', false);
    assert.equal(refused.status, 403);
    assert.match(errorMessage(refused), /is paused: somebody paused it, or it was unlike its own past/);
    gateway!.running.routing.paused.resume('tester');
    assert.deepEqual(await asks(3), [200, 200, 200]);
    assert.equal(news.length, 1, 'told again');
  });

  it('is nobody’s business where it is off, and is from the next request on when it is switched on', async () => {
    await writePast(folder, PAST);
    const off = { spend: 'off', errors: 'off', latency: 'off' };
    const news = await start(off);
    await asks(8);
    assert.deepEqual(news, []);
    gateway!.running.swap(sourceFor(optionsFor({ ...off, spend: 'alert' })));
    await sleep(100);
    await asks(6);
    assert.equal(
      await eventually(
        () => news.length,
        (length) => length > 0,
      ),
      1,
    );
  });

  it('of an agent without a past nothing is told', async () => {
    const news = await start();
    await asks(8);
    assert.deepEqual(news, []);
  });

  it('without an editor it is a line in the log, and SIGHUP resumes who was paused', async () => {
    const program = await buildProgram();
    try {
      const data = path.join(program.folder, 'data');
      await writePast(data, PAST);
      const provider = {
        kind: 'openai-compatible',
        baseUrl: `${fake.url}/v1`,
        dialects: ['anthropic-messages'],
        prices: { '*': PRICES },
      };
      const config = {
        providers: { fake: provider },
        keys: [{ id: 'fake/work', provider: 'fake', env: 'FAKE_KEY' }],
        agents: { tester: { provider: 'fake' } },
        anomalies: { spend: 'pause' },
      };
      const served = await program.serve(program.config(config), [], { env: { FAKE_KEY: KEY } });
      await sleep(200);
      const post = async (): Promise<number> => {
        const { status } = await send(served.ready.url, {
          path: '/v1/messages',
          headers: { 'x-api-key': served.ready.agents['tester']?.token ?? '', 'anthropic-version': '2023-06-01' },
          body: { model: PAST.model, max_tokens: 10, messages: [{ role: 'user', content: 'x' }] },
        });
        await sleep(30);
        return status;
      };
      for (let n = 0; n < 5; n++) assert.equal(await post(), 200);
      assert.equal(await eventually(() => served.err.includes('unlike its own past'), Boolean), true, served.err);
      assert.match(
        served.err,
        /warn an agent is unlike its own past kind=spend agent=tester spentNano=\d+ minutes=\d usualNano=100000000 since=20\S+Z paused=true/,
      );
      assert.equal(await post(), 403);
      served.child.kill('SIGHUP');
      await eventually(() => served.err.includes('read again'), Boolean);
      assert.equal(await post(), 200);
    } finally {
      await program.close();
    }
  });
});
