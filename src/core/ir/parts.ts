import type { Carry } from './carry.ts';
import type { GatewayError } from './error.ts';
import type { Usage } from './usage.ts';

export type StopReason = 'end' | 'max-tokens' | 'tool-use' | 'stop-sequence' | 'refusal' | 'pause' | 'context-window' | 'unknown';

export type Block =
  | { readonly kind: 'text' }
  | { readonly kind: 'reasoning'; readonly form: 'full' | 'summary' | 'redacted' }
  | { readonly kind: 'tool-call'; readonly callId: string; readonly name: string };

/**
 * An answer as a stream of meaning. Order: response-start, (block-start, block-delta*, block-end | usage)*,
 * then exactly one of response-end | response-error. One block is open at a time, each `at` once. A response-error may leave
 * the last block open: what is in it is not whole.
 */
export type Part =
  | { readonly type: 'response-start'; readonly id: string; readonly model: string }
  | { readonly type: 'block-start'; readonly at: number; readonly block: Block }
  | { readonly type: 'block-delta'; readonly at: number; readonly text: string }
  | { readonly type: 'block-end'; readonly at: number; readonly carry?: Carry }
  /** Cumulative; the last one wins. */
  | { readonly type: 'usage'; readonly usage: Usage }
  | { readonly type: 'response-end'; readonly stop: { readonly reason: StopReason; readonly raw: string } }
  | { readonly type: 'response-error'; readonly error: GatewayError };
