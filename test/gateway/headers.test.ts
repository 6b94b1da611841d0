import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, it } from 'mocha';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { ask, forgetFailures, KEY, startGateway, type TestGateway, TOKEN, WIRES } from '../support/gateway.ts';

/** Names and values as a raw list, connection headers of node:http left out. */
function pairs(raw: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let at = 0; at < raw.length; at += 2) found.push([raw[at]!, raw[at + 1]!]);
  return found;
}

describe('headers', () => {
  let fake: FakeProvider;
  let gateway: TestGateway;
  beforeEach(async () => {
    fake = await startFakeProvider({ key: KEY });
    gateway = await startGateway({ provider: fake.url });
  });
  afterEach(async () => {
    await gateway.close();
    await fake.close();
  });

  const SIGNED: Readonly<Record<DialectId, [string, string]>> = {
    'openai-chat': ['authorization', `Bearer ${KEY}`],
    'openai-responses': ['authorization', `Bearer ${KEY}`],
    'anthropic-messages': ['x-api-key', KEY],
    gemini: ['x-goog-api-key', KEY],
  };

  for (const dialect of DIALECT_IDS) {
    it(`${dialect}: what names the agent and its wishes passes byte for byte; what is secret or of this hop does not`, async () => {
      const passing: Record<string, string> = {
        'User-Agent': 'claude-cli/2.1.329 (external, sdk-cli)',
        'anthropic-beta': 'claude-code-20250219,interleaved-thinking-2025-05-14,  x-unknown-2099-01-01',
        'X-Claude-Code-Session-Id': 'b5f1',
        'X-Stainless-Retry-Count': '0',
        'x-goog-api-client': 'google-genai-sdk/3.1.0 gl-node/v24',
        originator: 'codex_exec',
        'OpenAI-Beta': 'responses=v1',
        'Idempotency-Key': 'i-1',
        'x-latin': 'caf\u00e9',
        ACCEPT: 'text/event-stream',
      };
      const stripped = {
        cookie: 'session=1',
        'openai-organization': 'org-mine',
        'openai-project': 'proj-mine',
        'proxy-authorization': 'Basic eA==',
        'api-key': 'azure-key',
        'cf-aig-authorization': 'Bearer cf',
        te: 'trailers',
        connection: 'keep-alive, x-hop-only',
        'x-hop-only': '1',
        'x-gatehouse-target': 'forged/model',
        referer: 'http://localhost/',
        'accept-encoding': 'gzip, br, zstd',
      };
      const answer = await ask(gateway, dialect, false, {
        headers: {
          ...passing,
          ...stripped,
          authorization: `Bearer ${TOKEN}`,
          'x-api-key': 'sk-ant-users-own',
          'x-goog-api-key': 'AIza-users-own',
        },
      });
      assert.equal(answer.status, 200);
      const sent = pairs(fake.requests[0]?.rawHeaders ?? []);
      for (const [name, value] of Object.entries(passing))
        assert.ok(
          sent.some(([n, v]) => n === name && v === value),
          `${name} did not pass as it was`,
        );
      const names = sent.map(([name]) => name.toLowerCase());
      for (const name of Object.keys(stripped).filter((each) => !['connection', 'accept-encoding'].includes(each)))
        assert.ok(!names.includes(name), `${name} passed`);
      assert.deepEqual(
        sent.filter(([name]) => name === 'accept-encoding'),
        [['accept-encoding', 'identity']],
      );
      const credentials = sent.filter(([name]) => /^(authorization|x-api-key|x-goog-api-key|api-key)$/i.test(name));
      assert.deepEqual(credentials, [SIGNED[dialect]], 'exactly one credential, the real one');
      const body = JSON.stringify(WIRES[dialect].body(false));
      assert.equal(fake.requests[0]?.headers['host'], new URL(fake.url).host);
      assert.equal(fake.requests[0]?.headers['content-length'], String(body.length));
    });

    it(`${dialect}: answers keep request ids and rate limits, and lose cookies, organisation and what we alone may say`, async () => {
      const kept = {
        'request-id': 'r1',
        'x-request-id': 'r2',
        'retry-after': '3',
        'x-ratelimit-remaining-tokens': '5',
        'anthropic-ratelimit-tokens-reset': 'soon',
        'openai-processing-ms': '7',
        'x-should-retry': 'true',
        'x-unknown': 'new',
      };
      const lost = {
        'set-cookie': ['a=1', 'b=2'],
        'openai-organization': 'org',
        'anthropic-organization-id': 'org',
        'openai-project': 'p',
        'access-control-allow-origin': '*',
        'cf-ray': '1',
        'x-gatehouse-attempts': '99',
        'x-gatehouse-key': 'forged',
        'strict-transport-security': 'max-age=1',
        'proxy-authenticate': 'Basic',
        'alt-svc': 'h3',
      };
      for (const stream of [false, true]) {
        for (const error of [undefined, { status: 429 }]) {
          forgetFailures(gateway);
          fake.script({ headers: { ...kept, ...lost }, ...(error && { error }) });
          const { headers, status } = await ask(gateway, dialect, stream);
          assert.equal(status, error?.status ?? 200);
          for (const [name, value] of Object.entries(kept)) assert.equal(headers[name], value, name);
          for (const name of Object.keys(lost).filter((each) => each !== 'x-gatehouse-attempts'))
            assert.equal(headers[name], undefined, `${name} passed`);
          const { id, model } = gateway.running.ledger.requests({ limit: 1 })[0] ?? assert.fail('nothing was booked');
          assert.deepEqual(Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-gatehouse-'))), {
            'x-gatehouse-request': id,
            'x-gatehouse-target': `fake/${model}`,
            'x-gatehouse-mode': 'relay',
            'x-gatehouse-attempts': '1',
          });
          assert.ok(!JSON.stringify(headers).includes('fake/key'), "a key id is nobody's business");
        }
      }
    });
  }

  it('a query passes without the token in it, in any spelling, and otherwise to the byte', async () => {
    const { headers } = WIRES['anthropic-messages'];
    for (const [asked, expected] of [
      ['?beta=true', '?beta=true'],
      [`?beta=true&key=${TOKEN}`, '?beta=true'],
      [`?%6b%65y=${TOKEN}&a=%20%2F+b&a=1`, '?a=%20%2F+b&a=1'],
      [`?key=${TOKEN}`, ''],
    ]) {
      await ask(gateway, 'anthropic-messages', false, { path: `/v1/messages${asked}`, headers });
      assert.equal(fake.requests.at(-1)?.path, `/v1/messages${expected}`);
    }
  });

  it('the version of Anthropic passes as it is, old and new', async () => {
    for (const version of ['2023-06-01', '2026-10-21']) {
      await ask(gateway, 'anthropic-messages', false, { headers: { 'anthropic-version': version } });
      assert.equal(fake.requests.at(-1)?.headers['anthropic-version'], version);
    }
  });

  it('a model name that no header may hold does not break the answer', async () => {
    fake.script({});
    const answer = await ask(gateway, 'openai-chat', false, { change: { model: 'modell-ä\r\nx-evil: 1\u4e2d' } });
    assert.deepEqual([answer.status, answer.headers['x-evil']], [200, undefined]);
    assert.equal(answer.headers['x-gatehouse-target'], 'fake/modell-???x-evil:?1?');
  });

  it('a key is shown as its provider wants it', async () => {
    for (const [auth, name, value] of [
      ['bearer', 'authorization', `Bearer ${KEY}`],
      ['api-key', 'api-key', KEY],
      ['x-api-key', 'x-api-key', KEY],
      ['cf-aig-authorization', 'cf-aig-authorization', `Bearer ${KEY}`],
      ['none', undefined, undefined],
    ] as const) {
      const other = await startGateway({ provider: fake.url, providerConfig: { auth } });
      await ask(other, 'openai-chat', false);
      const sent = pairs(fake.requests.at(-1)?.rawHeaders ?? []).filter(([header]) => /authorization|api-key/i.test(header));
      assert.deepEqual(sent, name === undefined ? [] : [[name, value]]);
      await other.close();
    }
  });

  it('an answer that is not read as JSON keeps its length and type', async () => {
    const answer = await ask(gateway, 'openai-chat', false);
    assert.deepEqual(
      [answer.headers['content-type'], answer.headers['content-length']],
      ['application/json', String(answer.body.length)],
    );
    const stream = await ask(gateway, 'openai-chat', true);
    assert.deepEqual(
      [stream.headers['content-type'], stream.headers['content-length']],
      ['text/event-stream; charset=utf-8', undefined],
    );
    assert.equal(http.STATUS_CODES[stream.status], 'OK');
  });
});
