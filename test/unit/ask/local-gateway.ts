import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FakeProvider } from '../../support/fake-providers/server.ts';

export const TOKEN = 'local-token';
export const KEY = 'sk-real-key';

export interface LocalGateway {
  readonly url: string;
  close(): Promise<void>;
}

/** The least that a gateway does: takes the local token off, puts the key on, names request and target. Bytes pass. */
export async function localGateway(provider: FakeProvider): Promise<LocalGateway> {
  const server = createServer((incoming, outgoing) => {
    if (incoming.headers.authorization !== `Bearer ${TOKEN}`) {
      outgoing.writeHead(401, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify({ error: { message: 'This token is not known. Open a new terminal.' } }));
      return;
    }
    const { authorization: _, ...headers } = incoming.headers;
    const gemini = incoming.url?.startsWith('/v1beta/') === true;
    const upstream = request(new URL(incoming.url ?? '/', provider.url), {
      method: incoming.method,
      headers: { ...headers, ...(gemini ? { 'x-goog-api-key': KEY } : { authorization: `Bearer ${KEY}` }) },
    });
    upstream.on('response', (answer) => {
      const own = { 'x-gatehouse-request': 'req-1', 'x-gatehouse-target': 'fake/served' };
      outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...own });
      outgoing.flushHeaders();
      answer.on('error', () => outgoing.destroy());
      answer.pipe(outgoing);
    });
    upstream.on('error', () => outgoing.destroy());
    outgoing.on('close', () => upstream.destroy());
    incoming.pipe(upstream);
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
