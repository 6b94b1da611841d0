import assert from 'node:assert/strict';
import { readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'mocha';
import { startCollector, type Collector } from '../support/collector/collector.ts';
import { filesHolding } from '../support/files-holding.ts';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import { eventually, KEY, send } from '../support/gateway.ts';
import { buildProgram, type Program, type Served } from './command-line.ts';

const HEADER = 'Bearer telemetry-canary-0123456789abcdef';
const PROMPT = 'the-words-of-the-prompt';
const ANSWER = 'the-words-of-the-answer';

describe('telemetry without an editor', function () {
  this.timeout(30_000);
  let program: Program;
  let fake: FakeProvider;
  let collector: Collector;
  before(async () => (program = await buildProgram()));
  after(() => program.close());
  beforeEach(async () => {
    fake = await startFakeProvider({ key: KEY, script: () => ({ text: ANSWER }) });
    collector = await startCollector();
  });
  afterEach(async () => {
    await fake.close();
    await collector.close();
  });

  const config = (telemetry?: object): string =>
    program.config({
      providers: { fake: { kind: 'openai-compatible', baseUrl: `${fake.url}/v1`, dialects: ['openai-chat'] } },
      keys: [{ id: 'fake/work', provider: 'fake', env: 'FAKE_KEY' }],
      agents: { tester: { provider: 'fake' } },
      ...(telemetry && { telemetry }),
    });
  const serve = (telemetry?: object): Promise<Served> =>
    program.serve(config(telemetry), [], { env: { FAKE_KEY: KEY, OTLP_HEADER: HEADER, OTLP_ODD: 'one\ntwo' } });
  const tokenOf = (served: Served): string => served.ready.agents['tester']?.token ?? '';
  const chat = async (served: Served, model = 'some-model'): Promise<void> => {
    const { status } = await send(served.ready.url, {
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${tokenOf(served)}` },
      body: { model, messages: [{ role: 'user', content: PROMPT }] },
    });
    assert.equal(status, 200);
  };
  const stop = async (served: Served): Promise<void> => {
    served.child.kill('SIGTERM');
    assert.deepEqual(await served.exited, { code: 0, signal: null });
  };
  const reload = async (served: Served, telemetry?: object): Promise<void> => {
    const before = served.err.split('read again').length;
    config(telemetry);
    served.child.kill('SIGHUP');
    await eventually(() => served.err.split('read again').length > before, Boolean);
  };

  it('sends what waits before it ends, with the header from its variable, and neither key nor token nor words of anybody', async () => {
    const served = await serve({ endpoint: collector.url, headers: { authorization: { env: 'OTLP_HEADER' } } });
    await chat(served);
    const token = tokenOf(served);
    await stop(served);
    assert.equal(collector.spans.filter(({ parentSpanId }) => parentSpanId === '').length, 1);
    assert.equal(collector.metric('gen_ai.client.operation.duration').points[0]?.count, 1);
    const { version } = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../../package.json'), 'utf8'));
    const { 'service.name': name, 'service.version': told, 'service.instance.id': instance } = collector.spans[0]!.resource;
    assert.deepEqual([name, told], ['gatehouse', version]);
    assert.match(String(instance), /^[0-9a-f-]{36}$/);
    for (const { headers, raw } of collector.requests) {
      assert.equal(headers['authorization'], HEADER);
      for (const secret of [KEY, token, HEADER, PROMPT, ANSWER]) assert.ok(!raw.includes(secret));
      assert.ok(!JSON.stringify({ ...headers, authorization: '' }).includes(KEY));
    }
    for (const secret of [HEADER, 'telemetry-canary']) {
      assert.ok(!(served.out + served.err).includes(secret));
      assert.deepEqual(filesHolding(path.join(program.folder, 'data'), secret), []);
    }
  });

  it('tells of a header whose variable is not set or holds what no header can have, and sends without it', async () => {
    const headers = { authorization: { env: 'OTLP_NONE' }, 'x-odd': { env: 'OTLP_ODD' } };
    const served = await serve({ endpoint: collector.url, headers });
    await chat(served);
    await stop(served);
    assert.match(served.err, /a telemetry header has no value: its environment variable is not set header=authorization/);
    assert.match(served.err, /a telemetry header has a value that no header can have header=x-odd/);
    assert.deepEqual(
      [collector.requests[0]?.headers['authorization'], collector.requests[0]?.headers['x-odd']],
      [undefined, undefined],
    );
    assert.ok(collector.spans.length > 0);
  });

  it('is turned on and off by SIGHUP', async () => {
    const served = await serve();
    await chat(served);
    assert.equal(collector.connections, 0);
    await reload(served, { endpoint: collector.url });
    await chat(served, 'while-on');
    await eventually(() => collector.spans.length > 0, Boolean, 8000);
    await reload(served);
    await chat(served, 'while-off');
    await stop(served);
    const models = collector.spans.map(({ attributes }) => attributes['gen_ai.request.model']);
    assert.ok(models.includes('while-on') && !models.includes('while-off'));
  });

  it('loads nothing of OpenTelemetry while it is off, and serves agents where it cannot be loaded', async () => {
    const bundle = path.join(program.folder, 'dist', 'telemetry.js');
    for (const name of ['cli.js', 'worker.js', 'extension.js']) {
      assert.doesNotMatch(
        readFileSync(path.join(program.folder, 'dist', name), 'utf8'),
        /opentelemetry\.(?:js|io)|resourceSpans|OTEL_/,
      );
    }
    renameSync(bundle, `${bundle}.away`);
    try {
      const served = await serve();
      await chat(served);
      assert.doesNotMatch(served.err, /telemetry/, 'whoever does not use it never looks for it');
      await reload(served, { endpoint: collector.url });
      await eventually(() => served.err.includes('telemetry could not be started'), Boolean);
      assert.match(served.err, /error telemetry could not be started, and nothing is sent/);
      await chat(served);
      await stop(served);
      assert.equal(collector.connections, 0);
    } finally {
      renameSync(`${bundle}.away`, bundle);
    }
  });

  it('refuses an endpoint in clear outside, a secret in it, and headers that are not its own', async () => {
    for (const [telemetry, fault] of [
      [
        { endpoint: 'http://otlp.example.com' },
        /^telemetry\.endpoint: uses http:\/\/ .* what is sent would cross the network in clear/m,
      ],
      [{ endpoint: 'https://me:pw@otlp.example.com' }, /^telemetry\.endpoint: must not hold a user name .*Set Telemetry Header/m],
      [{ endpoint: collector.url, headers: { authorization: HEADER } }, /^telemetry\.headers\.authorization: /m],
      [{ endpoint: collector.url, headers: { 'Content-Type': { env: 'A' } } }, /^telemetry\.headers.*lower case/m],
      [{ endpoint: collector.url, headers: { 'content-type': { env: 'A' } } }, /^telemetry\.headers.*set by Gatehouse/m],
      [{ endpont: collector.url }, /^telemetry\.endpont: unknown setting, did you mean "endpoint"\?/m],
      [{ endpoint: collector.url, protocol: 'grpc' }, /^telemetry\.protocol: is not one of http\/protobuf, http\/json/m],
    ] as const) {
      const { code, err } = await program.run(['serve', '--config', config(telemetry)]);
      assert.equal(code, 2);
      assert.match(err, fault);
      assert.ok(!err.includes(HEADER) && !err.includes('me:pw'));
    }
  });
});
