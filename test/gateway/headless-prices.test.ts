import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import { eventually, KEY, send } from '../support/gateway.ts';
import { fetchedList, ownList } from '../unit/host/prices-kit.ts';
import { buildProgram, type Program, type Served } from './command-line.ts';

describe('prices, without an editor', function () {
  this.timeout(40_000);
  let program: Program;
  let data: string;
  let lists: Server;
  let address: string;
  before(async () => {
    program = await buildProgram();
    lists = createServer((request, response) => response.end(request.url === '/list.json' ? fetchedList(6) : '{}'));
    await new Promise<void>((resolve) => lists.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(lists.address() as AddressInfo).port}`;
  });
  after(async () => {
    lists.close();
    await program.close();
  });
  beforeEach(() => {
    data = path.join(program.folder, `data-${Math.random()}`);
    mkdirSync(data);
  });

  const run = (...args: readonly string[]) => program.run(['prices', ...args, '--data', data]);
  const sources = async () => (JSON.parse((await run('show', '--json')).out) as { sources: unknown[] }).sources;
  const file = (text: string, name = 'team.json'): string => {
    const at = path.join(program.folder, name);
    writeFileSync(at, text);
    return at;
  };

  it('imports a file, says what it changes, shows it and undoes it', async () => {
    const { code, err, out } = await run('import', file(ownList(4)));
    assert.deepEqual([code, out], [0, '']);
    assert.match(err, /Prices as of 2026-11-01\. Models with a new price: 1, changed: 1, /);
    assert.match(err, /anthropic\/claude-opus-5-5: input \$4, output \$20 → \$21/);
    assert.equal((await run('show')).out, 'imported from team.json, as of 2026-11-01\nbuilt-in prices, as of 2026-09-23\n');
    assert.equal((await run('reset')).code, 0);
    assert.deepEqual(await sources(), [{ name: 'bundled', asOf: '2026-09-23' }]);
  });

  it('refuses what cannot be used, and what looks like a slip without a word', async () => {
    const bad = await run('import', file('{"models":[{"model":"a","input":-1,"output":2}]}', 'bad.json'));
    assert.equal(bad.code, 1);
    assert.match(bad.err, /"bad\.json" cannot be used: models\[0\]\.input/);
    const slip = await run('import', file(ownList(4_000)));
    assert.equal(slip.code, 1);
    assert.match(slip.err, /changes a hundredfold or more[^]*Nothing was taken over/);
    assert.equal((await sources()).length, 1);
    assert.equal((await run('import', file(ownList(4_000)), '--yes')).code, 0);
    assert.equal((await sources()).length, 2);
    assert.equal((await run('import', path.join(program.folder, 'none.json'))).code, 1);
    assert.equal((await run('import')).code, 2);
    assert.equal((await run('exchange')).code, 2);
  });

  it('refreshes from the address of the configuration, and names it', async () => {
    const config = program.config({ pricesFrom: `${address}/list.json` });
    const { code, err } = await run('refresh', '--config', config);
    assert.equal(code, 0);
    assert.match(err, new RegExp(`^Prices are fetched from ${address}/list\\.json\\.`));
    assert.deepEqual((await sources())[0], { name: 'refreshed', asOf: new Date().toISOString().slice(0, 10) });
    const broken = await run('refresh', '--config', program.config({ pricesFrom: `${address}/broken` }));
    assert.equal(broken.code, 1);
    assert.match(broken.err, /the fetched prices are not a list of providers; the prices stay as they are/);
    assert.equal((await sources()).length, 2);
  });

  describe('a gateway that runs', () => {
    let fake: FakeProvider;
    let served: Served;
    beforeEach(async () => {
      fake = await startFakeProvider({ key: KEY });
      const config = program.config({
        providers: { team: { kind: 'openai-compatible', baseUrl: `${fake.url}/v1`, dialects: ['openai-chat'] } },
        keys: [{ id: 'team/work', provider: 'team', env: 'FAKE_KEY' }],
        agents: { sdk: { provider: 'team' } },
      });
      served = await program.serve(config, ['--data', data], { env: { FAKE_KEY: KEY } });
    });
    afterEach(async () => {
      served.child.kill('SIGTERM');
      await served.exited;
      await fake.close();
    });

    const ask = () =>
      send(served.ready.url, {
        path: '/v1/chat/completions',
        headers: { authorization: `Bearer ${served.ready.agents['sdk']?.token}` },
        body: { model: 'house-1', messages: [{ role: 'user', content: 'a task' }] },
      });
    const rowsOf = async (count: number): Promise<readonly { unpriced: number; costUsd: string }[]> => {
      for (let looks = 0; ; looks++) {
        const { out } = await program.run(['usage', '--data', data, '--by', 'request', '--json']);
        const { rows } = JSON.parse(out) as { rows: { unpriced: number; costUsd: string }[] };
        if (rows.length === count) return rows;
        assert.ok(looks < 5, `${rows.length} rows, and not ${count}`);
      }
    };

    it('takes prices over without a restart, and books nothing anew', async () => {
      assert.equal((await ask()).status, 200);
      assert.equal((await run('import', file(ownList(4)))).code, 0);
      await eventually(() => served.err.includes('other prices are in effect'), Boolean, 8_000);
      assert.equal((await ask()).status, 200);
      const booked = await rowsOf(2);
      assert.deepEqual(
        booked.map(({ unpriced }) => unpriced),
        [0, 1],
        'the newest first',
      );
      assert.notEqual(booked[0]?.costUsd, '0.000000000');
      await run('reset');
      await eventually(() => served.err.split('other prices are in effect').length === 3, Boolean, 8_000);
      await ask();
      const after = await rowsOf(3);
      assert.deepEqual([after[0]?.unpriced, after[1]?.costUsd], [1, booked[0]?.costUsd]);
    });
  });
});
