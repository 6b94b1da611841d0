import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, it } from 'mocha';
import { parseConfig } from '../../src/core/config/parse.ts';
import type { Explanation } from '../../src/core/gateway/explain-route.ts';
import type { CallName, Calls, FromGateway, StartOptions } from '../../src/host/messages.ts';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import { eventually, KEY, PRICES, send, TOKEN } from '../support/gateway.ts';
import { buildProgram, type Program, type Served } from './command-line.ts';

const CONFIG = (url: string) => ({
  providers: {
    fake: {
      kind: 'openai-compatible',
      baseUrl: `${url}/v1`,
      dialects: ['openai-chat', 'anthropic-messages'],
      prices: { '*': PRICES },
    },
  },
  keys: [{ id: 'fake/work', provider: 'fake', env: 'FAKE_KEY' }],
  models: { small: 'fake/small' },
  agents: {
    'claude-code': {
      model: 'fake/large',
      routes: [{ name: 'titles', when: { class: 'background' }, to: 'small' }],
      limits: { burst: 'pause' },
    },
  },
  retries: { attempts: 0 },
});
const ENV = { FAKE_KEY: KEY };
const TITLE = { model: 'claude-haiku', max_tokens: 1, messages: [{ role: 'user', content: 'quota' }] };
const ASK = ['--agent', 'claude-code', '--model', 'claude-haiku'];

const generate = (url: string, token: string) =>
  send(url, {
    path: '/v1/messages',
    headers: { 'x-api-key': token, 'anthropic-version': '2023-06-01' },
    body: { ...TITLE, max_tokens: 1000, messages: [{ role: 'user', content: 'a task' }] },
  });

