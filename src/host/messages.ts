import type { RunningRequest } from '../core/gateway/running-requests.ts';
import type { ActivityReport } from './watch-activity.ts';
import type { RetryPiece } from './retry-request.ts';
import type { BudgetStatus } from './budget-status.ts';
import type { ModelChoice } from './list-provider-models.ts';
import type { PriceStatus } from './keep-prices.ts';
import type { PriceProposal } from './propose-prices.ts';
import type { KeyDiagnosis } from './check-key.ts';
import type { Explanation, RouteQuestion } from '../core/gateway/explain-route.ts';
import type { Anchor } from '../core/ledger/audit/anchor.ts';
import type { AuditRecord } from '../core/ledger/audit/audit-event.ts';
import type { AuditOptions } from '../core/ledger/audit/audit-log.ts';
import type { AuditEntry } from '../core/ledger/audit/chain.ts';
import type { AuditVerdict } from '../core/ledger/audit/verify.ts';
import type { NetworkSettings } from '../core/server/dial.ts';
import type { ExportPiece, ExportQuery, RequestsQuery, Retention } from '../core/ledger/records.ts';
import type { SettledRequest, UsageQuery, UsageRow, WhatGoes } from '../core/ledger/records.ts';
import type { PlaceHealth } from '../core/routing/health/health.ts';
import type { RoutingNews } from '../core/routing/routing-state.ts';
import type { SnapshotSource } from '../core/routing/snapshot.ts';
import type { LogLevel } from './system-ports.ts';

/** What a host and the gateway in its worker thread say to each other. Structured clones: no functions, no classes. */

export interface StartOptions {
  readonly source: SnapshotSource;
  readonly network: NetworkSettings;
  readonly dataDir: string;
  readonly port: number;
  readonly workspace: string;
  /** Left out where the store could not be asked: then nothing is recorded. */
  readonly audit?: AuditOptions | undefined;
}

export type PricesAsked =
  | { readonly kind: 'imported'; readonly name: string; readonly text: string }
  | { readonly kind: 'refreshed'; readonly address: string };

/** The text stays with the gateway. */
export type ProposedPrices = Omit<PriceProposal, 'text'> & { readonly proposal: number };

