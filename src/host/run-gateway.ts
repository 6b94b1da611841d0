import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CarryMemory } from '../core/gateway/translate/carry-memory.ts';
import type { GatewayDeps } from '../core/gateway/deps.ts';
import { explainRoute, type Explanation, type RouteQuestion } from '../core/gateway/explain-route.ts';
import { ConversationIssuers } from '../core/gateway/translate/foreign-state.ts';
import type { AuditEvent } from '../core/ledger/audit/audit-event.ts';
import { auditKey } from '../core/ledger/audit/chain.ts';
import { resolveBudgets } from '../core/ledger/budgets/budget.ts';
import { newRequestIds } from '../core/ledger/ids.ts';
import { createPriceBook, type PriceBook } from '../core/ledger/price-book.ts';
import type { HostLedger } from '../core/ledger/records.ts';
import { openLedger } from '../core/ledger/store.ts';
import type { GatewayError } from '../core/ir/error.ts';
import type { Clock, Log, Random, Timers, Upstream } from '../core/ports.ts';
import { createDemoUpstream } from '../core/providers/demo/demo-upstream.ts';
import { Health } from '../core/routing/health/health-book.ts';
import { RefusedTokens } from '../core/routing/limits/refused-tokens.ts';
import { newRoutingState, type RoutingNews, type RoutingState } from '../core/routing/routing-state.ts';
import { buildSnapshot, type Snapshot, type SnapshotSource } from '../core/routing/snapshot.ts';
import { Dialer, type NetworkSettings } from '../core/server/dial.ts';
import { listen, type GatewayServer } from '../core/server/listen.ts';
import { logWithout } from './fault-text.ts';
import { HEALTH_FILE, keepHealth } from './health-file.ts';
import { pricesOf } from './prices-of.ts';
import { SnapshotHistory } from './snapshot-history.ts';
import { systemClock, systemRandom, systemTimers } from './system-ports.ts';

export const LEDGER_FILE = 'ledger.sqlite';

export interface GatewayOptions {
  readonly source: SnapshotSource;
  readonly network: NetworkSettings;
  readonly dataDir: string;
  /** 0 takes a free port; a taken port is replaced by a free one when `portIsWish`. */
  readonly port: number;
  readonly portIsWish: boolean;
  readonly workspace: string;
  /** What the audit log is hashed with; left out, nothing is recorded. */
  readonly auditKey?: string | undefined;
  readonly log: Log;
  /** The system's when left out; tests have a clock of their own. */
  readonly ports?: { readonly clock: Clock; readonly timers: Timers; readonly random: Random };
}

/** A gateway that listens. The composition root of both hosts: the worker thread and the command line. */
export interface RunningGateway {
  readonly server: GatewayServer;
  readonly ledger: HostLedger;
  readonly priceBook: PriceBook;
  readonly snapshot: () => Snapshot;
  readonly upstream: Upstream;
  readonly routing: RoutingState;
  /** Called for what a person should hear of. */
  onNews(listener: (news: RoutingNews) => void): void;
  /** Where a request would go now, and why. Asks nobody and changes nothing. */
  explain(question: RouteQuestion): Explanation | GatewayError;
  /** Takes effect for requests that begin from now on. */
  swap(source: SnapshotSource): void;
  close(patienceMs: number): Promise<void>;
}

export async function runGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { workspace } = options;
  const log = logWithout(() => snapshot.keys.map(({ secret }) => secret.reveal()), options.log);
  const { clock, timers, random } = options.ports ?? { clock: systemClock, timers: systemTimers, random: systemRandom };
  let snapshot = buildSnapshot(options.source);
  const priceBook = createPriceBook();
  const dialer = new Dialer(options.network);
  const demo = createDemoUpstream();

  const price = pricesOf(priceBook);
  const history = new SnapshotHistory(snapshot, clock);
  const ledger = openLedger({
    file: path.join(options.dataDir, LEDGER_FILE),
    price: (request, usage) => price(history.at(request.at), request, usage, request.at),
    clock,
    auditKey: options.auditKey === undefined ? undefined : auditKey(options.auditKey),
    log,
  });
  const newId = newRequestIds(clock, random);
  const audit = (event: AuditEvent): void => void ledger.audit.append({ id: newId(), at: clock.now(), actor: 'gateway', event });
  const listeners: ((news: RoutingNews) => void)[] = [];
  const tell = (news: RoutingNews): void => {
    for (const listener of listeners) listener(news);
  };
  const { budgets } = ledger;
  budgets.configure(resolveBudgets(options.source.config.budgets));
  ledger.onSettled((settled) => {
    for (const news of budgets.newsFor(settled)) tell({ kind: 'budget', news });
  });
  const health = new Health(clock, (place) => tell({ kind: 'health', place }));
  const saved = keepHealth(path.join(options.dataDir, HEALTH_FILE), health, clock, log);
  const routing = newRoutingState(clock, timers, health);
  listeners.push((news) => {
    if (news.kind === 'health') saved.changed();
  });

  const refusedTokens = new RefusedTokens(clock, timers, {
    sum: (requests) => audit({ kind: 'token-refused', requests }),
    burst: () => tell({ kind: 'tokens-refused' }),
  });

  const deps: GatewayDeps = {
    snapshot: () => snapshot,
    upstreamFor: (kind) => (kind === 'demo' ? demo : dialer),
    ledger,
    budgets,
    carries: new CarryMemory(),
    issuers: new ConversationIssuers(),
    routing,
    refusedTokens,
    audit,
    tell,
    price: ({ provider, model }, usage, at, agent) => price(snapshot, { provider: provider.id, model, agent }, usage, at),
    newId,
    workspace,
    clock,
    timers,
    random,
    log,
  };
  let server: GatewayServer;
  try {
    server = await listenOn(deps, { ...options, log });
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
    routing,
    onNews: (listener) => void listeners.push(listener),
    explain: (question) => explainRoute({ ...deps, budgets }, question),
    swap(source) {
      const before = snapshot;
      snapshot = buildSnapshot(source);
      history.swapped(snapshot);
      budgets.configure(resolveBudgets(source.config.budgets));
      for (const key of snapshot.keys) {
        const old = before.keys.find(({ id }) => id === key.id);
        if (old === undefined || !old.secret.equals(key.secret)) routing.health.forgive(key.id);
      }
    },
    async close(patienceMs) {
      await server.close(patienceMs);
      await dialer.close();
      refusedTokens.close();
      ledger.close();
      saved.close();
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
