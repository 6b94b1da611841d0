/**
 * What the usage panel and the extension say to each other. Types only: `media/` imports this file and nothing else of `src/`.
 * Everything is JSON; money is US dollars as a decimal string so that no digit is lost on the way, times are milliseconds since the epoch
 * unless told.
 */

export type PanelRange = 'today' | '7d' | '30d' | '90d' | '12m';
export type PanelGroup = 'agent' | 'provider' | 'model';
/** How long one bar is. */
export type PanelStep = 'hour' | 'day' | 'week' | 'month';
export type PanelTab = 'overview' | 'tables' | 'speed' | 'requests';
/** Whose times and errors are shown. */
export type PanelSubject = 'key' | 'model';

/** What is looked at. The state that answers it says what it answers. */
export interface PanelView {
  readonly tab: PanelTab;
  readonly range: PanelRange;
  readonly step: PanelStep;
  readonly group: PanelGroup;
  readonly subject: PanelSubject;
}

/** Tokens are disjoint buckets; `unpriced` and `estimated` count requests. */
export interface PanelTotals {
  readonly requests: number;
  readonly errors: number;
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly reasoning: number;
  readonly costUsd: string;
  /** What provider caching saved, of the requests that have a price; `-0.012000000` where writing a cache has cost more than it brought. */
  readonly savedUsd: string;
  readonly unpriced: number;
  readonly estimated: number;
}

export interface PanelRow extends PanelTotals {
  readonly name: string;
}

/** Over time: `at` are the starts of the bars in seconds since the epoch; a line has one number for each. */
export interface PanelSeries {
  readonly at: readonly number[];
  readonly lines: readonly { readonly name: string; readonly usd: readonly number[]; readonly tokens: readonly number[] }[];
}

export interface PanelBudget {
  /** "Daily budget of agent codex" */
  readonly title: string;
  /** Its place among the budgets of the settings. */
  readonly index: number;
  readonly spentUsd: string;
  /** Set aside for requests under way. */
  readonly reservedUsd: string;
  readonly limitUsd: string;
  /** Spent or set aside, of the limit; may be over 1. */
  readonly share: number;
  readonly state: 'ok' | 'warned' | 'spent';
  /** What happens to a request that does not fit. */
  readonly atLimit: 'warn' | 'block' | 'downgrade';
  readonly resetsAt: number;
  /** Requests in it whose price nobody knows. */
  readonly unpriced: number;
}

/** An agent was unlike its own past. */
export interface PanelAnomaly {
  readonly at: number;
  readonly kind: 'spend' | 'errors' | 'latency' | 'burst';
  readonly text: string;
}

/** Times in milliseconds, of requests that were answered; left out where there are none. Percentiles are within 10 %. */
export interface PanelTimes {
  readonly requests: number;
  readonly errors: number;
  readonly firstByteP50?: number;
  readonly firstByteP95?: number;
  readonly totalP50?: number;
  readonly totalP95?: number;
  readonly tokensPerSecond?: number;
}

export interface PanelSpeed {
  /** Seconds since the epoch, as in `PanelSeries`. */
  readonly at: readonly number[];
  /** Null: nothing was asked in that time. */
  readonly lines: readonly { readonly name: string; readonly times: readonly (PanelTimes | null)[] }[];
  readonly rows: readonly (PanelTimes & { readonly name: string })[];
}

export interface PanelRequest {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly agent: string;
  readonly provider: string;
  readonly model: string;
  readonly status: number;
  readonly settled: 'done' | 'error' | 'aborted' | 'truncated' | 'timeout' | 'blocked' | 'crashed';
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  /** Undefined: unpriced. */
  readonly costUsd?: string;
  readonly estimated: boolean;
  readonly firstByteMs?: number;
  readonly totalMs: number;
  /** There is more to tell of it than fits a row: it can be opened. */
  readonly opens?: boolean;
}

export interface PanelTables {
  readonly agent: readonly PanelRow[];
  readonly provider: readonly PanelRow[];
  readonly model: readonly PanelRow[];
  readonly key: readonly PanelRow[];
}

/** One state of the panel; a later one replaces it. Of the tabs it holds what the one in view shows. */
export interface PanelState extends PanelView {
  /** How long a bar may be in this range. */
  readonly steps: readonly PanelStep[];
  readonly generatedAt: number;
  /** The date of the price book, `2026-10-01`. */
  readonly pricesAsOf: string;
  readonly totals: PanelTotals;
  /** Nothing was ever asked: there is nothing to show but a way in. */
  readonly unused: boolean;
  readonly series?: PanelSeries;
  /** In the order of the settings. */
  readonly budgets?: readonly PanelBudget[];
  /** Newest first. */
  readonly anomalies?: readonly PanelAnomaly[];
  readonly tables?: PanelTables;
  readonly speed?: PanelSpeed;
  /** Newest first. */
  readonly latest?: readonly PanelRequest[];
  /** A sentence when something is wrong (gateway stopped, ledger cannot be written). */
  readonly trouble?: string;
}

export type ToPanel = { readonly type: 'state'; readonly state: PanelState };

export type PanelCommand = 'addKey' | 'openTerminal' | 'showLog' | 'editBudgets';

export type FromPanel =
  | ({ readonly type: 'ready' } & Partial<PanelView>)
  | ({ readonly type: 'show' } & Partial<PanelView>)
  /** How a request came to its answer; `at` as in its row. */
  | { readonly type: 'open'; readonly request: string; readonly at: number }
  /** What was used in the range goes into a file. */
  | { readonly type: 'export'; readonly range: PanelRange }
  | { readonly type: 'raiseBudget'; readonly index: number }
  | { readonly type: 'command'; readonly command: PanelCommand };
