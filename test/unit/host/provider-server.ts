import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Dialer } from '../../../src/core/server/dial.ts';
import { resolveProvider, type Provider } from '../../../src/core/providers/provider.ts';
import type { ProviderConfig } from '../../../src/core/config/schema.ts';

/** A provider's server on this machine, the real way out to it, and what it was asked. */
export interface ProviderServer {
  readonly dialer: Dialer;
  readonly asked: http.IncomingMessage[];
  readonly provider: (config: Omit<ProviderConfig, 'baseUrl'>, path?: string) => Provider;
  close(): Promise<void>;
}

export async function serveProvider(answer: http.RequestListener): Promise<ProviderServer> {
  const asked: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const dialer = new Dialer({ httpProxy: '', httpsProxy: '', noProxy: '', strictTls: true });
  return {
    dialer,
    asked,
    provider: (config, path = '') => resolveProvider('p', { ...config, baseUrl: `http://127.0.0.1:${port}${path}` }),
    async close() {
      await dialer.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function answering(status: number, body: unknown = {}): http.RequestListener {
  return (_request, response) => response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
}
