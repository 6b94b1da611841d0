import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { describe, it } from 'mocha';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { eventually, KEY, PRICES, send, USED } from '../support/gateway.ts';
import { buildProgram, isAlive, type Program, type Served } from './command-line.ts';

const CONFIG = (url: string, more: object = {}) => ({
  providers: {
    fake: {
      kind: 'openai-compatible',
      baseUrl: `${url}/v1`,
      dialects: ['openai-chat', 'anthropic-messages'],
      prices: { '*': PRICES },
    },
  },
  keys: [{ id: 'fake/work', provider: 'fake', env: 'FAKE_KEY' }],
  agents: { 'claude-code': { model: 'fake/claude-x' }, tester: { provider: 'fake' } },
  retries: { attempts: 0 },
  ...more,
});
const ENV = { FAKE_KEY: KEY, OTHER_KEY: 'sk-other-key-0123456789' };

const chat = (served: Served, stream = false, agent = 'tester', headers: object = {}) =>
  send(served.ready.url, {
    path: '/v1/chat/completions',
    headers: { authorization: `Bearer ${served.ready.agents[agent]?.token}`, ...headers },
    body: { model: 'some-model', stream, messages: [{ role: 'user', content: 'x' }] },
  });

describe('the program without an editor', function () {
  this.timeout(20_000);
  let program: Program;
  let fake: FakeProvider;
  before(async () => (program = await buildProgram()));
  after(() => program.close());
  beforeEach(async () => (fake = await startFakeProvider({ key: KEY, script: () => ({ usage: USED }) })));
  afterEach(() => fake.close());

  const rowsOf = async (...args: string[]): Promise<Record<string, unknown>[]> => {
    const { code, out, err } = await program.run(['usage', '--data', path.join(program.folder, 'data'), ...args, '--json']);
    assert.equal(code, 0, err);
    assert.equal(out.trim().split('\n').length, 1);
    return JSON.parse(out).rows;
  };

  it('says in one line of JSON where it listens, with a token and variables for each agent, and ends with 0', async () => {
    const served = await program.serve(program.config(CONFIG(fake.url)), [], { env: ENV });
    const { event, url, pid, agents } = served.ready;
    assert.deepEqual([event, pid, Object.keys(served.ready)], ['ready', served.child.pid, ['event', 'url', 'pid', 'agents']]);
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.deepEqual(Object.keys(agents).sort(), ['claude-code', 'tester']);
    const claude = agents['claude-code'];
    assert.deepEqual([claude?.env['ANTHROPIC_BASE_URL'], claude?.env['ANTHROPIC_AUTH_TOKEN']], [url, claude?.token]);
    assert.notEqual(claude?.token, agents['tester']?.token);
    assert.equal((await chat(served)).status, 200);
    served.child.kill('SIGTERM');
    assert.deepEqual(await served.exited, { code: 0, signal: null });
    assert.equal(served.out.trim().split('\n').length, 1, 'logs belong on standard error');
    assert.doesNotMatch(served.out + served.err, new RegExp(KEY));
  });

  it('prints a line for every fault of its configuration and ends with 2', async () => {
    const faulty = {
      ...CONFIG(fake.url, {
        keys: [
          { id: 'a', provider: 'fkae', env: 'A' },
          { id: 'a', provider: 'fake', agents: ['claude-coed'] },
        ],
      }),
      agents: { 'claude-code': { model: 'antropic/claude-x' }, b: { provider: 'fakee', modle: 'x' } },
    };
    const shape = await program.run(['serve', '--config', program.config(faulty, 'faulty.json')], { env: ENV });
    assert.deepEqual([shape.code, shape.out], [2, '']);
    assert.match(shape.err, /^agents\.b\.modle: unknown setting, did you mean "model"\?$/m);
    const names = {
      ...faulty,
      providers: { ...faulty.providers, anthropic: { kind: 'anthropic' } },
      agents: { 'claude-code': { model: 'antropic/claude-x' }, b: { provider: 'fakee' } },
    };
    const { code, out, err } = await program.run(['serve', '--config', program.config(names, 'faulty.json')], { env: ENV });
    assert.deepEqual([code, out], [2, '']);
    assert.deepEqual(err.trim().split('\n').sort(), [
      'agents.b.provider: unknown provider "fakee", did you mean "fake"?',
      'agents.claude-code.model: unknown provider "antropic", did you mean "anthropic"?',
      'keys.0.provider: unknown provider "fkae", did you mean "fake"?',
      'keys.1.agents: unknown agent "claude-coed", did you mean "claude-code"?',
      'keys.1.id: "a" is used twice',
    ]);
    for (const broken of [
      '{\n  abc\n}',
      '',
      '[]',
      'null',
      '{"providers":{"x":{"kind":"openai","baseUrl":"http://example.com"}}}',
      '{"budgets":[{"usd":1}]}',
    ]) {
      const result = await program.run(['serve', '--config', program.config(broken, 'broken.json')]);
      assert.deepEqual([result.code, result.err.trim().split('\n').length, result.out], [2, 1, ''], broken);
    }
  });

  it('called wrongly it ends with 2 and says how; what fails at run time ends with 1', async () => {
    const config = program.config(CONFIG(fake.url));
    for (const args of [
      [],
      ['srve'],
      ['serve'],
      ['serve', '--config', config, '--port', 'x'],
      ['serve', '--confg', config],
      ['usage'],
      ['usage', '--data', '.', '--by', 'colour'],
      ['usage', '--data', '.', '--since', 'yesterday'],
    ]) {
      const { code, out, err } = await program.run(args);
      assert.deepEqual([code, out], [2, ''], args.join(' '));
      assert.match(err, /serve --config FILE/);
    }
    assert.equal((await program.run(['serve', '--config', 'missing.json'])).code, 2);
    assert.equal((await program.run(['usage', '--data', path.join(program.folder, 'nothing')])).code, 1);
    const taken = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const port = String((taken.address() as net.AddressInfo).port);
    const { code, out, err } = await program.run([
      'serve',
      '--config',
      config,
      '--port',
      port,
      '--data',
      path.join(program.folder, 'data'),
    ]);
    taken.close();
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /EADDRINUSE/);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`${signal} lets a running stream finish, takes nothing new, and is over as soon as the stream is`, async () => {
      const served = await program.serve(program.config(CONFIG(fake.url)), [], { env: ENV });
      fake.script({ pieces: 10, delay: { betweenMs: 60 } });
      const agent = new http.Agent({ keepAlive: true });
      const running = send(served.ready.url, {
        path: '/v1/chat/completions',
        agent,
        headers: { authorization: `Bearer ${served.ready.agents['tester']?.token}` },
        body: { model: 'm', stream: true, messages: [{ role: 'user', content: 'x' }] },
      });
      await eventually(
        () => fake.requests.length,
        (count) => count === 1,
      );
      served.child.kill(signal);
      await eventually(() => served.err.includes('stopping'), Boolean);
      // Twice, as a terminal does where a parent hands it on: the second must not cut what the first lets finish.
      served.child.kill(signal);
      await assert.rejects(chat(served), /ECONNREFUSED|ECONNRESET/);
      const answer = await running;
      const finishedAt = performance.now();
      assert.ok(answer.clean && answer.text.includes('[DONE]'));
      assert.deepEqual(await served.exited, { code: 0, signal: null });
      assert.ok(performance.now() - finishedAt < 2000, 'a connection that is only kept alive held it up');
      agent.destroy();
      const [row] = await rowsOf('--by', 'request');
      assert.equal(row?.['settled'], 'done');
    });
  }

  it('SIGHUP takes the new file over: the next request goes out on it while a running one ends on the old', async () => {
    const second = await startFakeProvider({ key: ENV.OTHER_KEY, script: () => ({ text: 'from the second' }) });
    const config = program.config(CONFIG(fake.url), 'swap.json');
    const served = await program.serve(config, [], { env: ENV });
    fake.script({ pieces: 10, text: 'from the first', delay: { betweenMs: 40 } });
    const running = chat(served, true);
    await eventually(
      () => fake.requests.length,
      (count) => count === 1,
    );
    program.config(CONFIG(second.url, { keys: [{ id: 'fake/other', provider: 'fake', env: 'OTHER_KEY' }] }), 'swap.json');
    served.child.kill('SIGHUP');
    await eventually(() => served.err.includes('read again'), Boolean);
    assert.match((await chat(served)).text, /from the second/);
    assert.equal(second.requests[0]?.headers['authorization'], `Bearer ${ENV.OTHER_KEY}`);
    assert.ok((await running).clean, 'the running stream was disturbed');
    program.config('{"providers":{"fake":{}}}', 'swap.json');
    served.child.kill('SIGHUP');
    await eventually(() => served.err.includes('not taken over'), Boolean);
    assert.match(served.err, /providers\.fake\.kind/);
    assert.equal((await chat(served)).status, 200, 'a faulty file changes nothing');
    served.child.kill('SIGTERM');
    assert.equal((await served.exited).code, 0);
    await second.close();
  });

  it('usage has the agreed columns and values, also while gateways run, and for two on one folder', async () => {
    const data = path.join(program.folder, 'shared');
    const args = ['--data', data];
    const config = program.config(CONFIG(fake.url));
    const both = await Promise.all([program.serve(config, args, { env: ENV }), program.serve(config, args, { env: ENV })]);
    const since = new Date().toISOString();
    for (const served of both) {
      await Promise.all([chat(served), chat(served, true), chat(served, false, 'claude-code', { 'session-id': 'one' })]);
    }
    fake.script({ error: { status: 500 } });
    await chat(both[0]);
    const priced = {
      input: USED.input,
      cacheRead: USED.cacheRead,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
      output: USED.output,
      reasoning: 0,
    };
    const times = (n: number) => Object.fromEntries(Object.entries(priced).map(([name, value]) => [name, value * n]));
    await eventually(
      () => undefined,
      () => false,
      100,
    );
    assert.deepEqual(await rowsOf(...args, '--by', 'agent,model,key'), [
      {
        agent: 'claude-code',
        model: 'claude-x',
        key: 'fake/work',
        requests: 2,
        errors: 0,
        ...times(2),
        costUsd: '0.007620000',
        unpriced: 0,
        estimated: 0,
      },
      {
        agent: 'tester',
        model: 'some-model',
        key: 'fake/work',
        requests: 5,
        errors: 1,
        ...times(4),
        costUsd: '0.015240000',
        unpriced: 0,
        estimated: 0,
      },
    ]);
    const [all] = await rowsOf(...args);
    assert.deepEqual(all, { requests: 7, errors: 1, ...times(6), costUsd: '0.022860000', unpriced: 0, estimated: 0 });
    const [group] = await rowsOf(...args, '--by', 'provider,session,workspace,day');
    assert.deepEqual([group?.['provider'], group?.['workspace'], group?.['day']], ['fake', 'headless', since.slice(0, 10)]);
    const rows = await rowsOf(...args, '--by', 'request', '--since', since);
    assert.equal(rows.length, 7);
    const failed = rows.find((row) => row['status'] === 500);
    const { id, at } = failed ?? {};
    assert.match(String(id), /^[0-9a-z]{26}$/);
    assert.ok(String(at) >= since);
    for (const [name, value] of Object.entries({
      target: 'fake/some-model',
      mode: 'relay',
      attempts: 1,
      settled: 'error',
      requests: 1,
      errors: 1,
      input: 0,
      costUsd: '0.000000000',
      unpriced: 0,
      estimated: 0,
    })) {
      assert.equal(failed?.[name], value, name);
    }
    assert.deepEqual(await rowsOf(...args, '--by', 'request', '--until', since), []);
    for (const served of both) served.child.kill('SIGTERM');
    for (const served of both) assert.equal((await served.exited).code, 0);
  });

  it('killed in the middle of a stream, it leaves a request that the next start settles as crashed', async () => {
    const args = ['--data', path.join(program.folder, 'crash')];
    const config = program.config(CONFIG(fake.url));
    const served = await program.serve(config, args, { env: ENV });
    fake.script({ stallAfterEvents: 2 });
    const cut = chat(served, true).catch(() => undefined);
    await eventually(
      () => fake.requests[0]?.times.headersSent,
      (time) => time !== undefined,
    );
    served.child.kill('SIGKILL');
    await served.exited;
    await cut;
    const again = await program.serve(config, args, { env: ENV });
    const rows = await rowsOf(...args, '--by', 'request');
    assert.deepEqual(
      rows.map((row) => [row['settled'], row['estimated'], row['errors']]),
      [['crashed', 1, 1]],
    );
    again.child.kill('SIGTERM');
    assert.equal((await again.exited).code, 0);
    assert.equal(isAlive(again.ready.pid), false);
  });
});
