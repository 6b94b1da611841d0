import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerError } from '../gateway/answer-error.ts';
import type { GatewayDeps } from '../gateway/deps.ts';
import { handle } from '../gateway/handle.ts';
import { DIALECTS } from '../dialects/by-id.ts';
import { findEndpoint } from '../dialects/endpoints.ts';
import { gatewayError } from '../ir/error.ts';
import { admissionFault } from './admission.ts';
import { boundIdleConnections } from './idle-connections.ts';
import { nodeExchange } from './node-exchange.ts';

export interface GatewayServer {
  readonly port: number;
  readonly url: string;
  /** Requests that are being served now. */
  readonly running: number;
  /** Takes no new requests, lets the running ones finish for up to `patienceMs`, then cuts them. */
  close(patienceMs: number): Promise<void>;
}

const MAX_HEADER_BYTES = 64 * 1024;

/** How slow an agent may be, in milliseconds. Tests are in more of a hurry. */
export interface ServerPatience {
  /** For all headers. Said outright: with no limit on the request as a whole, Node would set none on its headers either. */
  readonly headers: number;
  /** Silence in the middle of a body. */
  readonly body: number;
}

const PATIENCE: ServerPatience = { headers: 30_000, body: 60_000 };

/** Opens the gateway on 127.0.0.1 and nowhere else. Rejects when the port is taken. */
export async function listen(deps: GatewayDeps, port: number, patience = PATIENCE): Promise<GatewayServer> {
  let running = 0;
  let closing = false;

  const server = http.createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: patience.headers,
    connectionsCheckingInterval: patience.headers / 6,
    keepAliveTimeout: 65_000,
    requestTimeout: 0,
    noDelay: true,
    // Other clients offer HTTP/2 this way on a plain POST (Java's does) and mean the POST.
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
  });
  // By default what comes after 2000 headers is dropped, an Origin as well. Their size is bounded.
  server.maxHeadersCount = 0;
  const idle = boundIdleConnections(server);
  server.on('request', (request, response) => {
    running++;
    idle.busy(request.socket);
    response.once('close', () => {
      running--;
      idle.done(request.socket);
      // A connection that has served its last request would hold the close for as long as it is kept alive.
      if (closing) setImmediate(() => server.closeIdleConnections());
    });
    serve(request, response);
  });
  // Codex tries a websocket first: 426 makes it fall back to POST at once, 404 costs it seven tries.
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => socket.destroy());
    socket.end('HTTP/1.1 426 Upgrade Required\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    else socket.destroy();
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const bound = (server.address() as AddressInfo).port;

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const fault = admissionFault(request.headers.host, request.headers.origin, bound);
    if (fault !== undefined) return plain(response, 403, fault);
    const path = (request.url ?? '/').replace(/\?.*$/s, '');
    if (path === '/healthz') return plain(response, 200, 'ok');
    // Probes that Claude Code sends without a token before it begins.
    if (request.method === 'HEAD' && (path === '/' || path === '/api/hello')) return plain(response, 200, '');
    const exchange = nodeExchange(request, response, patience.body);
    if (closing) {
      const { dialect } = findEndpoint(exchange.method, exchange.target, exchange.headers);
      response.setHeader('connection', 'close');
      answerError(exchange.answer, DIALECTS[dialect], gatewayError('shutting-down', 'The gateway is restarting. Try again.'));
      return;
    }
    handle(deps, exchange).catch((error: unknown) => {
      deps.log.error('a request failed inside the gateway', {
        error: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown',
      });
      if (response.headersSent) response.destroy();
      else plain(response, 500, 'The gateway failed on this request. Its log says more.');
    });
  }

  return {
    port: bound,
    url: `http://127.0.0.1:${bound}`,
    get running() {
      return running;
    },
    close(patienceMs) {
      closing = true;
      const { promise, resolve } = Promise.withResolvers<void>();
      const cut = setTimeout(() => server.closeAllConnections(), patienceMs);
      server.close(() => {
        clearTimeout(cut);
        resolve();
      });
      server.closeIdleConnections();
      return promise;
    },
  };
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-length': String(Buffer.byteLength(text)) });
  response.end(text);
}
