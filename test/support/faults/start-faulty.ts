import { type AddressInfo, connect, createServer } from 'node:net';
import type { DialectId } from '../../../src/core/ir/dialect.ts';
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from '../fake-providers/server.ts';
import type { Fault } from './fault.ts';

export interface FaultyProvider {
  readonly url: string;
  /** Undefined where nobody listens. */
  readonly fake: FakeProvider | undefined;
  close(): Promise<void>;
}

/** A fake provider in which the fault happens: to its first request or requests, and then all is well. */
export async function startFaulty(
  fault: Fault,
  dialect: DialectId,
  stream: boolean,
  options: Omit<FakeProviderOptions, 'dialect' | 'dialects' | 'script'>,
): Promise<FaultyProvider> {
  const steps = fault.steps(dialect, stream);
  if (steps === 'refuse-connections') return { ...(await nowhere()), fake: undefined };
  const fake = await startFakeProvider({ ...options, dialect, script: steps });
  return { url: fake.url, fake, close: () => fake.close() };
}

/**
 * An address that refuses connections. A port that was merely closed may be somebody else's a moment later; this one is taken by the
 * near end of a connection, at which nobody listens.
 */
async function nowhere(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((peer) => void peer.on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  return {
    url: `http://127.0.0.1:${socket.localPort}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      socket.destroy();
      await closed;
    },
  };
}
