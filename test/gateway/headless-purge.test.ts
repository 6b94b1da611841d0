import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'mocha';
import { filesHolding } from '../support/files-holding.ts';
import { startFakeProvider } from '../support/fake-providers/server.ts';
import { send } from '../support/gateway.ts';
import { buildProgram, type Program, type Served } from './command-line.ts';

const KEY = 'sk-canary-key-0123456789';
const AGENT = 'canary-agent';
const MODEL = 'canary-model-9';

describe('purge without an editor', function () {
  this.timeout(60_000);
  let program: Program;
  let data: string;
  before(async () => (program = await buildProgram()));
  after(() => program.close());

  /** A gateway that has served a request; its data folder holds a file of somebody else's as well. */
  const serve = async (): Promise<Served> => {
    const fake = await startFakeProvider({ key: KEY });
    const config = program.config({
      providers: { fake: { kind: 'openai-compatible', baseUrl: `${fake.url}/v1` } },
      keys: [{ id: 'fake/a', provider: 'fake', env: 'THE_KEY' }],
      agents: { [AGENT]: { provider: 'fake' } },
    });
    data = path.join(program.folder, 'data');
    mkdirSync(data, { recursive: true });
    writeFileSync(path.join(data, 'diary.txt'), 'mine');
    writeFileSync(path.join(data, 'ledger.sqlite.damaged-2026-11-30'), `${AGENT} ${MODEL}`);
    const served = await program.serve(config, [], { env: { THE_KEY: KEY } });
    const { status } = await send(served.ready.url, {
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${served.ready.agents[AGENT]?.token}` },
      body: { model: MODEL, messages: [{ role: 'user', content: 'x' }] },
    });
    assert.equal(status, 200);
    await fake.close();
    return served;
  };

  it('refuses while a gateway runs, shows what will go, does nothing without a yes, and then leaves nothing', async () => {
    const served = await serve();
    const token = served.ready.agents[AGENT]?.token ?? assert.fail();
    const refused = await program.run(['purge', '--data', data, '--yes']);
    assert.equal(refused.code, 1);
    assert.match(refused.err, new RegExp(`A gateway uses this folder: process ${served.ready.pid} on `));
    served.child.kill('SIGTERM');
    await served.exited;

    const before = readdirSync(data);
    for (const canary of [AGENT, MODEL])
      assert.ok(filesHolding(data, canary).length > 0, `${canary} is nowhere, so nothing is shown`);
    const shown = await program.run(['purge', '--data', data]);
    assert.equal(shown.code, 2);
    assert.match(
      shown.out,
      /the ledger and the audit log in it \(1 request, \d files?, \d+ KB\)\n[^]*damaged copies[^]*health[^]*key and anchor of the audit log/,
    );
    assert.match(shown.err, /Nothing was erased\. Give --yes/);
    assert.deepEqual(
      before.filter((name) => !existsSync(path.join(data, name))),
      [],
    );

    const done = await program.run(['purge', '--data', data, '--yes']);
    assert.deepEqual([done.code, done.out.split('\n').at(-2)], [0, 'Erased.']);
    assert.deepEqual(readdirSync(data), ['diary.txt']);
    assert.equal(readFileSync(path.join(data, 'diary.txt'), 'utf8'), 'mine');
    for (const canary of [KEY, token, AGENT, MODEL]) assert.deepEqual(filesHolding(data, canary), [], canary);
    assert.match((await program.run(['purge', '--data', data, '--yes'])).out, /nothing of Gatehouse/);
  });

  it('can be forced: what a running gateway has open is deleted, and it goes on with a new ledger', async () => {
    const served = await serve();
    const done = await program.run(['purge', '--data', data, '--yes', '--force']);
    assert.deepEqual([done.code, done.err], [0, '']);
    assert.equal(existsSync(path.join(data, 'ledger.sqlite')), false);
    served.child.kill('SIGTERM');
    assert.equal((await served.exited).code, 0);
  });

  it('says what is wrong with how it was called', async () => {
    assert.equal((await program.run(['purge'])).code, 2);
    assert.equal((await program.run(['purge', '--data', path.join(program.folder, 'nothing')])).code, 1);
  });
});