describe('explain, without an editor', function () {
  this.timeout(20_000);
  let program: Program;
  let fake: FakeProvider;
  before(async () => (program = await buildProgram()));
  after(() => program.close());
  beforeEach(async () => (fake = await startFakeProvider({ key: KEY })));
  afterEach(() => fake.close());

  const explain = (...args: readonly string[]) =>
    program.run(['explain', '--config', program.config(CONFIG(fake.url)), ...args], { env: ENV });

  const explained = async (...args: readonly string[]): Promise<Explanation> => {
    const { code, out, err } = await explain(...args);
    assert.deepEqual([code, err], [0, '']);
    assert.equal(out.trim().split('\n').length, 1);
    return JSON.parse(out) as Explanation;
  };

  it('prints one line of JSON, dials nobody and writes nothing', async () => {
    const before = readdirSync(program.folder).length;
    const plain = await explained(...ASK);
    assert.deepEqual([plain.agent, plain.model, plain.dialect], ['claude-code', 'claude-haiku', 'anthropic-messages']);
    assert.deepEqual(
      [plain.taken, plain.foundBy, plain.asks],
      [undefined, 'agent-model', { target: 'fake/large', key: 'fake/work' }],
    );
    assert.deepEqual(plain.steps[0]?.targets[0]?.price, { inputUsd: PRICES.input, outputUsd: PRICES.output });
    assert.equal(plain.rules[0]?.needsBody, true);

    const request = program.config(TITLE, 'request.json');
    const whole = await explained(...ASK, '--request', request, '--json');
    assert.deepEqual([whole.taken, whole.request?.class, whole.asks?.target], [1, 'background', 'fake/small']);
    assert.equal((await explained('--agent', 'claude-code', '--request', request)).model, 'claude-haiku');

    const main = ['--header', 'X-Claude-Code-Request-Class: main', '--session', 's', '--dialect', 'openai-chat'];
    const other = await explained(...ASK, '--request', request, ...main);
    assert.deepEqual([other.taken, other.session, other.dialect], [undefined, 's', 'openai-chat']);
    assert.equal(fake.requests.length, 0);
    assert.equal(readdirSync(program.folder).length, before + 2, 'the configuration and the request');
  });

  it('--text says the same in words: short lines, no colours, no secret', async () => {
    const { code, out } = await explain(...ASK, '--request', program.config(TITLE, 'request.json'), '--text');
    assert.equal(code, 0);
    assert.match(out, /^ {2}1 titles to small: TAKEN$/m);
    assert.match(out, /^ {6}class is background$/m);
    assert.match(out, /^Asked now: fake\/small with fake\/work$/m);
    // oxlint-disable-next-line no-control-regex
    assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f]/);
    assert.ok(out.split('\n').every((line) => line.length <= 100));
    assert.equal(out.includes(KEY), false);
    const named = await explain('--agent', 'claude-code', '--model', 'a\u001b[31m\nb', '--text');
    assert.match(named.out, /^claude-code asks for a \[31m b in/);
  });

  it('knows a dead key from the folder of a gateway', async () => {
    const data = path.join(program.folder, 'data');
    const served = await program.serve(program.config(CONFIG(fake.url)), [], { env: ENV });
    fake.script({ error: { status: 401 } });
    assert.equal((await generate(served.ready.url, served.ready.agents['claude-code']?.token ?? '')).status, 401);
    await eventually(() => served.err.includes('set aside'), Boolean);
    assert.match(served.err, /warn the key is set aside.* provider=fake model=large key=fake\/work why=key-rejected$/m);
    assert.equal(served.err.includes(KEY), false);
    served.child.kill('SIGTERM');
    await served.exited;
    const key = async (...more: string[]) => (await explained(...ASK, ...more)).steps[0]?.targets[0]?.keys[0];
    const known = await key('--data', data);
    // What was our own judgement waits for a probe: the key may have been mended while nobody looked.
    assert.deepEqual([known?.id, known?.state, known?.why, known?.blocked], ['fake/work', 'half-open', 'key-rejected', false]);
    assert.equal((await key())?.state, 'well');
    assert.equal((await key('--data', path.join(program.folder, 'nowhere')))?.state, 'well');
  });

  it('ends with 2 where it is called wrongly, and says what is wrong in a line', async () => {
    for (const args of [
      ['--model', 'm'],
      ['--agent', 'claude-code'],
      [...ASK, '--dialect', 'english'],
      [...ASK, '--header', 'nothing'],
      [...ASK, '--request', 'missing.json'],
      [...ASK, '--text', '--json'],
    ]) {
      const { code, out, err } = await explain(...args);
      assert.deepEqual([code, out], [2, ''], args.join(' '));
      assert.match(err, /explain --config FILE --agent A --model M/);
    }
    const agent = await explain('--agent', 'claude-cod', '--model', 'm');
    assert.deepEqual([agent.code, agent.out, agent.err], [2, '', 'There is no agent "claude-cod", did you mean "claude-code"?\n']);
    const body = await explain(...ASK, '--request', program.config('[1]', 'list.json'));
    assert.deepEqual([body.code, body.err], [2, 'The request body is not a JSON object.\n']);
    const faulty = program.config(
      { ...CONFIG(fake.url), agents: { a: { model: 'faek/x' }, b: { modle: 'fake/x' } } },
      'faulty.json',
    );
    const faults = await program.run(['explain', '--config', faulty, '--agent', 'a', '--model', 'm'], { env: ENV });
    assert.deepEqual([faults.code, faults.out, faults.err], [2, '', 'agents.b.modle: unknown setting, did you mean "model"?\n']);
    const unset = await program.run(['explain', '--config', program.config(CONFIG(fake.url)), ...ASK]);
    assert.deepEqual([unset.code, JSON.parse(unset.out).asks], [0, undefined]);
    assert.match(unset.err, /^warn a key has no value.* key=fake\/work$/m);
  });

  it('SIGHUP resumes an agent that was paused for asking far more often than it ever did', async () => {
    // A burst is seen against at least ten minutes of past; each SIGUSR2 lets one of them go by.
    const clock = path.join(program.folder, 'clock.cjs');
    writeFileSync(
      clock,
      `let gone = 0; const real = performance.now.bind(performance);
       performance.now = () => real() + gone * 61000;
       process.on('SIGUSR2', () => process.stderr.write('minute ' + ++gone + '\\n'));`,
    );
    const served: Served = await program.serve(program.config(CONFIG(fake.url)), [], {
      env: { ...ENV, NODE_OPTIONS: `--require ${clock}` },
    });
    const ask = async () => (await generate(served.ready.url, served.ready.agents['claude-code']?.token ?? '')).status;
    for (let minute = 1; minute <= 12; minute++) {
      assert.equal(await ask(), 200);
      served.child.kill('SIGUSR2');
      await eventually(() => served.err.includes(`minute ${minute}\n`), Boolean);
    }
    const burst = await Promise.all(Array.from({ length: 60 }, ask));
    assert.equal(burst.filter((status) => status === 403).length, 1);
    assert.equal(await ask(), 403);
    served.child.kill('SIGHUP');
    await eventually(() => served.err.includes('read again'), Boolean);
    assert.match(served.err, /info the agent is resumed agent=claude-code/);
    assert.equal(await ask(), 200);
  });
});

