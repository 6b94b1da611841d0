import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CarryMemory } from '../core/gateway/translate/carry-memory.ts';
import type { GatewayDeps } from '../core/gateway/deps.ts';
import { explainRoute, type Explanation, type RouteQuestion } from '../core/gateway/explain-route.ts';
import { RunningRequests } from '../core/gateway/running-requests.ts';
import { ConversationIssuers } from '../core/gateway/translate/foreign-state.ts';
import type { AuditEvent } from '../core/ledger/audit/audit-event.ts';
import type { AuditOptions } from '../core/ledger/audit/audit-log.ts';
import { auditSums } from '../core/ledger/audit/sums.ts';
import { budgetWords, resolveBudgets } from '../core/ledger/budgets/budget.ts';
import type { BudgetNews } from '../core/ledger/budgets/verdict.ts';
import { newRequestIds } from '../core/ledger/ids.ts';
import { usdString } from '../core/ledger/money.ts';
import { createPriceBook, type PriceBook } from '../core/ledger/price-book.ts';
import type { HostLedger } from '../core/ledger/records.ts';
import { retentionOf } from '../core/ledger/retention-of.ts';
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
import { keepPrices, type PriceKeeper } from './keep-prices.ts';
import { keepRetention } from './keep-retention.ts';
import { LEDGER_FILE } from './ledger-file.ts';
import { pricesOf } from './prices-of.ts';
import { sayOnce } from './say-once.ts';
import { SnapshotHistory } from './snapshot-history.ts';
import { systemClock, systemRandom, systemTimers } from './system-ports.ts';
import { TelemetryOutlet } from './telemetry/outlet.ts';
import { resolveTelemetry } from './telemetry/settings.ts';
import { watchAnomalies } from './watch-anomalies.ts';

export interface GatewayOptions {
  readonly source: SnapshotSource;
  readonly network: NetworkSettings;
  readonly dataDir: string;
  /** 0 takes a free port; a taken port is replaced by a free one when `portIsWish`. */
  readonly port: number;
  readonly portIsWish: boolean;
  readonly workspace: string;
  /** Left out: nothing is recorded in the audit log. */
  readonly audit?: AuditOptions | undefined;
  readonly log: Log;
  /** The system's when left out; tests have a clock of their own. */
  readonly ports?: { readonly clock: Clock; readonly timers: Timers; readonly random: Random };
}

/** A gateway that listens. The composition root of both hosts: the worker thread and the command line. */
export interface RunningGateway {
  readonly server: GatewayServer;
  readonly ledger: HostLedger;
  readonly priceBook: PriceBook;
  readonly prices: PriceKeeper;
  readonly snapshot: () => Snapshot;
  readonly upstream: Upstream;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly running: RunningRequests;
  /** What the pipeline works with, for a request that comes from nobody's socket. */
  readonly deps: GatewayDeps;
  readonly routing: RoutingState;
  /** Called for what a person should hear of. */
  onNews(listener: (news: RoutingNews) => void): void;
  /** Where a request would go now, and why. Asks nobody and changes nothing. */
  explain(question: RouteQuestion): Explanation | GatewayError;
  /** Takes effect for requests that begin from now on. */
  swap(source: SnapshotSource): void;
  /** At once, and before any swap: nobody is asked with the key any more. What is on its way with it goes on, unless it is aborted. */
  revoke(key: string, inFlight: 'finish' | 'abort'): void;
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

