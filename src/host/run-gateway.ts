import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CarryMemory } from '../core/gateway/translate/carry-memory.ts';
import type { GatewayDeps } from '../core/gateway/deps.ts';
import { ConversationIssuers } from '../core/gateway/translate/foreign-state.ts';
import { newRequestIds } from '../core/ledger/ids.ts';
import { createPriceBook, type PriceBook } from '../core/ledger/price-book.ts';
import type { Ledger, OpenedRequest } from '../core/ledger/records.ts';
import { openLedger } from '../core/ledger/store.ts';
import type { Usage } from '../core/ir/usage.ts';
import type { Log, Upstream } from '../core/ports.ts';
import { createDemoUpstream } from '../core/providers/demo/demo-upstream.ts';
import { buildSnapshot, type Snapshot, type SnapshotSource } from '../core/routing/snapshot.ts';
import { Dialer, type NetworkSettings } from '../core/server/dial.ts';
import { listen, type GatewayServer } from '../core/server/listen.ts';
import { systemClock, systemRandom } from './system-ports.ts';

export const LEDGER_FILE = 'ledger.sqlite';

export interface GatewayOptions {
  readonly source: SnapshotSource;
  readonly network: NetworkSettings;
  readonly dataDir: string;
  /** 0 takes a free port; a taken port is replaced by a free one when `portIsWish`. */
  readonly port: number;
  readonly portIsWish: boolean;
  readonly workspace: string;
  readonly log: Log;
}

/** A gateway that listens. The composition root of both hosts: the worker thread and the command line. */
export interface RunningGateway {
  readonly server: GatewayServer;
  readonly ledger: Ledger;
  readonly priceBook: PriceBook;
  readonly snapshot: () => Snapshot;
  readonly upstream: Upstream;
  /** Takes effect for requests that begin from now on. */
  swap(source: SnapshotSource): void;
  close(patienceMs: number): Promise<void>;
}

export async function runGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { log, workspace } = options;
  let snapshot = buildSnapshot(options.source);
  const priceBook = createPriceBook();
  const dialer = new Dialer(options.network);
  const demo = createDemoUpstream();

  const price = (request: OpenedRequest, usage: Usage): number | undefined => {
    const provider = snapshot.providers.get(request.provider);
    return priceBook.cost({
      priceProvider: provider?.priceProvider,
      model: request.model,
      usage,
      at: request.at,
      overrides: provider?.prices ?? {},
      free: provider?.free ?? false,
    })?.nano;
  };
  const ledger = openLedger({ file: path.join(options.dataDir, LEDGER_FILE), price, clock: systemClock, log });

  const deps: GatewayDeps = {
    snapshot: () => snapshot,
    upstreamFor: (kind) => (kind === 'demo' ? demo : dialer),
    ledger,
    carries: new CarryMemory(),
    issuers: new ConversationIssuers(),
    newId: newRequestIds(systemClock, systemRandom),
    workspace,
    clock: systemClock,
    random: systemRandom,
    log,
  };
  let server: GatewayServer;
  try {
    server = await listenOn(deps, options);
  } catch (error) {
    ledger.close();
    throw error;
  }

  return {
    server,
    ledger,
    priceBook,
    snapshot: () => snapshot,
    upstream: dialer,
    swap(source) {
      snapshot = buildSnapshot(source);
    },
    async close(patienceMs) {
      await server.close(patienceMs);
      await dialer.close();
      ledger.close();
    },
  };
}

/** After a window is reloaded its former gateway may hold the port for a moment longer. */
const PORT_ATTEMPTS = 8;
const PORT_PAUSE_MS = 250;

/** A workspace keeps its port as long as nobody else has taken it meanwhile. */
async function listenOn(deps: GatewayDeps, { port, portIsWish, log }: GatewayOptions): Promise<GatewayServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await listen(deps, port);
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!taken || !portIsWish || port === 0) throw error;
      if (attempt === PORT_ATTEMPTS) break;
      await delay(PORT_PAUSE_MS);
    }
  }
  log.warn('the port of this workspace is taken, another one is used', { port });
  return listen(deps, 0);
}
