import assert from 'node:assert/strict';
import net from 'node:net';
import os from 'node:os';
import { describe, it } from 'mocha';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { ask, jsonOf, KEY, send, startGateway, type TestGateway, TOKEN, WIRES } from '../support/gateway.ts';
import { sendRaw } from '../support/send-raw.ts';

/** What is let in, and how the others are told. How it is attacked: `test/attacks/`. */
describe('the door', () => {
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

  it('what only looks like a browser is served: Node clients send these too', async () => {
    const headers = {
      'sec-fetch-mode': 'cors',
      'sec-fetch-site': 'cross-site',
      'accept-language': '*',
      'anthropic-dangerous-direct-browser-access': 'true',
    };
    assert.equal((await ask(gateway, 'anthropic-messages', false, { headers })).status, 200);
  });

  it('unknown paths and methods are 404 and 405 in the dialect of the path', async () => {
    const cases: readonly (readonly [
      string,
      string,
      number,
      (error: Record<string, unknown>, body: Record<string, unknown>) => boolean,
    ])[] = [
      ['POST', '/v1/messages/batches', 404, (error, body) => body['type'] === 'error' && error['type'] === 'not_found_error'],
      ['POST', '/v1/responses/x/cancel', 404, (error) => error['code'] === 'not_found'],
      ['POST', '/v1/chat/nothing', 404, (error) => error['code'] === 'not_found'],
      ['POST', '/v1beta/models/m:tuneModel', 404, (error) => error['status'] === 'NOT_FOUND' && error['code'] === 404],
      ['GET', '/favicon.ico', 404, (error) => error['code'] === 'not_found'],
      ['GET', '/', 404, (error) => error['code'] === 'not_found'],
      ['GET', '/v1/messages', 405, (error) => error['type'] === 'invalid_request_error'],
      ['DELETE', '/v1/responses', 405, (error) => error['code'] === 'method_not_allowed'],
      ['PUT', '/v1/chat/completions', 405, (error) => error['code'] === 'method_not_allowed'],
      ['GET', '/v1beta/models/m:generateContent', 405, (error) => error['code'] === 405],
      ['POST', '/v1/models', 405, (error) => error['code'] === 'method_not_allowed'],
    ];
    for (const [method, path, status, fits] of cases) {
      const answer = await send(gateway.url, {
        method,
        path,
        headers: { authorization: `Bearer ${TOKEN}` },
        ...(method === 'POST' ? { body: {} } : {}),
      });
      const body = jsonOf(answer);
      assert.equal(answer.status, status, path);
      assert.ok(fits(body.error, body), `${path}: ${answer.text}`);
      if (status === 405) assert.ok(answer.headers['allow']);
    }
    untouched();
  });

  it('doubled slashes are read as one, as some SDKs write them', async () => {
    const doubled = await send(gateway.url, {
      path: '//v1//messages/?beta=true',
      headers: WIRES['anthropic-messages'].headers,
      body: WIRES['anthropic-messages'].body(false),
    });
    assert.deepEqual([doubled.status, fake.requests[0]?.path], [200, '/v1/messages?beta=true']);
  });

  it('some kilobytes of metadata in a header, as agents send them, are served', async () => {
    const answer = await send(gateway.url, {
      path: '/v1/messages',
      headers: { ...WIRES['anthropic-messages'].headers, 'x-codex-turn-metadata': 'm'.repeat(12_000) },
      body: WIRES['anthropic-messages'].body(false),
    });
    assert.equal(answer.status, 200);
  });

  it('a websocket is answered 426 at once; an offer of HTTP/2 is a plain request', async () => {
    const started = performance.now();
    const answer = await wire(
      `GET /v1/responses HTTP/1.1\r\nhost: ${own()}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
    assert.match(answer, /^HTTP\/1\.1 426 /);
    assert.ok(performance.now() - started < 1000);
    const body = JSON.stringify(WIRES['anthropic-messages'].body(false));
    const plain = await wire(
      `POST /v1/messages HTTP/1.1\r\nhost: ${own()}\r\nconnection: Upgrade, HTTP2-Settings, close\r\nupgrade: h2c\r\nhttp2-settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nx-api-key: ${TOKEN}\r\nanthropic-version: 2023-06-01\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    assert.match(plain, /^HTTP\/1\.1 200 /);
  });

  it('probes need no token and tell nothing', async () => {
    for (const [method, path] of [
      ['HEAD', '/'],
      ['HEAD', '/api/hello'],
      ['GET', '/healthz'],
      ['HEAD', '/healthz'],
    ] as const) {
      const answer = await send(gateway.url, { method, path });
      assert.deepEqual([answer.status, answer.text], [200, method === 'GET' ? 'ok' : ''], path);
    }
    assert.equal((await send(gateway.url, { method: 'HEAD', path: '/v1/models' })).status, 401);
  });

  it('what a proxy would say of the client is not believed and not handed on', async () => {
    const headers = {
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'for=10.0.0.1',
      'x-real-ip': '10.0.0.1',
      via: '1.1 x',
      'x-original-url': '/healthz',
    };
    assert.equal((await ask(gateway, 'openai-chat', false, { headers })).status, 200);
    const sent = Object.keys(fake.requests[0]?.headers ?? {});
    assert.deepEqual(
      sent.filter((name) => name.startsWith('x-forwarded') || ['forwarded', 'via', 'x-real-ip'].includes(name)),
      [],
    );
    assert.equal(
      (await send(gateway.url, { path: '/v1/messages', headers: { 'x-forwarded-for': '127.0.0.1' }, body: {} })).status,
      401,
    );
  });

  it('is open on 127.0.0.1 and nowhere else', async () => {
    const others = Object.values(os.networkInterfaces())
      .flat()
      .filter((each) => each !== undefined && each.address !== '127.0.0.1');
    for (const { address, scopeid } of [
      ...others.map((each) => ({ address: each!.address, scopeid: each!.scopeid })),
      { address: '127.0.0.2', scopeid: 0 },
    ]) {
      const host = scopeid ? `${address}%${scopeid}` : address;
      const outcome = await new Promise((resolve) => {
        const socket = net.connect({ host, port: gateway.port, timeout: 500 });
        socket
          .on('connect', () => resolve('open'))
          .on('error', () => resolve('closed'))
          .on('timeout', () => resolve('closed'));
        socket.on('close', () => socket.destroy());
      });
      assert.equal(outcome, 'closed', host);
    }
  });
});
