import type { Loss } from '../ir/loss.ts';
import type { DialectQuirks } from './dialect.ts';

export interface WireRequest {
  /** As the gateway serves it, with the query. */
  readonly path: string;
  readonly body: string;
  /** Each once, in no order. */
  readonly losses: readonly Loss[];
  /** Tools that had to be renamed: the name on the wire, and the call's own. Calls in the answer are named back. */
  readonly toolNames: ReadonlyMap<string, string>;
}

export interface WriteOptions {
  readonly stream: boolean;
  /** The model that will answer, where `call.model` names only a route (`agent/chat`). Defaults to `call.model`. */
  readonly servedBy?: string;
  /** The most that model can put out, where known. A call's own limit is clamped to it. */
  readonly maxOutputTokens?: number;
  readonly quirks?: DialectQuirks;
  /** Prompt-cache breakpoints of our own, in the Anthropic dialect, where the call brings none. Default true. */
  readonly cacheBreakpoints?: boolean;
  /** Whose opaque state may be sent: see `Carry.issuer`. Nobody's when left out. */
  readonly issuer?: string;
}

/** The call's own limit, never above the model's; undefined where neither is known. */
export function outputLimit(wanted: number | undefined, options: WriteOptions): number | undefined {
  if (wanted === undefined) return undefined;
  return options.maxOutputTokens === undefined ? wanted : Math.min(wanted, options.maxOutputTokens);
}
