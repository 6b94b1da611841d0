import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** For programs that cannot choose one themselves and say which. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves once something accepts connections there. */
export async function listening(port: number, patienceMs = 5_000): Promise<void> {
  const until = performance.now() + patienceMs;
  while (!(await accepts(port))) {
    if (performance.now() > until) throw new Error(`nothing listens on port ${port}`);
    await delay(10);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
    socket.unref().setTimeout(1_000, () => socket.destroy());
    socket.on('connect', () => socket.destroy());
  });
}
