import type { DialectId, Operation } from '../ir/dialect.ts';
import type { Usage } from '../ir/usage.ts';
import type { AuditLog } from './audit/audit-log.ts';
import type { BudgetKeeper } from './budgets/budget-keeper.ts';
import type { Quarter } from './rollups/read-quarters.ts';
import type { RouteTrace } from './route-trace.ts';

/** How a request ended. Exactly one per request. */
export type SettledAs = 'done' | 'error' | 'aborted' | 'truncated' | 'timeout' | 'blocked' | 'crashed';

/** Relay: same dialect, bytes pass. Translate: other dialect, meaning passes. Cache: answered from our own store. */
export type Mode = 'relay' | 'translate' | 'cache';

/** Written before the provider is called, so that a crash loses nothing. */
export interface OpenedRequest {
  /** Sortable by time, 26 characters; also the answer's `x-gatehouse-request` header. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly workspace: string;
  readonly agent: string;
  readonly session: string | undefined;
  readonly operation: Operation;
  readonly dialect: DialectId;
  readonly requestedModel: string;
  readonly provider: string;
  readonly model: string;
  /** The key's id, never the key. Undefined for providers that need none. */
  readonly key: string | undefined;
  readonly mode: Mode;
  readonly stream: boolean;
  /** Bytes of the request body: what an estimate rests on when the provider tells nothing. */
  readonly bytesIn: number;
  /** Names of what a translation could not say (`ir/loss.ts`). */
  readonly losses?: readonly string[];
}

/** Where an attempt went, and how. When a request is opened only its first attempt is known. */
export type Served = Pick<OpenedRequest, 'provider' | 'model' | 'key' | 'mode' | 'losses'>;

/** An attempt that the agent never heard of: what it used is paid for all the same. */
export interface EarlierTry extends Served {
  /** Its place among the trace's tries. */
  readonly index: number;
  readonly usage: Usage | undefined;
  readonly tier?: string | undefined;
  readonly billedNano?: number | undefined;
  readonly billable: boolean;
}

export interface Settlement {
  readonly id: string;
  /** The attempt that the agent heard of; the one that was opened when left out. */
  readonly served?: Served;
  readonly earlier?: readonly EarlierTry[];
  readonly trace?: RouteTrace;
  readonly settled: SettledAs;
  /** The status that the agent saw. */
  readonly status: number;
  readonly attempts: number;
  readonly firstByteMs: number | undefined;
  readonly totalMs: number;
  readonly bytesOut: number;
  /** What the meter read; undefined where the provider told nothing. */
  readonly usage: Usage | undefined;
  readonly tier: string | undefined;
  /** Nano-dollars that the provider says it bills. */
  readonly billedNano?: number;
  /** What the input is taken for where a provider did not count it; a quarter of its bytes when left out. Pictures are worth less than that. */
  readonly inputTokens?: number;
  /** True when output was under way or a body was sent: an unmetered request then costs an estimate, not nothing. */
  readonly billable: boolean;
  /** A code from ir/error.ts or the provider's own error type; never a message. */
  readonly error: string | undefined;
  /** What the request was taken for: `main`, `background`, ... (`routing/rules/request-features.ts`). */
  readonly class?: string;
}

/** A settled request as the ledger keeps it and shows it. */
export interface SettledRequest
  extends OpenedRequest, Omit<Settlement, 'billable' | 'usage' | 'served' | 'earlier' | 'inputTokens'> {
  readonly usage: Usage;
  /** Integer nano-dollars; undefined when the model has no known price, and no bill came ("unpriced", never zero). */
  readonly costNano: number | undefined;
  readonly estimated: boolean;
  /**
   * Nano-dollars on the bills of the providers that send one with the answer (OpenRouter, xAI), of all attempts. They stand beside what we
   * work out from prices, and are the cost only of what has no price.
   */
  readonly billedNano?: number;
  /**
   * Nano-dollars that the provider's cache saved: what the same tokens would have cost as plain input, less what they did cost. Below zero
   * where more was paid for writing it than its reads have brought in. Requests without a price have none.
   */
  readonly saved?: number;
}

/** The columns that usage can be grouped by. */
export type UsageBy = 'agent' | 'provider' | 'model' | 'key' | 'session' | 'workspace' | 'class' | 'day' | 'hour';

