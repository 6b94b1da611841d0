import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Slice, SliceResult } from './load-generator.ts';
import { requestBytes } from './scenarios.ts';
import type { Scenario } from './scenarios.ts';
import type { Server } from './servers.ts';

/** The process that asks. It ends with the channel to it, so none is left behind. */
export interface Generator {
  run(server: Server, scenario: Pick<Scenario, 'stream' | 'connections'>, length: SliceLength): Promise<SliceResult>;
  stop(): void;
}

/** Whichever comes first ends the slice. */
export interface SliceLength {
  readonly milliseconds?: number;
  readonly requests?: number;
  readonly warmUpMs?: number;
}

export function startGenerator(): Generator {
  const child = fork(join(import.meta.dirname, 'load-generator.ts'));
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the load generator ended with ${code}`)));
  // Also rejects after `stop`, when nobody waits any more.
  ended.catch(() => {});
  return {
    async run(server, { stream, connections }, { milliseconds = 600_000, requests = 1e9, warmUpMs = 0 }) {
      const request = requestBytes(`127.0.0.1:${server.port}`, server.token, stream).toString('latin1');
      const slice: Slice = { port: server.port, request, connections, milliseconds, requests, warmUpMs };
      child.send(slice);
      const [result] = (await Promise.race([once(child, 'message'), ended])) as [SliceResult];
      if (result.errors > 0)
        throw new Error(`${result.errors} of ${result.answers} answers were not whole: the figures would mean nothing`);
      return result;
    },
    stop: () => child.disconnect(),
  };
}
