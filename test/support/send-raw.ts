import net from 'node:net';

/** Bytes as they are on a connection of their own; what came back until it closed, or two seconds of it. */
export function sendRaw(port: number, ...parts: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    let heard = '';
    const done = (): void => {
      socket.destroy();
      resolve(heard);
    };
    socket.setTimeout(2000, done);
    socket.on('data', (data) => (heard += data.toString()));
    socket.on('error', done);
    socket.on('close', done);
    for (const part of parts) socket.write(part);
  });
}