export interface UsageQuery {
  readonly by: readonly UsageBy[];
  /** Milliseconds since the epoch: since is inclusive, until exclusive. */
  readonly since?: number;
  readonly until?: number;
  readonly workspace?: string;
  /** Only so many sessions, those used last first; only where `by` has 'session' in it. What belongs to no session is left out. */
  readonly latest?: number;
}

/**
 * One group. Tokens are disjoint; `unpriced` and `estimated` count requests. Percentiles are within 10 % and, like the speed, of requests
 * that were answered; what nothing can be said of is left out.
 */
export interface UsageRow {
  readonly group: Readonly<Partial<Record<UsageBy, string>>>;
  readonly requests: number;
  readonly errors: number;
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly output: number;
  readonly reasoning: number;
  readonly costNano: number;
  readonly unpriced: number;
  readonly estimated: number;
  /** Nano-dollars that providers' caches saved, of the requests that have a price; may be below zero. */
  readonly savedNano?: number;
  /** Milliseconds that half of the requests, or 95 % of them, took at most: to the end, and to the first byte. */
  readonly totalP50Ms?: number;
  readonly totalP95Ms?: number;
  readonly firstByteP50Ms?: number;
  readonly firstByteP95Ms?: number;
  /** Reported output by the time it took; streams from their first byte. */
  readonly tokensPerSecond?: number;
  /** Of all input tokens those that were read from the provider's cache, between 0 and 1. */
  readonly cacheHitShare?: number;
}

export interface RequestsQuery {
  readonly since?: number;
  readonly until?: number;
  readonly workspace?: string;
  readonly limit?: number;
}

/** How long the book keeps what it knows. Roll-ups are never kept for less time than rows. */
export interface Retention {
  readonly rowsDays: number;
  readonly rollupDays: number;
}

/** What a retention deletes when it is applied. */
export interface WhatGoes {
  readonly requests: number;
  /** Requests whose sums go, too. */
  readonly sums: number;
  /** Requests stay that began then or later; milliseconds since the epoch, 0: all stay. */
  readonly rowsFrom: number;
}

export interface ExportQuery {
  readonly since?: number;
  readonly until?: number;
  readonly workspace?: string;
  readonly format: 'csv' | 'jsonl';
}

export interface ExportPiece {
  readonly text: string;
  readonly rows: number;
  /** The id after which it goes on; undefined: this was all. */
  readonly last: string | undefined;
}

/**
 * The book. Writes are grouped: what is opened or settled in one turn of the event loop is one transaction.
 * No method throws for a full disk, a locked or a damaged file: requests go on, the writes wait (bounded), `trouble` tells.
 */
export interface Ledger {
  /** Resolves when it is on disk that the request will be asked (or that is queued because the disk refuses); never rejects. */
  open(request: OpenedRequest): Promise<void>;
  /** The first settlement of a request wins; later ones are ignored. */
  settle(settlement: Settlement): void;
  usage(query: UsageQuery): UsageRow[];
  /** Newest first; `limit` 100 unless told. */
  requests(query: RequestsQuery): SettledRequest[];
  /** Called after each group of settlements is written. */
  onSettled(listener: (settled: readonly SettledRequest[]) => void): void;
  /** A sentence for the user while writes are failing; undefined when all is well. */
  readonly trouble: string | undefined;
  /** Writes what waits and closes the file. */
  close(): void;
}

/** What a host does with the book besides; the gateway needs none of it. */
export interface HostLedger extends Ledger {
  readonly budgets: BudgetKeeper;
  readonly audit: AuditLog;
  /** Called with what `trouble` says, when it begins and as it goes on, and when it is over: while nothing is written nothing settles. */
  onTrouble(listener: (trouble: string | undefined) => void): void;
  /** The quarters of an hour from `since` on, the oldest first, without the one under way at `until`; undefined where the book cannot be read. */
  quarters(since: number, until: number): readonly Quarter[] | undefined;
  /** Settled requests as text, the oldest first: the next after the one with the id `after`, '' for the first. Throws where it cannot be read. */
  exportPiece(query: ExportQuery, after: string): ExportPiece;
  /**
   * Deletes what is older, in the background and in small pieces; a second call takes the first one's place. Resolves when it is done, or
   * when the book was closed; never rejects.
   */
  applyRetention(retention: Retention, now: number): Promise<void>;
  /** What `applyRetention` would delete; in days of Greenwich, at which it cuts. */
  whatGoes(retention: Retention, now: number): WhatGoes;
}
