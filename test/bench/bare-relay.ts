// The floor: what a relay in Node costs that does nothing but relay. At most 30 lines.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';

const [origin = '', token = '', key = ''] = process.argv.slice(2);
const agent = new Agent({ connections: 256, pipelining: 1, keepAliveTimeout: 20_000 });

const server = http.createServer((request, response) => {
  if (request.headers.authorization !== `Bearer ${token}`) return void response.writeHead(401).end();
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { host: _, connection: __, 'content-length': ___, ...rest } = request.headers;
    const headers = { ...rest, authorization: `Bearer ${key}` };
    const call = { origin, path: request.url ?? '/', method: 'POST', headers, body: Buffer.concat(chunks) } as const;
    agent.dispatch(call, {
      onRequestStart() {},
      onResponseStart(_controller, status, { connection: _, 'transfer-encoding': __, ...answer }) {
        response.writeHead(status, answer);
      },
      onResponseData: (_controller, chunk) => void response.write(chunk),
      onResponseEnd: () => void response.end(),
      onResponseError: () => void response.destroy(),
    });
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ event: 'ready', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
});
