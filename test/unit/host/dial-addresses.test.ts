import assert from 'node:assert/strict';
import dns from 'node:dns';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'mocha';
import type { UpstreamFailure } from '../../../src/core/ports.ts';
import { Dialer } from '../../../src/core/server/dial.ts';

const TIMEOUTS = { connect: 2000, firstByte: 2000, idle: 2000 };

describe('where a connection may lead', () => {
  const lookup = dns.lookup;
  let server: http.Server;
  let port: number;
  let served: number;
  let lookups: string[];
  let dialer: Dialer;
  beforeEach(async () => {
    served = 0;
    lookups = [];
    server = http.createServer((_request, response) => {
      served++;
      response.end('here');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
    dialer = new Dialer({ httpProxy: '', httpsProxy: '', noProxy: '', strictTls: true });
  });
  afterEach(async () => {
    dns.lookup = lookup;
    await dialer.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  /** What the resolver says, one list for each question; the last one stays. */
  function resolver(...answers: readonly (readonly string[])[]): void {
    const left = [...answers];
    dns.lookup = ((name: string, _options: unknown, callback: (error: null, all: unknown) => void) => {
      lookups.push(name);
      const addresses = (left.length > 1 ? left.shift() : left[0]) ?? [];
      setImmediate(() =>
        callback(
          null,
          addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        ),
      );
    }) as typeof dns.lookup;
  }

  function reach(origin: string, local: boolean): Promise<UpstreamFailure | 'served'> {
    return new Promise((resolve) => {
      dialer.send(
        { origin, local, path: '/', method: 'GET', headers: ['authorization', 'Bearer k'], body: undefined, timeouts: TIMEOUTS },
        { response() {}, data() {}, end: () => resolve('served'), fail: resolve },
      );
    });
  }

  for (const local of [false, true]) {
    for (const address of ['169.254.169.254', 'fd00:ec2::254', '0.0.0.0', '::', 'fe80::1', '224.0.0.1', '::ffff:169.254.169.254']) {
      it(`never to ${address}, ${local ? 'also for a local provider' : 'by a name'}`, async () => {
        resolver([address]);
        for (const scheme of ['http', 'https'])
          assert.equal(await reach(`${scheme}://inner.example:${port}`, local), 'forbidden-address');
        const literal = address.includes(':') ? `[${address}]` : address;
        assert.equal(await reach(`https://${literal}:${port}`, local), 'forbidden-address');
        assert.equal(served, 0);
      });
    }
  }

  for (const address of [
    '127.0.0.1',
    '10.0.0.1',
    '192.168.0.1',
    '100.64.0.1',
    '::1',
    'fd12::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
  ]) {
    it(`to ${address} only for a local provider`, async () => {
      resolver([address]);
      assert.equal(await reach(`https://llm.corp.example:${port}`, false), 'private-address');
      assert.equal(await reach(`http://llm.corp.example:${port}`, false), 'private-address');
      assert.equal(served, 0);
    });
  }

  it('to this machine for a local one, by address and by name', async () => {
    resolver(['127.0.0.1']);
    assert.equal(await reach(`http://127.0.0.1:${port}`, true), 'served');
    assert.equal(await reach(`http://llm.corp.example:${port}`, true), 'served');
    for (const url of ['http://2130706433', 'http://0x7f.1', 'http://017700000001']) {
      assert.equal(await reach(`${new URL(url).origin}:${port}`, false), 'private-address', url);
    }
    assert.equal(served, 2);
  });

  it('in clear never to a public address, whatever the name says', async () => {
    resolver(['8.8.8.8']);
    assert.equal(await reach(`http://x.localhost:${port}`, true), 'forbidden-address');
  });

  it('of several addresses to those that are allowed', async () => {
    resolver(['169.254.169.254', '127.0.0.1', '8.8.8.8']);
    assert.equal(await reach(`http://llm.corp.example:${port}`, true), 'served');
    assert.equal(await reach(`http://llm.corp.example:${port}`, false), 'forbidden-address');
    assert.equal(served, 1);
  });

  it('is judged by the very addresses that are dialled, at every connection and not once for a name', async () => {
    resolver(['127.0.0.1'], ['169.254.169.254']);
    assert.equal(await reach(`http://llm.corp.example:${port}`, true), 'served');
    server.closeAllConnections();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(await reach(`http://llm.corp.example:${port}`, true), 'forbidden-address');
    assert.deepEqual([served, lookups.length], [1, 2]);
  });

  it('is not asked again for a connection that is kept', async () => {
    resolver(['127.0.0.1'], ['169.254.169.254']);
    for (let n = 0; n < 5; n++) {
      assert.equal(await reach(`http://llm.corp.example:${port}`, true), 'served');
      // The connection is free again a turn after its answer has ended.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.deepEqual([served, lookups.length], [5, 1]);
  });

  it('lends no connection of a local provider to another', async () => {
    resolver(['127.0.0.1']);
    assert.equal(await reach(`http://llm.corp.example:${port}`, true), 'served');
    assert.equal(await reach(`http://llm.corp.example:${port}`, false), 'private-address');
    assert.equal(served, 1);
  });
});
