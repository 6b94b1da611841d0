import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { chunk, startOddUpstream } from '../gateway/odd-upstream.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { ask, forgetFailures, KEY, startGateway, TOKEN, WIRES } from '../support/gateway.ts';
import { sendRaw } from '../support/send-raw.ts';

/** Lines that end early, from the agent to the provider and back. */
describe('header injection', () => {
  it('no agent writes a header line of its own to the provider, and no key in a query goes on', async () => {
    const fake: FakeProvider = await startFakeProvider({ key: KEY });
    const gateway = await startGateway({ provider: fake.url });
    try {
      const body = JSON.stringify(WIRES['anthropic-messages'].body(false));
      const send = (lines: string, path = '/v1/messages'): Promise<string> =>
        sendRaw(
          gateway.port,
          `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${gateway.port}\r\nx-api-key: ${TOKEN}\r\nanthropic-version: 2023-06-01\r\ncontent-type: application/json\r\n${lines}connection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        );
      for (const lines of ['x-a: b\rx-evil: 1\r\n', 'x-a: b\u0000\r\n', 'x-a: b\u0008\r\n', 'x-a\u0000: b\r\n'])
        assert.match(await send(lines), /^HTTP\/1\.1 400 /, JSON.stringify(lines));
      assert.equal(fake.requests.length, 0, 'the provider was reached');
      const smuggled = [
        'connection: x-gone\r\nx-gone: 1\r\n',
        'proxy-connection: keep-alive\r\n',
        'authorization: Bearer users-own\r\n',
        'cookie: a=b\r\n',
        'openai-organization: org\r\n',
        'x-forwarded-host: evil.example\r\n',
        'x-gatehouse-target: evil/model\r\n',
        'host2: x\r\n',
      ].join('');
      assert.match(await send(smuggled, `/v1/messages?key=${TOKEN}&a=%0d%0ax-evil:1`), /^HTTP\/1\.1 200 /);
      const sent = fake.requests[0];
      const names = (sent?.rawHeaders ?? []).filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
      for (const name of [
        'x-gone',
        'proxy-connection',
        'authorization',
        'cookie',
        'openai-organization',
        'x-forwarded-host',
        'x-gatehouse-target',
        'x-evil',
      ])
        assert.ok(!names.includes(name), `${name} went on`);
      assert.equal(sent?.headers['host'], new URL(fake.url).host);
      assert.equal(sent?.path, '/v1/messages?a=%0d%0ax-evil:1');
      assert.ok(!JSON.stringify(sent?.rawHeaders).includes(TOKEN), 'the token went on');
    } finally {
      await gateway.close();
      await fake.close();
    }
  });

  it('no provider writes a header line, a cookie or a name of its account to the agent', async () => {
    const ok =
      '{"id":"x","type":"message","role":"assistant","model":"m","content":[],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}';
    const heads = [
      'x-a: b\rinjected: 1',
      'x-a: b\u0000injected: 1',
      'x-a: b\r\n injected: 1',
      'set-cookie: injected=1',
      'anthropic-organization-id: injected',
      'openai-organization: injected',
      'access-control-allow-origin: injected',
      'x-gatehouse-attempts: injected',
      'connection: x-hop\r\nx-hop: injected',
      'trailer: injected',
    ];
    let head = '';
    const odd = await startOddUpstream((socket) =>
      socket.end(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${head}\r\ntransfer-encoding: chunked\r\n\r\n${chunk(ok)}0\r\n\r\n`,
      ),
    );
    const gateway = await startGateway({ provider: odd.url });
    try {
      for (head of heads) {
        forgetFailures(gateway);
        const { headers, status } = await ask(gateway, 'anthropic-messages', false);
        assert.ok([200, 502].includes(status), `${JSON.stringify(head)}: ${status}`);
        for (const [name, value] of Object.entries(headers)) {
          assert.notEqual(name, 'injected', JSON.stringify(head));
          if (name !== 'x-a') assert.doesNotMatch(String(value), /injected/, JSON.stringify(head));
        }
      }
    } finally {
      await gateway.close();
      await odd.close();
    }
  });

  it('no redirect is followed, with or without a key', async () => {
    const elsewhere = await startOddUpstream((socket) => socket.end());
    const odd = await startOddUpstream((socket) =>
      socket.end(`HTTP/1.1 307 Temporary\r\nlocation: ${elsewhere.url}/v1/messages\r\ncontent-length: 0\r\n\r\n`),
    );
    const gateway = await startGateway({ provider: odd.url });
    try {
      const { status, headers } = await ask(gateway, 'anthropic-messages', false);
      assert.deepEqual([status, headers['location'], elsewhere.connections], [502, undefined, 0]);
    } finally {
      await gateway.close();
      await odd.close();
      await elsewhere.close();
    }
  });
});