describe('the gateway in a worker thread', function () {
  this.timeout(20_000);

  it('explains, tells news, pauses and resumes, and forgets what it held against a key that is good', async () => {
    const fake = await startFakeProvider({ key: KEY });
    const dataDir = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-worker-'));
    const parsed = parseConfig(CONFIG(fake.url));
    if (parsed.faults !== undefined) assert.fail(JSON.stringify(parsed.faults));
    const options: StartOptions = {
      source: {
        config: parsed.config,
        keys: [{ id: 'fake/work', provider: 'fake', secret: KEY }],
        tokens: { 'claude-code': TOKEN },
      },
      network: { httpProxy: '', httpsProxy: '', noProxy: '', strictTls: true },
      dataDir,
      port: 0,
      workspace: 'test',
    };
    const worker = new Worker(path.resolve(import.meta.dirname, '../../src/worker.ts'));
    worker.postMessage(options);
    const heard: FromGateway[] = [];
    worker.on('message', (message: FromGateway) => heard.push(message));
    let id = 0;
    const call = async <Name extends CallName>(name: Name, ask: Calls[Name]['ask']): Promise<Calls[Name]['answer'] | string> => {
      const mine = ++id;
      worker.postMessage({ call: name, id: mine, ask });
      const answered = () =>
        heard.find((message) => (message.event === 'answer' || message.event === 'refusal') && message.id === mine);
      const message = await eventually(answered, (value) => value !== undefined, 5000);
      if (message?.event === 'refusal') return message.message;
      return message?.event === 'answer' ? (message.value as Calls[Name]['answer']) : assert.fail(`${name} was not answered`);
    };
    try {
      const ready = await eventually(
        () => heard.find(({ event }) => event === 'ready'),
        (value) => value !== undefined,
        10_000,
      );
      if (ready?.event !== 'ready') return assert.fail(JSON.stringify(heard));
      const ask = async () => (await generate(ready.url, TOKEN)).status;
      const question = { agent: 'claude-code', model: 'claude-haiku' };
      const explained = async () => {
        const answer = await call('explain', { ...question, body: JSON.stringify(TITLE) });
        return typeof answer === 'object' && 'rules' in answer ? answer : assert.fail(JSON.stringify(answer));
      };
      assert.deepEqual([(await explained()).taken, (await explained()).paused], [1, false]);
      assert.deepEqual(await call('explain', { ...question, agent: 'claude' }), {
        error: 'There is no agent "claude"; the agents are: claude-code.',
      });

      await call('pauseAgent', { agent: 'claude-code' });
      assert.deepEqual([await ask(), (await explained()).paused], [403, true]);
      await call('resumeAgent', { agent: 'claude-code' });
      assert.equal(await ask(), 200);
      assert.match(String(await call('pauseAgent', { agent: 'nobody' })), /there is no agent "nobody"/);

      const states = async () =>
        ((await call('keyHealth', undefined)) as Calls['keyHealth']['answer']).map(({ key, state }) => [key, state]);
      assert.deepEqual(await states(), [['fake/work', 'well']]);
      fake.script({ error: { status: 401 } });
      assert.equal(await ask(), 401);
      const news = await eventually(
        () => heard.flatMap((message) => (message.event === 'news' ? [message.news] : [])),
        (all) => all.length > 0,
      );
      assert.deepEqual(
        news.map((one) => (one.kind === 'health' ? [one.place.key, one.place.state, one.place.why] : one)),
        [['fake/work', 'dead', 'key-rejected']],
      );
      assert.deepEqual(await states(), [['fake/work', 'dead']]);

      // One that was only typed in says nothing about the one that is stored.
      fake.script({});
      const good = (ask: Calls['checkKey']['ask']) => call('checkKey', ask);
      assert.equal(((await good({ provider: 'fake', secret: KEY, key: 'fake/work' })) as { verdict: string }).verdict, 'good');
      assert.deepEqual(await states(), [['fake/work', 'dead']]);
      assert.equal(((await good({ provider: 'fake', key: 'fake/work' })) as { verdict: string }).verdict, 'good');
      assert.deepEqual(await states(), [['fake/work', 'well']]);
      assert.equal(await ask(), 200);
      assert.equal(JSON.stringify(heard).includes(KEY), false);
    } finally {
      await worker.terminate();
      await fake.close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});
