import { fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { HeldKey } from '../../src/core/routing/snapshot.ts';
import { sourceOf, startWatched } from './watched-gateway.ts';

/** What a gateway's process holds. */
export interface Held {
  /** Bytes after a full collection: heap, and what it holds outside. */
  readonly bytes: number;
  /** What keeps the event loop alive, by kind. */
  readonly resources: Readonly<Record<string, number>>;
  /** All files and sockets, also those that would let the process end. 0 where the system does not tell. */
  readonly descriptors: number;
  /** Timers of the pipeline. */
  readonly timers: number;
  readonly requests: number;
  /** Each scope with limits: who runs there, and who waits. */
  readonly limits: Readonly<Record<string, readonly [running: number, waiting: number]>>;
  /** Requests that work at any place. */
  readonly atPlaces: number;
  /** Places whose probe is out. */
  readonly probes: number;
  /** Rows by how they were settled. */
  readonly rows: Readonly<Record<string, number>>;
  readonly distinctIds: number;
  /** Rows that were begun. */
  readonly opened: number;
}

export interface ApartConfig {
  readonly config: Readonly<Record<string, unknown>>;
  readonly keys: readonly HeldKey[];
}

export interface GatewayApart {
  readonly url: string;
  held(): Promise<Held>;
  close(): Promise<void>;
}

/** A gateway in a process of its own, so that what it holds can be counted. */
export async function startApart(config: ApartConfig): Promise<GatewayApart> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(config)], { execArgv: ['--expose-gc'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const next = (): Promise<any> =>
    Promise.race([
      new Promise((resolve) => child.once('message', resolve)),
      exited.then(() => Promise.reject(new Error('the gateway ended'))),
    ]);
  const { url } = await next();
  return {
    url,
    held() {
      const answer = next();
      child.send('held');
      return answer;
    },
    async close() {
      child.disconnect();
      await exited;
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run(JSON.parse(process.argv[2] ?? '') as ApartConfig);

async function run({ config, keys }: ApartConfig): Promise<void> {
  const gateway = await startWatched(sourceOf(config, keys));
  const { ledger, routing, server } = gateway.running;
  const scopes = [
    ...Object.keys(config['agents'] as object).map((agent) => `agent/${agent}`),
    ...keys.map(({ id }) => `key/${id}`),
  ];
  let opened = 0;
  const open = ledger.open.bind(ledger);
  ledger.open = (request) => {
    opened += 1;
    return open(request);
  };
  const held = async (): Promise<Held> => {
    const rows = ledger.requests({ limit: 1_000_000 });
    const bySettled = Object.groupBy(rows, ({ settled }) => settled);
    const counts = Object.fromEntries(Object.entries(bySettled).map(([settled, some]) => [settled, some.length]));
    const distinctIds = new Set(rows.map(({ id }) => id)).size;
    const places = routing.health.all();
    rows.length = 0;
    for (const settled of Object.keys(bySettled)) delete bySettled[settled as never];
    // What a first collection finalises, a second one frees.
    for (let at = 0; at < 3; at++) {
      globalThis.gc?.();
      await turn();
    }
    const { heapUsed, external } = process.memoryUsage();
    // An immediate is over before anybody could call it left behind.
    const lasting = process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate');
    const resources = Object.groupBy(lasting, (kind) => kind);
    return {
      bytes: heapUsed + external,
      resources: Object.fromEntries(Object.entries(resources).map(([kind, some]) => [kind, some?.length ?? 0])),
      descriptors: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
      timers: gateway.timers().length,
      requests: server.running,
      limits: Object.fromEntries(
        scopes.map((scope) => [scope, [routing.limiter.usage(scope).running, routing.limiter.usage(scope).waiting]]),
      ),
      atPlaces: places.reduce((sum, { provider, model, key }) => sum + routing.running.at({ provider, model, key }), 0),
      probes: places.filter(({ state, until }) => state === 'half-open' && until !== undefined).length,
      rows: counts,
      distinctIds,
      opened,
    };
  };
  process.on('message', () => void held().then((answer) => process.send?.(answer)));
  process.on('disconnect', () => void gateway.close().then(() => process.exit()));
  process.send?.({ url: gateway.url });
}