  const prices = keepPrices(options.dataDir, priceBook, clock, log);
  const price = pricesOf(priceBook);
  const history = new SnapshotHistory(snapshot, clock);
  const ledger = openLedger({
    file: path.join(options.dataDir, LEDGER_FILE),
    price: (request, usage) => price(history.at(request.at), request, usage, request.at),
    clock,
    audit: options.audit,
    log,
  });
  const newId = newRequestIds(clock, random);
  const sums = auditSums(
    clock,
    timers,
    (event) => void ledger.audit.append({ id: newId(), at: clock.now(), actor: 'gateway', event }),
  );
  ledger.audit.noteConfig(options.source.config);
  const listeners: ((news: RoutingNews) => void)[] = [];
  const tell = sayOnce(clock, (news) => {
    for (const listener of listeners) listener(news);
  });
  const { budgets } = ledger;
  budgets.configure(resolveBudgets(options.source.config.budgets));
  const retention = keepRetention(ledger, clock, timers, log);
  ledger.onSettled((settled) => {
    for (const news of budgets.newsFor(settled)) tell({ kind: 'budget', news });
  });
  const toCollector = dialer.apart();
  const telemetry = new TelemetryOutlet({
    upstream: toCollector,
    providerAt: (id, at) => history.at(at).providers.get(id),
    clock,
    timers,
    random,
    log,
  });
  ledger.onSettled((settled) => telemetry.record(settled));
  telemetry.configure(resolveTelemetry(options.source));
  const health = new Health(clock, (place) => tell({ kind: 'health', place }));
  const saved = keepHealth(path.join(options.dataDir, HEALTH_FILE), health, clock, log);
  const routing = newRoutingState(clock, timers, health);
  const anomalies = watchAnomalies({ ledger, paused: routing.paused, clock, tell }, options.source.config.anomalies);
  listeners.push((news) => {
    if (news.kind === 'health') saved.changed();
    if (news.kind === 'budget' && news.news.kind === 'refused') sums.audit(stopped(news.news));
  });

  const refusedTokens = new RefusedTokens(clock, timers, {
    sum: (requests) => sums.audit({ kind: 'token-refused', requests }),
    burst: () => tell({ kind: 'tokens-refused' }),
  });

  const running = new RunningRequests();
  const deps: GatewayDeps = {
    snapshot: () => snapshot,
    upstreamFor: (kind) => (kind === 'demo' ? demo : dialer),
    ledger,
    budgets,
    carries: new CarryMemory(),
    issuers: new ConversationIssuers(),
    routing,
    audit: sums.audit,
    refusedTokens,
    running,
    tell,
    price: ({ provider, model }, usage, at, agent, tier) =>
      price(snapshot, { provider: provider.id, model, agent, tier }, usage, at),
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
    await telemetry.close(0);
    throw error;
  }

  retention.configure(retentionOf(options.source.config));

  return {
    server,
    ledger,
    priceBook,
    prices,
    snapshot: () => snapshot,
    upstream: dialer,
    clock,
    timers,
    running,
    deps,
    routing,
    onNews: (listener) => void listeners.push(listener),
    explain: (question) => explainRoute({ ...deps, budgets }, question),
    swap(source) {
      const before = snapshot;
      snapshot = buildSnapshot(source);
      history.swapped(snapshot);
      ledger.audit.noteConfig(source.config);
      budgets.configure(resolveBudgets(source.config.budgets));
      retention.configure(retentionOf(source.config));
      telemetry.configure(resolveTelemetry(source));
      anomalies.configure(source.config.anomalies);
      for (const key of snapshot.keys) {
        const old = before.keys.find(({ id }) => id === key.id);
        if (old === undefined || !old.secret.equals(key.secret)) routing.health.forgive(key.id);
      }
    },
    revoke(key, inFlight) {
      snapshot = { ...snapshot, keys: snapshot.keys.filter(({ id }) => id !== key) };
      history.swapped(snapshot);
      if (inFlight === 'abort') routing.inUse.abort(key);
    },
    async close(patienceMs) {
      const until = clock.monotonic() + patienceMs;
      await server.close(patienceMs);
      await dialer.close();
      refusedTokens.close();
      sums.close();
      retention.close();
      prices.close();
      ledger.close();
      saved.close();
      // The last, so that the collector hears of the last requests, too.
      await telemetry.close(until - clock.monotonic());
      await toCollector.close();
    },
  };
}

function stopped({ budget, spent }: BudgetNews): AuditEvent {
  return { kind: 'budget-stopped', budget: budgetWords(budget), spentUsd: usdString(spent), limitUsd: usdString(budget.limitNano) };
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
