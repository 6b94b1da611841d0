/**
 * What the usage panel and the extension say to each other. Types only: `media/` imports this file and nothing else of `src/`.
 * Everything is JSON; money is US dollars as a decimal string so that no digit is lost on the way.
 */

export type PanelRange = 'today' | '7d' | '30d' | '90d';
export type PanelGroup = 'agent' | 'provider' | 'model';

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
  readonly unpriced: number;
  readonly estimated: number;
}

export interface PanelRow extends PanelTotals {
  readonly name: string;
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

/** One complete state of the panel; a later one replaces it. */
export interface PanelState {
  readonly range: PanelRange;
  readonly group: PanelGroup;
  /** Milliseconds since the epoch. */
  readonly generatedAt: number;
  /** The date of the price book, `2026-10-01`. */
  readonly pricesAsOf: string;
  readonly totals: PanelTotals;
  /** Cost over time, stacked by `group`: `at` are bucket starts in seconds since the epoch, `usd` one number a bucket. */
  readonly series: {
    readonly at: readonly number[];
    readonly lines: readonly { readonly name: string; readonly usd: readonly number[] }[];
  };
  readonly byAgent: readonly PanelRow[];
  readonly byProvider: readonly PanelRow[];
  readonly byModel: readonly PanelRow[];
  /** Newest first. */
  readonly latest: readonly PanelRequest[];
  /** A sentence when something is wrong (gateway stopped, ledger cannot be written). */
  readonly trouble?: string;
}

export type ToPanel = { readonly type: 'state'; readonly state: PanelState };

export type FromPanel =
  | { readonly type: 'ready'; readonly range?: PanelRange; readonly group?: PanelGroup }
  | { readonly type: 'show'; readonly range: PanelRange; readonly group: PanelGroup }
  /** How a request came to its answer; `at` as in its row. */
  | { readonly type: 'open'; readonly request: string; readonly at: number }
  /** A button in the empty state. */
  | { readonly type: 'command'; readonly command: 'addKey' | 'openTerminal' | 'showLog' };
