import assert from 'node:assert/strict';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, it } from 'mocha';
import type { UpstreamFailure } from '../../../src/core/ports.ts';
import { Dialer, failureOf } from '../../../src/core/server/dial.ts';

function coded(code: string, cause?: unknown): Error {
  return Object.assign(new Error('connect 10.1.2.3:443', { cause }), { code });
}

describe('failureOf', () => {
  for (const [code, failure] of [
    ['ENOTFOUND', 'dns'],
    ['EAI_AGAIN', 'dns'],
    ['ECONNREFUSED', 'refused'],
    ['EHOSTUNREACH', 'unreachable'],
    ['ENETUNREACH', 'unreachable'],
    ['EADDRNOTAVAIL', 'unreachable'],
    ['ETIMEDOUT', 'connect-timeout'],
    ['UND_ERR_CONNECT_TIMEOUT', 'connect-timeout'],
    ['UND_ERR_HEADERS_TIMEOUT', 'first-byte-timeout'],
    ['UND_ERR_BODY_TIMEOUT', 'idle-timeout'],
    ['UND_ERR_PRX_TLS', 'proxy'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
    ['EPROTO', 'tls'],
    ['HPE_INVALID_CONSTANT', 'protocol'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'protocol'],
    ['UND_ERR_HEADERS_OVERFLOW', 'protocol'],
    ['ECONNRESET', 'reset'],
    ['EPIPE', 'reset'],
    ['UND_ERR_SOCKET', 'reset'],
    ['SOMETHING_NEW', 'reset'],
  ] as const) {
    it(`${code} is ${failure}`, () => assert.equal(failureOf(coded(code)), failure));
  }

  it('looks behind an error that says nothing itself', () => {
    assert.equal(failureOf(new TypeError('fetch failed', { cause: new Error('x', { cause: coded('ECONNREFUSED') }) })), 'refused');
  });

  it('reads the first of several addresses that were tried', () => {
    assert.equal(failureOf(new AggregateError([coded('ENETUNREACH'), coded('ECONNREFUSED')])), 'unreachable');
  });

  it('believes an error before its cause', () => assert.equal(failureOf(coded('UND_ERR_PRX_TLS', coded('EPROTO'))), 'proxy'));

  for (const [what, thrown] of [
    ['nothing', undefined],
    ['null', null],
    ['a text', 'boom'],
    ['no addresses at all', new AggregateError([])],
  ] as const) {
    it(`takes ${what} for a broken connection`, () => assert.equal(failureOf(thrown), 'reset'));
  }

  it('is not led in circles by causes, nor astray by codes that are no texts', () => {
    const a = new Error('a');
    const b = new Error('b', { cause: a });
    a.cause = b;
    assert.equal(failureOf(a), 'reset');
    assert.equal(failureOf(new DOMException('stopped', 'AbortError')), 'reset');
    assert.equal(failureOf(coded('constructor')), 'reset');
  });

  it('ends with an error that is its own cause', () => {
    const error = new Error('x');
    error.cause = error;
    assert.equal(failureOf(error), 'reset');
  });
});

describe('what really goes wrong', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function listening(server: net.Server): Promise<string> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function raw(onConnection: (socket: net.Socket) => void): Promise<string> {
    return listening(
      net.createServer((socket) => {
        closing.push(() => socket.destroy());
        socket.on('error', () => {});
        onConnection(socket);
      }),
    );
  }

  function failureAt(origin: string, proxy = '', timeouts = {}): Promise<UpstreamFailure | 'none'> {
    const dialer = new Dialer({ httpProxy: proxy, httpsProxy: proxy, noProxy: '', strictTls: true });
    closing.push(() => dialer.close());
    return new Promise((resolve) => {
      dialer.send(
        {
          origin,
          local: true,
          path: '/',
          method: 'GET',
          headers: [],
          body: undefined,
          timeouts: { connect: 2000, firstByte: 2000, idle: 2000, ...timeouts },
        },
        { response() {}, data() {}, end: () => resolve('none'), fail: resolve },
      );
    });
  }

  it('a port where nobody listens is refused', async () => {
    const server = net.createServer();
    const host = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    assert.equal(await failureAt(`http://${host}`), 'refused');
  });

  it('a name that cannot exist is dns', async () => assert.equal(await failureAt('http://gatehouse.invalid'), 'dns'));

  it('a connection closed before an answer is reset', async () => {
    const host = await raw((socket) => socket.once('data', () => socket.destroy()));
    assert.equal(await failureAt(`http://${host}`), 'reset');
  });

  it('something that does not speak HTTP is protocol', async () => {
    const host = await raw((socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n'));
    assert.equal(await failureAt(`http://${host}`), 'protocol');
  });

  it('plain HTTP where TLS was asked for is tls', async () => {
    const host = await raw((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    assert.equal(await failureAt(`https://${host}`), 'tls');
  });

  it('silence before the answer and silence within it are told apart', async () => {
    const silent = await raw(() => {});
    const stuck = await raw((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'));
    const short = { firstByte: 60, idle: 60 };
    assert.deepEqual(await Promise.all([failureAt(`http://${silent}`, '', short), failureAt(`http://${stuck}`, '', short)]), [
      'first-byte-timeout',
      'idle-timeout',
    ]);
  });

  it('a proxy that says no is proxy', async () => {
    const host = await listening(
      http.createServer().on('connect', (_request, socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')),
    );
    assert.equal(await failureAt('https://api.example.com', `http://${host}`), 'proxy');
  });
});
