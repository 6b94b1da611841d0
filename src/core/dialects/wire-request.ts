import type { DialectQuirks } from './dialect.ts';

/** What a dialect could not say as it was meant. Named, so that a route trace can show it. */
export type Loss =
  /** Arguments that are not a JSON object, sent as `{"unparsed_arguments": "..."}` where the dialect needs an object. */
  | 'unparsed-arguments'
  /** A tool call without a result, answered with a sentence that says so. */
  | 'missing-tool-result'
  /** A tool result without its call, sent as text. */
  | 'orphan-tool-result'
  /** The same call id twice; the later one was renamed. */
  | 'renamed-call-id'
  /** An image inside a tool result, moved to the user message that follows. */
  | 'moved-image'
  /** The failure flag of a tool result, said in words. */
  | 'error-flag-as-text'
  /** A signature of another issuer, left out. */
  | 'dropped-carry';

export interface WireRequest {
  /** As the gateway serves it, with the query. */
  readonly path: string;
  readonly body: string;
  /** Each once, in no order. */
  readonly losses: readonly Loss[];
}

export interface WriteOptions {
  readonly stream: boolean;
  /** The model that will answer, where `call.model` names only a route (`agent/chat`). Defaults to `call.model`. */
  readonly servedBy?: string;
  /** The most that model can put out, where known. A call's own limit is clamped to it. */
  readonly maxOutputTokens?: number;
  readonly quirks?: DialectQuirks;
  /** Prompt-cache breakpoints of our own, in the Anthropic dialect. Default true. */
  readonly cacheBreakpoints?: boolean;
}

/** The call's own limit, never above the model's; undefined where neither is known. */
export function outputLimit(wanted: number | undefined, options: WriteOptions): number | undefined {
  if (wanted === undefined) return undefined;
  return options.maxOutputTokens === undefined ? wanted : Math.min(wanted, options.maxOutputTokens);
}

/** The model without its provider: `openrouter/anthropic/claude-x` is `claude-x`. Lower case. */
export function bareModel(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1).toLowerCase();
}
