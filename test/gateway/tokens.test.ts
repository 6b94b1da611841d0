import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECT_IDS } from '../../src/core/ir/dialect.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { errorMessage, eventually, jsonOf, KEY, send, startGateway, type TestGateway, TOKEN, WIRES } from '../support/gateway.ts';
import { sendRaw } from '../support/send-raw.ts';

describe('the token', () => {
  let fake: FakeProvider;
  let gateway: TestGateway;
  before(async () => {
    fake = await startFakeProvider({ key: KEY });
    gateway = await startGateway({ provider: fake.url });
  });
  after(async () => {
    await gateway.close();
    await fake.close();
  });
  beforeEach(() => void (fake.requests as unknown[]).splice(0));

  const wire = (...parts: string[]) => sendRaw(gateway.port, ...parts);
  const own = () => `127.0.0.1:${gateway.port}`;
  const untouched = () => assert.equal(fake.requests.length, 0, 'the provider was called');

  it('none, a wrong one, and the beginning of the right one are refused in the dialect', async () => {
    const shapes = {
      'openai-chat': 'invalid_api_key',
      'openai-responses': 'invalid_api_key',
      'anthropic-messages': 'authentication_error',
      gemini: 'UNAUTHENTICATED',
    };
    for (const dialect of DIALECT_IDS) {
      const path = WIRES[dialect].path(false);
      for (const token of ['', TOKEN.slice(0, -1), KEY]) {
        for (const headers of [{ authorization: `Bearer ${token}` }, { 'x-api-key': token }, { 'x-goog-api-key': token }]) {
          const answer = await send(gateway.url, { path, headers, body: WIRES[dialect].body(false) });
          const { error } = jsonOf(answer);
          assert.deepEqual([answer.status, answer.headers['x-should-retry']], [401, 'false']);
          assert.equal([error.code, error.type, error.status].includes(shapes[dialect]), true, dialect);
        }
      }
    }
    assert.equal(
      (await send(gateway.url, { path: '/v1/messages', headers: { authorization: `Basic ${TOKEN}` }, body: {} })).status,
      401,
    );
    untouched();
    assert.equal(gateway.running.ledger.requests({}).length, 0, 'a refused request is not booked');
    assert.ok(gateway.log.every((line) => !line.includes(TOKEN.slice(0, 20))));
  });

  it('one that is wrong too often is told so with 429, in the dialect and without a retry; a good one beside it is served', async () => {
    const other = await startGateway({
      provider: fake.url,
      audit: { key: 'a'.repeat(43), anchor: undefined, operator: 'headless' },
    });
    const news: string[] = [];
    other.running.onNews(({ kind }) => news.push(kind));
    try {
      const wrong = (dialect: 'openai-chat' | 'gemini') =>
        send(other.url, { path: WIRES[dialect].path(false), headers: { 'x-api-key': 'gh-old' }, body: WIRES[dialect].body(false) });
      const told = await Promise.all(Array.from({ length: 70 }, () => wrong('openai-chat')));
      assert.deepEqual(
        [401, 429].map((status) => told.filter((answer) => answer.status === status).length),
        [60, 10],
      );
      const slowed = await wrong('gemini');
      assert.deepEqual([slowed.headers['x-should-retry'], slowed.headers['retry-after']], ['false', '60']);
      assert.match(errorMessage(slowed), /present token/);
      const { path, headers, body } = WIRES['openai-chat'];
      assert.equal((await send(other.url, { path: path(false), headers, body: body(false) })).status, 200);
      assert.deepEqual(
        news.filter((kind) => kind === 'tokens-refused'),
        ['tokens-refused'],
        'told once',
      );
      const lines = other.log.filter((line) => line.includes('without a valid token'));
      assert.equal(lines.length, 60, 'the slowed ones fill the log');
    } finally {
      await other.close();
    }
  });

  it('the token is taken in each of its four places, and beside another credential', async () => {
    const places: readonly { readonly headers?: Record<string, string>; readonly query?: string }[] = [
      { headers: { authorization: `Bearer ${TOKEN}` } },
      { headers: { authorization: `bearer   ${TOKEN}` } },
      { headers: { 'x-api-key': TOKEN } },
      { headers: { 'x-goog-api-key': TOKEN } },
      { query: `key=${TOKEN}` },
      { headers: { authorization: `Bearer ${TOKEN}`, 'x-api-key': 'sk-ant-of-the-user' } },
      { headers: { authorization: 'Bearer sk-of-the-user', 'x-api-key': TOKEN } },
      { headers: { 'x-goog-api-key': 'AIza-of-the-user' }, query: `key=${TOKEN}` },
    ];
    for (const dialect of DIALECT_IDS) {
      for (const { headers = {}, query } of places) {
        const path = WIRES[dialect].path(false) + (query === undefined ? '' : `?${query}`);
        const answer = await send(gateway.url, {
          path,
          headers: { 'anthropic-version': '2023-06-01', ...headers },
          body: WIRES[dialect].body(false),
        });
        assert.equal(answer.status, 200, `${dialect} ${JSON.stringify(headers)} ${query}`);
        const sent = fake.requests.at(-1);
        assert.ok(!JSON.stringify(sent?.rawHeaders).includes(TOKEN) && !sent?.path.includes('key='), 'the token went on');
        assert.ok(!JSON.stringify(sent?.rawHeaders).includes('-of-the-user'), "the user's own key went to somebody else");
      }
    }
  });

  it('one connection may carry a refused request and then a good one', async () => {
    const body = JSON.stringify(WIRES['anthropic-messages'].body(false));
    const post = (token: string, more = '') =>
      `POST /v1/messages HTTP/1.1\r\nhost: ${own()}\r\nx-api-key: ${token}\r\nanthropic-version: 2023-06-01\r\ncontent-type: application/json\r\n${more}content-length: ${body.length}\r\n\r\n${body}`;
    const heard = await wire(post('wrong'), post(TOKEN, 'connection: close\r\n'));
    assert.deepEqual(heard.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 401', 'HTTP/1.1 200']);
    assert.equal(
      await eventually(
        () => gateway.running.server.running,
        (running) => running === 0,
      ),
      0,
    );
    assert.match(errorMessage({ text: heard.slice(heard.indexOf('{'), heard.indexOf('HTTP/1.1 200')) }), /local token of an agent/);
  });
});
