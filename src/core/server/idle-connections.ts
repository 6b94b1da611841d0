import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Far more than agents keep open between their requests. */
const MOST_IDLE = 1000;

interface IdleConnections {
  busy(socket: Socket): void;
  done(socket: Socket): void;
}

/**
 * Any program on this machine can open connections and say nothing. Of those on which no request runs only the latest are kept, so that
 * descriptors are left for agents; one that serves a request is never touched.
 */
export function boundIdleConnections(server: Server): IdleConnections {
  /** Requests may be sent ahead, several on one connection. */
  const running = new WeakMap<Socket, number>();
  /** The one that has been idle longest first. */
  const idle = new Set<Socket>();
  const add = (socket: Socket): void => {
    idle.delete(socket);
    idle.add(socket);
    if (idle.size <= MOST_IDLE) return;
    const [oldest] = idle;
    oldest?.destroy();
    if (oldest !== undefined) idle.delete(oldest);
  };
  server.on('connection', (socket: Socket) => {
    add(socket);
    socket.once('close', () => idle.delete(socket));
  });
  return {
    busy(socket) {
      running.set(socket, (running.get(socket) ?? 0) + 1);
      idle.delete(socket);
    },
    done(socket) {
      const left = (running.get(socket) ?? 1) - 1;
      running.set(socket, left);
      if (left === 0 && !socket.destroyed) add(socket);
    },
  };
}
