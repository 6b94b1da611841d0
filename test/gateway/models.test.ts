import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { DIALECT_IDS } from '../../src/core/ir/dialect.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { ask, errorMessage, jsonOf, KEY, send, startGateway, type TestGateway, TOKEN, WIRES } from '../support/gateway.ts';

const LISTS: Readonly<
  Record<string, { readonly path: string; readonly headers: Record<string, string>; readonly names: (body: any) => string[] }>
> = {
  openai: {
    path: '/v1/models',
    headers: { authorization: `Bearer ${TOKEN}` },
    names: (body) => body.data.map((each: any) => each.id),
  },
  anthropic: {
    path: '/v1/models?limit=1000',
    headers: { authorization: `Bearer ${TOKEN}`, 'anthropic-version': '2023-06-01' },
    names: (body) => body.data.map((each: any) => (assert.equal(each.type, 'model'), each.id)),
  },
  'gemini under v1beta': {
    path: '/v1beta/models?pageSize=50',
    headers: { 'x-goog-api-key': TOKEN },
    names: (body) => body.models.map((each: any) => each.name),
  },
  'gemini under v1': {
    path: '/v1/models',
    headers: { 'x-goog-api-key': TOKEN, 'x-goog-api-client': 'google-genai-sdk/3.1.0' },
    names: (body) => body.models.map((each: any) => each.name),
  },
};

