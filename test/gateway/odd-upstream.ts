import net, { type AddressInfo, type Socket } from 'node:net';

export interface OddUpstream {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Connections so far. */
  readonly connections: number;
  /** What it was sent, all of it. */
  readonly heard: string;
  close(): Promise<void>;
}

/** A provider below HTTP: `answer` is called once a request's head and body are there, and may do to the socket what it likes. */
export async function startOddUpstream(answer: (socket: Socket, request: string) => void): Promise<OddUpstream> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let heard = '';
  const server = net.createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    let request = '';
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      request += chunk.toString('latin1');
      heard += chunk.toString('latin1');
      const head = request.indexOf('\r\n\r\n');
      if (head === -1) return;
      const length = Number(/content-length: (\d+)/i.exec(request)?.[1] ?? 0);
      if (request.length < head + 4 + length) return;
      const whole = request;
      request = '';
      answer(socket, whole);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    get heard() {
      return heard;
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** The head of an answer; the body follows as chunks, or until the connection ends. */
export const head = (status: string, headers: Readonly<Record<string, string>> = {}): string =>
  `HTTP/1.1 ${status}\r\n${Object.entries({ 'content-type': 'text/event-stream', ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

export const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
