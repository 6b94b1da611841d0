import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Upstream } from '../../../src/core/ports.ts';

/** Puts an in-process `Upstream` behind a loopback address, so that the official SDKs can speak to it. Not a gateway: nothing is checked. */
export async function serveUpstream(upstream: Upstream): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const call = upstream.send(
        {
          origin: 'http://demo.localhost',
          path: message.url ?? '/',
          method: message.method === 'GET' ? 'GET' : 'POST',
          headers: message.rawHeaders,
          body: message.method === 'GET' ? undefined : Buffer.concat(chunks),
          timeouts: { connect: 1000, firstByte: 1000, idle: 1000 },
        },
        {
          response: (status, headers) => {
            for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
            response.writeHead(status);
          },
          data: (chunk) => {
            if (!response.write(chunk)) call.pause();
          },
          end: () => response.end(),
          fail: () => response.destroy(),
        },
      );
      response.on('drain', () => call.resume());
      response.on('close', () => call.abort());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
