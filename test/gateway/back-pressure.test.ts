import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'mocha';
import { DIALECT_IDS } from '../../src/core/ir/dialect.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { errorMessage, eventually, KEY, send, startGateway, type TestGateway, TOKEN, WIRES } from '../support/gateway.ts';
import { startOddUpstream } from './odd-upstream.ts';

const MB = 1024 * 1024;

/** A gateway in a process of its own, so that what it holds can be measured. */
async function gatewayApart(provider: string): Promise<{ url: string; residentMb(): Promise<number>; close(): Promise<void> }> {
  const child = fork(fileURLToPath(new URL('./gateway-apart.ts', import.meta.url)), [provider], { execArgv: ['--expose-gc'] });
  const next = () => new Promise<any>((resolve) => child.once('message', resolve));
  const { url } = await next();
  return {
    url,
    residentMb: async () => {
      const answer = next();
      child.send('memory');
      return Number(await answer) / MB;
    },
    close: async () => {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.disconnect();
      await exited;
    },
  };
}

describe('back-pressure', function () {
  this.timeout(30_000);

  it('an agent that does not read holds the provider up instead of filling the gateway', async () => {
    const piece = `data: {"choices":[{"delta":{"content":"${'x'.repeat(MB)}"},"index":0}]}\n\n`;
    let sent = 0;
    // A hundred megabytes, as fast as somebody takes them.
    const odd = await startOddUpstream((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n');
      const push = (): void => {
        while (sent < 100) {
          sent += 1;
          if (!socket.write(piece)) return void socket.once('drain', push);
        }
        socket.end('data: [DONE]\n\n');
      };
      push();
    });
    const gateway = await gatewayApart(odd.url);
    try {
      const before = await gateway.residentMb();
      const socket = net.connect(Number(new URL(gateway.url).port), '127.0.0.1');
      // Reading has to be asked for: until then the kernel's buffers are all there is.
      socket.pause();
      const body = JSON.stringify({ ...WIRES['openai-chat'].body(true), stream_options: { include_usage: true } });
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: ${new URL(gateway.url).host}\r\nauthorization: Bearer ${TOKEN}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
      );
      await eventually(
        () => sent,
        (count) => count > 1,
        5000,
      );
      await sleep(700);
      const stuck = sent;
      assert.ok(stuck < 30, `${stuck} MB were taken from the provider`);
      const grown = (await gateway.residentMb()) - before;
      assert.ok(grown < 40, `the gateway grew by ${Math.round(grown)} MB`);
      let got = 0;
      let tail = '';
      socket.on('data', (data) => {
        got += data.length;
        tail = (tail + data.toString('latin1')).slice(-100);
      });
      socket.resume();
      await new Promise((resolve) => socket.once('close', resolve));
      assert.ok(got > 100 * MB && tail.includes('[DONE]'), `${got} bytes came in the end`);
    } finally {
      await gateway.close();
      await odd.close();
    }
  });

  it('a provider that does not read holds the gateway to one copy of what it was sent', async () => {
    // Takes the head and then nothing for a while.
    const taken: net.Socket[] = [];
    const deaf = net.createServer((socket) => {
      taken.push(socket);
      socket.on('error', () => undefined);
      socket.pause();
    });
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    const gateway = await gatewayApart(`http://127.0.0.1:${(deaf.address() as net.AddressInfo).port}`);
    try {
      const before = await gateway.residentMb();
      const body = Buffer.from(JSON.stringify({ ...WIRES['openai-chat'].body(true), filler: 'x'.repeat(30 * MB) }));
      const request = http.request(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        agent: false,
        headers: { authorization: `Bearer ${TOKEN}`, 'content-length': body.length },
      });
      request.on('error', () => undefined);
      request.end(body);
      await eventually(
        () => taken.length,
        (count) => count === 1,
        5000,
      );
      await sleep(300);
      const grown = (await gateway.residentMb()) - before;
      // The chunks as they came, joined, and with stream_options spliced in; the first two are garbage by then.
      assert.ok(grown < 130, `the gateway grew by ${Math.round(grown)} MB`);
      request.destroy();
      await eventually(() => taken[0]?.destroyed, Boolean, 500);
    } finally {
      await gateway.close();
      for (const socket of taken) socket.destroy();
      deaf.close();
    }
  });
});

describe('large bodies', function () {
  this.timeout(30_000);
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

  it('of thirty megabytes pass whole', async () => {
    const content = 'ä'.repeat(15 * MB);
    const answer = await send(gateway.url, {
      path: '/v1/chat/completions',
      headers: WIRES['openai-chat'].headers,
      body: { model: 'm', messages: [{ role: 'user', content }] },
    });
    assert.equal(answer.status, 200);
    assert.ok((fake.requests.at(-1)?.raw.length ?? 0) > 30 * MB);
  });

  it('of thirty-three are refused in the dialect, with their length told or not, and the agent gets to read it', async () => {
    const count = fake.requests.length;
    const body = Buffer.from(JSON.stringify({ model: 'm', filler: 'x'.repeat(33 * MB) }));
    for (const dialect of DIALECT_IDS) {
      const { headers, path: at } = WIRES[dialect];
      const told = await send(gateway.url, { path: at(false), headers, body });
      assert.equal(told.status, 413);
      assert.match(errorMessage(told), /larger than 32 MB, the limit set by maxBodyMegabytes/);
      // Node's own fetch sends a stream without its length.
      const untold = await fetch(gateway.url + at(false), {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: new Blob([body]).stream(),
        duplex: 'half',
      });
      assert.equal(untold.status, 413, dialect);
      await untold.text();
    }
    assert.equal(fake.requests.length, count);
  });

  it('without a token are refused before they are read', async () => {
    const request = http.request(`${gateway.url}/v1/messages`, {
      method: 'POST',
      agent: false,
      headers: { 'content-length': 30 * MB },
    });
    request.on('error', () => undefined);
    const status = await new Promise((resolve) => {
      request.on('response', (response) => resolve(response.statusCode));
      request.write('{"model":');
    });
    assert.equal(status, 401);
    request.destroy();
  });
});
