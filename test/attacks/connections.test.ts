import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import net, { type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'mocha';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { ask, eventually, KEY, TOKEN } from '../support/gateway.ts';
import { startExactGateway } from '../gateway/exact-upstream.ts';

const MANY = 10_000;

function open(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', () => resolve(socket));
  });
}

describe('connections that cost nothing to open', function () {
  this.timeout(60_000);

  it(`${MANY} idle ones leave descriptors and a place for agents, end no request that runs, and give all back`, async function () {
    if (process.platform !== 'linux') this.skip();
    const fake: FakeProvider = await startFakeProvider({ key: KEY });
    const child: ChildProcess = fork(path.join(import.meta.dirname, '../gateway/gateway-apart.ts'), [fake.url]);
    const sockets: Socket[] = [];
    try {
      const [{ url }] = (await once(child, 'message')) as [{ url: string }];
      const port = Number(new URL(url).port);
      const descriptors = (): number => readdirSync(`/proc/${child.pid}/fd`).length;
      await ask({ url }, 'anthropic-messages', false);
      const before = descriptors();
      fake.script({ pieces: 40, delay: { betweenMs: 100 } });
      const running = ask({ url }, 'anthropic-messages', true);
      await eventually(
        () => fake.requests.length,
        (asked) => asked === 2,
      );
      for (let at = 0; at < MANY; at += 500) sockets.push(...(await Promise.all(Array.from({ length: 500 }, () => open(port)))));
      assert.equal(sockets.length, MANY);
      const most = await eventually(descriptors, (count) => count < before + 1100, 5000);
      assert.ok(most < before + 1100, `${most - before} descriptors are held`);
      const answer = await ask({ url }, 'openai-chat', false);
      assert.equal(answer.status, 200, 'an agent found no place');
      const whole = await running;
      assert.ok(whole.clean && whole.text.includes('message_stop'), 'a stream was cut for idle connections');
      assert.equal(fake.requests.length, 3, 'only agents reached the provider');
      for (const socket of sockets) socket.destroy();
      const after = await eventually(descriptors, (count) => count <= before + 4, 5000);
      assert.ok(after <= before + 4, `${after - before} descriptors were not given back`);
    } finally {
      for (const socket of sockets) socket.destroy();
      child.disconnect();
      await once(child, 'exit');
      await fake.close();
    }
  });

  it('headers and bodies that drip are given up', async () => {
    const gateway = await startExactGateway({ patience: { headers: 300, body: 300 } });
    try {
      const port = Number(new URL(gateway.url).port);
      const dripping = async (start: string, drop: string): Promise<number> => {
        const socket = await open(port);
        const started = performance.now();
        socket.resume().write(start);
        const drip = setInterval(() => socket.write(drop), 50);
        await once(socket, 'close');
        clearInterval(drip);
        return performance.now() - started;
      };
      const host = `host: 127.0.0.1:${port}\r\n`;
      assert.ok((await dripping(`POST /v1/messages HTTP/1.1\r\n${host}`, 'x: 1\r\n')) < 3000);
      assert.ok((await dripping('GE', 'E')) < 3000);
      const silent = await open(port);
      silent.resume().write(`POST /v1/messages HTTP/1.1\r\n${host}x-api-key: ${TOKEN}\r\ncontent-length: 100\r\n\r\n{"a`);
      await Promise.race([once(silent, 'close'), sleep(5000).then(() => assert.fail('a silent body is waited for'))]);
    } finally {
      await gateway.close();
    }
  });
});