/** Questions and their answers, by name. */
export interface Calls {
  swap: { readonly ask: SnapshotSource; readonly answer: void };
  usage: { readonly ask: UsageQuery; readonly answer: UsageRow[] };
  requests: { readonly ask: RequestsQuery; readonly answer: SettledRequest[] };
  /** What the book would delete if it were kept so. */
  whatGoes: { readonly ask: Retention; readonly answer: WhatGoes };
  /** Requests as text, piece by piece; the next after the one with the id `after`. */
  exportPiece: { readonly ask: { readonly query: ExportQuery; readonly after: string }; readonly answer: ExportPiece };
  /** A real call with the key; spends nothing. `secret` undefined tests the key that is held. */
  checkKey: {
    readonly ask: { readonly provider: string; readonly key?: string; readonly secret?: string };
    readonly answer: KeyDiagnosis;
  };
  /** What a provider offers: its own list where it answers, with what the price book knows. */
  listModels: { readonly ask: { readonly provider: string }; readonly answer: ModelChoice[] };
  /** What the price book knows of these `provider/model` references; asks nobody. */
  describeModels: { readonly ask: readonly string[]; readonly answer: ModelChoice[] };
  /** Date of the price book, `2026-10-01`. */
  pricesAsOf: { readonly ask: undefined; readonly answer: string };
  /** Reads a file of prices, or fetches the list of today, and says what it would change. Nothing is taken over yet. */
  proposePrices: { readonly ask: PricesAsked; readonly answer: ProposedPrices };
  /** Takes over what was proposed last; refused when that is another one. */
  takePrices: { readonly ask: { readonly proposal: number }; readonly answer: PriceStatus };
  /** Back to the built-in prices; false: there are no others. */
  resetPrices: { readonly ask: undefined; readonly answer: boolean };
  prices: { readonly ask: undefined; readonly answer: PriceStatus };
  /** Where a request would go now, and why; asks nobody and changes nothing. `error`: a sentence on what is wrong with the question. */
  explain: {
    readonly ask: Omit<RouteQuestion, 'body'> & { readonly body?: string };
    readonly answer: Explanation | { readonly error: string };
  };
  /** How it stands with each budget. */
  budgets: { readonly ask: undefined; readonly answer: readonly BudgetStatus[] };
  /** Every place of which something is known. */
  keyHealth: { readonly ask: undefined; readonly answer: readonly PlaceHealth[] };
  /** How many requests are on their way with a key. */
  requestsOnKey: { readonly ask: { readonly key: string }; readonly answer: number };
  /** Nobody is asked with it any more; `abort`: what is on its way with it ends with an error. */
  revokeKey: { readonly ask: { readonly key: string; readonly inFlight: 'finish' | 'abort' }; readonly answer: void };
  /** Its requests are refused until it is resumed. A restart of the gateway resumes all. */
  pauseAgent: { readonly ask: { readonly agent: string }; readonly answer: void };
  resumeAgent: { readonly ask: { readonly agent: string }; readonly answer: void };
  /** To be recorded; answered when it is on disk. */
  audit: { readonly ask: readonly AuditRecord[]; readonly answer: void };
  /** The newest entry, to be kept in the place of the anchor that is known; undefined: nothing to be kept. */
  auditAnchor: { readonly ask: Anchor | undefined; readonly answer: Anchor | undefined };
  /** `anchor` as it was kept before this was asked. */
  verifyAudit: { readonly ask: { readonly anchor: Anchor | undefined }; readonly answer: AuditVerdict };
  /** The oldest first, by their place; an offset below zero counts from the end. */
  auditEntries: { readonly ask: { readonly offset: number; readonly limit: number }; readonly answer: readonly AuditEntry[] };
  /** Erases the audit log. Nothing is recorded until the gateway is started anew. */
  clearAudit: { readonly ask: undefined; readonly answer: void };
  /** True: `activity` events come from now on, until false. Answered with the requests that are on their way. */
  watchActivity: { readonly ask: boolean; readonly answer: readonly RunningRequest[] };
  runningRequests: { readonly ask: undefined; readonly answer: readonly RunningRequest[] };
  /** Its agent is told that somebody stopped it. False: it is over already. */
  cancelRequest: { readonly ask: { readonly request: string }; readonly answer: boolean };
  /** Whether what asks is kept in memory from now on, the latest few; false forgets it. Nothing is kept until somebody asks for it. */
  keepAsked: { readonly ask: boolean; readonly answer: void };
  /** Whether a request can be asked again: it is on its way, or was kept. */
  isAskedKept: { readonly ask: { readonly request: string }; readonly answer: boolean };
  /** Asks again, of `provider/model` or an alias. Answered at once with the new request's id; `retried` events follow. */
  retryRequest: { readonly ask: { readonly request: string; readonly target: string }; readonly answer: string };
  stop: { readonly ask: { readonly patienceMs: number }; readonly answer: void };
}

export type CallName = keyof Calls;

export type ToGateway = {
  [Name in CallName]: { readonly call: Name; readonly id: number; readonly ask: Calls[Name]['ask'] };
}[CallName];

export type FromGateway =
  | { readonly event: 'ready'; readonly url: string; readonly port: number }
  | { readonly event: 'failed'; readonly message: string }
  | { readonly event: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly event: 'refusal'; readonly id: number; readonly message: string }
  | { readonly event: 'settled'; readonly requests: readonly SettledRequest[] }
  /** A sentence while the ledger cannot be written; undefined when all is well again. */
  | { readonly event: 'trouble'; readonly trouble: string | undefined }
  /** At most four times a second, and only while it is asked for. */
  | ({ readonly event: 'activity' } & ActivityReport)
  /** What a retry says. `trouble`: the sentence of an error. */
  | {
      readonly event: 'retried';
      readonly request: string;
      readonly pieces: readonly RetryPiece[];
      readonly ended?: { readonly trouble: string | undefined };
    }
  /** Something was recorded. */
  | { readonly event: 'audited' }
  /** What a person should hear of. */
  | { readonly event: 'news'; readonly news: RoutingNews }
  | { readonly event: 'log'; readonly level: LogLevel; readonly line: string };