describe('models and the lesser operations', () => {
  let fake: FakeProvider;
  let gateway: TestGateway;
  const start = async (agent: object, config: object = {}, providerConfig: object = {}): Promise<void> => {
    gateway = await startGateway({ provider: fake.url, agent, config, providerConfig });
  };
  beforeEach(async () => (fake = await startFakeProvider({ key: KEY })));
  afterEach(async () => {
    await gateway.close();
    await fake.close();
  });
  const list = async (name: string): Promise<string[]> => {
    const { path, headers, names } = LISTS[name] ?? assert.fail(name);
    const answer = await send(gateway.url, { method: 'GET', path, headers });
    assert.equal(answer.status, 200, `${name}: ${answer.text}`);
    assert.ok(answer.headers['x-gatehouse-request']);
    return names(jsonOf(answer));
  };
  const bare = (name: string, ids: readonly string[]): string[] =>
    ids.map((id) => (name.startsWith('gemini') ? `models/${id}` : id));

  it("an agent that picks from a provider sees that provider's own list, in each shape", async () => {
    await start({ provider: 'fake' });
    for (const name of Object.keys(LISTS)) assert.deepEqual(await list(name), bare(name, ['fake-large', 'fake-small']), name);
    assert.deepEqual(
      fake.requests.map(({ path }) => path),
      ['/v1/models', '/v1/models?limit=1000', '/v1beta/models?pageSize=50', '/v1/models'],
    );
    assert.equal(gateway.running.ledger.requests({}).length, 0, 'a list costs nothing and is not booked');
  });

  it('an agent with a model of its own has exactly that one, slashes and all, and nobody is asked', async () => {
    await start({ model: 'fake/vendor/model-x:free' });
    for (const name of Object.keys(LISTS)) assert.deepEqual(await list(name), bare(name, ['vendor/model-x:free']), name);
    assert.equal(fake.requests.length, 0);
  });

  it('an agent that is free to choose sees every configured model and every other agent', async () => {
    const config = { agents: { tester: {}, other: { model: 'fake/big' } } };
    await start({}, config, { models: ['a/b', 'c'] });
    for (const name of Object.keys(LISTS))
      assert.deepEqual((await list(name)).sort(), bare(name, ['agent/other', 'fake/a/b', 'fake/big', 'fake/c']), name);
    for (const [model, sent] of [
      ['fake/a/b', 'a/b'],
      ['agent/other', 'big'],
    ]) {
      assert.equal((await ask(gateway, 'openai-chat', false, { change: { model } })).status, 200);
      assert.equal(fake.requests.at(-1)?.read?.model, sent);
    }
    for (const model of ['gpt-4.1', 'nobody/x', 'agent/nobody', 'agent/tester']) {
      const answer = await ask(gateway, 'openai-chat', false, { change: { model } });
      assert.deepEqual([answer.status, jsonOf(answer).error.code], [404, 'model_not_found'], model);
    }
    const nameless = await ask(gateway, 'openai-chat', false, { change: { model: undefined } });
    assert.ok(nameless.status === 404 || nameless.status === 400);
  });

  it('the official SDKs can read the lists', async () => {
    await start({ model: 'fake/vendor/x' });
    const ids: string[] = [];
    for await (const model of new OpenAI({ apiKey: TOKEN, baseURL: `${gateway.url}/v1` }).models.list()) ids.push(model.id);
    for await (const model of new Anthropic({ apiKey: TOKEN, baseURL: gateway.url }).models.list()) ids.push(model.id);
    for await (const model of await new GoogleGenAI({ apiKey: TOKEN, httpOptions: { baseUrl: gateway.url } }).models.list())
      ids.push(String(model.name));
    assert.deepEqual(ids, ['vendor/x', 'vendor/x', 'models/vendor/x']);
  });

  it('Codex, which wants something else under that path, gets it without asking anybody', async () => {
    await start({ provider: 'fake' });
    const answer = await send(gateway.url, {
      method: 'GET',
      path: '/v1/models?client_version=0.169.0',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    assert.equal(answer.status, 200);
    assert.ok(Array.isArray(jsonOf(answer).models));
    assert.equal(fake.requests.length, 0);
  });

  it("requests for models that nobody chose are served by the agent's own", async () => {
    await start({ model: 'fake/chosen' });
    for (const dialect of DIALECT_IDS) {
      const asked = dialect === 'gemini' ? {} : { change: { model: 'claude-haiku-nobody-chose' } };
      const answer = await ask(gateway, dialect, false, asked);
      assert.deepEqual([answer.status, answer.headers['x-gatehouse-target']], [200, 'fake/chosen'], dialect);
    }
    assert.deepEqual(
      (await gateway.rows(4)).map(({ model, requestedModel }) => [model, requestedModel]),
      [...Array.from({ length: 3 }, () => ['chosen', 'claude-haiku-nobody-chose']), ['chosen', 'gemini-3-pro']],
    );
    assert.equal(fake.requests.at(-1)?.path, '/v1beta/models/chosen:generateContent');
  });

  it('Gemini model names with slashes, escapes and odd characters reach the provider in the path', async () => {
    await start({ provider: 'fake' });
    for (const [asked, sent] of [
      ['tunedModels/my-model', 'tunedModels/my-model'],
      ['vendor%2Fmodel', 'vendor/model'],
      ['a:b', 'a%3Ab'],
      ['modell-%C3%A4', 'modell-%C3%A4'],
    ]) {
      for (const version of ['v1', 'v1beta']) {
        const answer = await send(gateway.url, {
          path: `/${version}/models/${asked}:generateContent`,
          headers: WIRES.gemini.headers,
          body: WIRES.gemini.body(false),
        });
        assert.equal(answer.status, 200);
        assert.equal(fake.requests.at(-1)?.path, `/${version}/models/${sent}:generateContent`);
      }
    }
  });

  it('twenty-five counts at once: relayed, answered, not booked', async () => {
    await start({ provider: 'fake' });
    const { headers } = WIRES['anthropic-messages'];
    const body = { model: 'claude-opus-5-5', messages: [{ role: 'user', content: 'hello' }] };
    const answers = await Promise.all(
      Array.from({ length: 25 }, () => send(gateway.url, { path: '/v1/messages/count_tokens?beta=true', headers, body })),
    );
    for (const answer of answers) assert.ok(answer.status === 200 && jsonOf(answer).input_tokens > 0);
    const gemini = await send(gateway.url, {
      path: '/v1beta/models/m:countTokens',
      headers: WIRES.gemini.headers,
      body: WIRES.gemini.body(false),
    });
    assert.ok(jsonOf(gemini).totalTokens > 0);
    assert.equal(fake.requests.length, 26);
    assert.equal(gateway.running.ledger.requests({}).length, 0);
  });

  it('embeddings: relayed as they came, and booked', async () => {
    await start({ provider: 'fake' });
    const client = new OpenAI({ apiKey: TOKEN, baseURL: `${gateway.url}/v1` });
    const { data } = await client.embeddings.create({ model: 'embed-1', input: ['one text', 'another'] });
    assert.equal(data.length, 2);
    assert.ok(data[0]!.embedding.length > 0);
    const row = await gateway.row();
    assert.deepEqual([row.operation, row.settled, row.estimated, row.usage.output], ['embed', 'done', false, 0]);
    assert.ok(row.usage.input > 0);
  });

  it('paths without /v1 and with a slash behind lead to the same place', async () => {
    await start({ provider: 'fake' });
    for (const dialect of DIALECT_IDS.filter((id) => id !== 'gemini')) {
      const { headers, path, body } = WIRES[dialect];
      for (const at of [path(false).replace('/v1', ''), `${path(false)}/`]) {
        assert.equal((await send(gateway.url, { path: at, headers, body: body(false) })).status, 200, at);
        assert.equal(fake.requests.at(-1)?.path, path(false));
      }
    }
  });
});

describe('an agent that picks from a provider of another dialect', () => {
  it('sees the models that are configured for it, under the names by which it can ask for them', async () => {
    const gateway = await startGateway({
      provider: 'http://127.0.0.1:9',
      dialects: ['openai-chat'],
      providerConfig: { models: ['gpt-x', 'vendor/gpt-y'] },
      config: { agents: { tester: { provider: 'fake' }, other: { model: 'fake/else' } } },
    });
    try {
      const headers = { 'x-api-key': TOKEN, 'anthropic-version': '2023-06-01' };
      const answer = await send(gateway.url, { method: 'GET', path: '/v1/models', headers });
      assert.deepEqual(
        jsonOf(answer).data.map(({ id }: { id: string }) => id),
        ['gpt-x', 'vendor/gpt-y'],
      );
    } finally {
      await gateway.close();
    }
  });
});

describe('what no provider of the agent can do', () => {
  it("is an honest 501 in the agent's own dialect, final, free of charge and not booked", async () => {
    const fake = await startFakeProvider({ key: KEY });
    const gateway = await startGateway({ provider: fake.url, dialects: ['anthropic-messages'] });
    try {
      const headers = { authorization: `Bearer ${TOKEN}` };
      for (const [path, body] of [
        ['/v1/embeddings', { model: 'embed-1', input: 'a' }],
        ['/v1/completions', { model: 'code-1', prompt: 'a' }],
      ] as const) {
        const answer = await send(gateway.url, { path, headers, body });
        assert.deepEqual(
          [answer.status, answer.headers['x-should-retry'], answer.headers['retry-after'], answer.headers['x-gatehouse-attempts']],
          [501, 'false', undefined, '0'],
        );
        assert.match(errorMessage(answer), /"fake" does not speak openai-chat \(it speaks anthropic-messages\)/);
        assert.equal(jsonOf(answer).error.code, 'not_supported');
      }
      assert.equal(fake.requests.length, 0);
      assert.equal(gateway.running.ledger.requests({}).length, 0);
    } finally {
      await gateway.close();
      await fake.close();
    }
  });
});
