import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'mocha';
import { networkFromEnvironment } from '../../src/host/network-settings.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { ask, errorMessage, eventually, KEY, startGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';

const OPENSSL = 'openssl';

interface Proxy {
  readonly port: number;
  /** Hosts that it was asked for. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** Takes CONNECT, and plain requests by absolute address, and leads all of them to one place. */
async function startProxy(to: () => number, refusal?: string): Promise<Proxy> {
  const asked: string[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', (first) => {
      const [method, target = ''] = first.toString('latin1').split(' ');
      asked.push(target);
      if (refusal !== undefined) return socket.end(`HTTP/1.1 ${refusal}\r\ncontent-length: 0\r\n\r\n`);
      const onward = net.connect(to(), '127.0.0.1');
      sockets.add(onward);
      onward.on('error', () => socket.destroy());
      socket.on('close', () => onward.destroy());
      if (method === 'CONNECT') socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      else onward.write(first.toString('latin1').replace(/ http:\/\/[^/]+/, ' '), 'latin1');
      socket.pipe(onward).pipe(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

describe('the way out', () => {
  let fake: FakeProvider;
  let secure: https.Server;
  let proxy: Proxy;
  let folder: string;
  const open: TestGateway[] = [];
  const start = async (options: Partial<TestGatewayOptions>): Promise<TestGateway> => {
    const gateway = await startGateway({ provider: fake.url, ...options });
    open.push(gateway);
    return gateway;
  };
  const securePort = () => (secure.address() as AddressInfo).port;

  before(async function () {
    folder = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-tls-'));
    const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=provider.test', '-addext', 'subjectAltName=DNS:provider.test,IP:127.0.0.1'];
    const options = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      cert,
    ];
    const { error } = spawnSync(OPENSSL, ['req', '-x509', ...options, ...subject], { stdio: 'ignore' });
    if (error) {
      console.warn('      skipped: no openssl here to make a certificate with');
      return this.skip();
    }
    fake = await startFakeProvider({ key: KEY });
    secure = https.createServer({ key: readFileSync(key), cert: readFileSync(cert) });
    // TLS in front of the fake provider.
    secure.on('request', (request, response) => {
      const { method, headers } = request;
      const onward = http.request(fake.url + request.url, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.destroy());
      request.pipe(onward);
    });
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(async () => {
    proxy = await startProxy(securePort);
  });
  afterEach(async () => {
    for (const gateway of open.splice(0)) await gateway.close();
    await proxy.close();
  });
  after(async () => {
    secure?.closeAllConnections();
    secure?.close();
    await fake?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('a certificate that nobody vouches for is refused in clear words, and costs nothing', async () => {
    const gateway = await start({ provider: `https://127.0.0.1:${securePort()}` });
    for (const stream of [false, true]) {
      const answer = await ask(gateway, 'anthropic-messages', stream);
      assert.equal(answer.status, 502);
      assert.match(errorMessage(answer), /certificate of 127\.0\.0\.1:\d+ \("fake"\) is not trusted/);
    }
    for (const row of await gateway.rows(2)) assert.deepEqual([row.settled, row.costNano], ['error', 0]);
  });

  it('strictTls off takes it', async () => {
    const gateway = await start({ provider: `https://127.0.0.1:${securePort()}`, network: { strictTls: false } });
    assert.equal((await ask(gateway, 'anthropic-messages', true)).status, 200);
  });

  it('a proxy is used for a provider elsewhere, however its address is written', async () => {
    for (const address of [`http://127.0.0.1:${proxy.port}`, `127.0.0.1:${proxy.port}`]) {
      const gateway = await start({ provider: 'https://provider.test', network: { httpsProxy: address, strictTls: false } });
      const count = proxy.asked.length;
      const answer = await ask(gateway, 'openai-chat', true);
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(proxy.asked.slice(count), ['provider.test:443'], 'the name is looked up by the proxy, not here');
    }
  });

  it('a telemetry collector elsewhere is reached the same way', async () => {
    const network = { httpsProxy: `http://127.0.0.1:${proxy.port}`, strictTls: false };
    const config = { telemetry: { endpoint: 'https://collector.test', metrics: false } };
    const gateway = await start({ provider: fake.url, network, config });
    assert.equal((await ask(gateway, 'openai-chat', false)).status, 200);
    await gateway.row();
    await gateway.close();
    assert.deepEqual(proxy.asked, ['collector.test:443']);
  });

  it('a provider on this machine is dialled directly, and so is what NO_PROXY names', async () => {
    const network = {
      httpProxy: `http://127.0.0.1:${proxy.port}`,
      httpsProxy: `http://127.0.0.1:${proxy.port}`,
      strictTls: false,
      noProxy: 'provider.test,.internal.test',
    };
    for (const provider of [fake.url, fake.url.replace('127.0.0.1', 'localhost'), `https://127.0.0.1:${securePort()}`]) {
      const gateway = await start({ provider, network });
      assert.equal((await ask(gateway, 'openai-chat', true)).status, 200, provider);
    }
    for (const provider of ['https://provider.test', 'https://deep.internal.test']) {
      const gateway = await start({ provider, network });
      const answer = await ask(gateway, 'openai-chat', true);
      assert.equal(answer.status, 502, 'there is no such host, and the proxy was not asked for it');
      assert.match(errorMessage(answer), /could not be found/);
    }
    assert.deepEqual(proxy.asked, []);
  });

  it('a proxy that refuses, is not there, or is no address is named as what is wrong', async () => {
    const strict = await startProxy(securePort, '407 Proxy Authentication Required');
    const gone = await startProxy(securePort);
    await gone.close();
    for (const address of [`http://127.0.0.1:${strict.port}`, 'http://[nonsense']) {
      const gateway = await start({ provider: 'https://provider.test', network: { httpsProxy: address } });
      for (const stream of [false, true]) {
        const answer = await ask(gateway, 'gemini', stream);
        assert.equal(answer.status, 502);
        assert.match(
          errorMessage(answer),
          /proxy refused the way to provider\.test \("fake"\)\. Check the setting http\.proxy/,
          address,
        );
      }
      for (const row of await gateway.rows(2)) assert.deepEqual([row.settled, row.costNano], ['error', 0]);
    }
    const gateway = await start({ provider: 'https://provider.test', network: { httpsProxy: `http://127.0.0.1:${gone.port}` } });
    assert.equal((await ask(gateway, 'gemini', false)).status, 502);
    await strict.close();
  });

  it('the key never reaches the proxy', async () => {
    const heard: Buffer[] = [];
    const spy = net.createServer((socket) => {
      const onward = net.connect(proxy.port, '127.0.0.1');
      socket.on('data', (data) => heard.push(data));
      socket.on('error', () => onward.destroy());
      onward.on('error', () => socket.destroy());
      socket.pipe(onward).pipe(socket);
    });
    await new Promise<void>((resolve) => spy.listen(0, '127.0.0.1', resolve));
    const gateway = await start({
      provider: 'https://provider.test',
      network: { httpsProxy: `http://127.0.0.1:${(spy.address() as AddressInfo).port}`, strictTls: false },
    });
    assert.equal((await ask(gateway, 'openai-chat', false)).status, 200);
    assert.ok(heard.length > 0 && !Buffer.concat(heard).includes(KEY));
    spy.close();
  });

  it('an agent that leaves while the proxy is still connecting frees everything', async () => {
    const deaf = net.createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    const gateway = await start({
      provider: 'https://provider.test',
      network: { httpsProxy: `http://127.0.0.1:${(deaf.address() as AddressInfo).port}` },
    });
    await assert.rejects(ask(gateway, 'openai-chat', true, { signal: AbortSignal.timeout(100) }));
    assert.equal((await gateway.row()).settled, 'aborted');
    assert.equal(
      await eventually(
        () => gateway.running.server.running,
        (running) => running === 0,
      ),
      0,
    );
    deaf.close();
  });

  it('the usual variables are read as curl reads them', () => {
    const read = (env: Record<string, string>) => networkFromEnvironment(env);
    assert.deepEqual(read({}), { httpProxy: '', httpsProxy: '', noProxy: '', strictTls: true });
    assert.equal(read({ HTTPS_PROXY: 'http://upper', https_proxy: 'http://lower' }).httpsProxy, 'http://lower');
    assert.deepEqual(read({ ALL_PROXY: 'http://all', http_proxy: 'http://one' }), {
      httpProxy: 'http://one',
      httpsProxy: 'http://all',
      noProxy: '',
      strictTls: true,
    });
    assert.equal(read({ NO_PROXY: 'a,b' }).noProxy, 'a,b');
  });
});
