import type { DialectId } from '../ir/dialect.ts';
import type { GatewayError } from '../ir/error.ts';
import type { RequestFeatures } from '../ir/features.ts';
import type { Usage } from '../ir/usage.ts';
import type { CompletionForm } from './completions/forms.ts';
import type { SseEvent } from '../wire/sse-event.ts';

/** What the gateway must know of a request body before it can relay it. Read by scanning bytes, never by re-serialising. */
export interface RequestFacts {
  /** As the agent wrote it; undefined where the body has none (Gemini names it in the path). */
  readonly model: string | undefined;
  readonly stream: boolean;
  /** A session or conversation id that the agent put into the body, if any. */
  readonly session: string | undefined;
}

export interface Retargeted {
  readonly body: Uint8Array;
  /** The named edits that were made: `model`, `include-usage`. */
  readonly edits: readonly string[];
}

/** What a meter read from an answer. */
export interface Metered {
  readonly usage: Usage;
  /** The model that the provider says it used. */
  readonly model: string | undefined;
  /** The provider's service tier, where it says one (`priority`, `flex`, `batch`, ...); `+us` where it ran in a region that costs more. */
  readonly tier: string | undefined;
  /** Nano-dollars that the provider says it charged, where it says so (OpenRouter, xAI). Kept beside our own estimate. */
  readonly billedNano?: number;
}

/** How a stream stands, judged from its events alone. */
export type StreamState =
  | { readonly phase: 'open' }
  /** The dialect's own terminal event was seen: whatever follows, the answer is whole. */
  | { readonly phase: 'finished' }
  /** The provider put an error event into the stream. `code` is the vendor's own word for it, where it has one. */
  | { readonly phase: 'failed'; readonly status: number; readonly code: string | undefined; readonly message: string };

/** Reads usage and state from a relayed stream without changing it. One per answer; the result never depends on how bytes were cut. */
export interface StreamMeter {
  observe(event: SseEvent): void;
  readonly state: StreamState;
  /** Undefined until the provider has said anything about usage. `source` is `reported` only once the stream finished. */
  total(): Metered | undefined;
}

/** How one provider departs from its dialect. Data, never a branch on a name. */
export interface DialectQuirks {
  /** How usage comes in a Chat stream: `ask` by stream_options (default), `always` sent, `never` (asking is an error). */
  readonly streamUsage?: 'ask' | 'always' | 'never';
  /** xAI: completion_tokens leave reasoning out; bill total minus prompt. */
  readonly outputIsTotalMinusPrompt?: boolean;
  /** Chat templates of local models: a system message stands first or not at all. */
  readonly systemFirstOnly?: boolean;
  /** Mistral: ids of tool calls are nine letters and digits. */
  readonly callIds?: 'nine';
  /** DeepSeek, Kimi: what the model thought in a round of tool calls goes back as `reasoning_content`. */
  readonly replaysReasoning?: boolean;
  /** Mistral: after the results of tools comes a message of the model, never one of the user. */
  readonly modelSpeaksAfterTools?: boolean;
  /** Chat: the name of the output limit, where it does not follow from the model. */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens';
  /** Anthropic dialect: long-lived cache marks (`ttl: 1h`) are refused. */
  readonly shortCacheOnly?: boolean;
  /** In which form an editor's completions are taken; `legacy` when left out. */
  readonly completions?: CompletionForm;
}

/** The relay side of a dialect. Pure: no I/O, no clock, no log. */
export interface Dialect {
  readonly id: DialectId;
  /** Undefined when the body is not a JSON object. */
  readRequest(body: Uint8Array): RequestFacts | undefined;
  /** What a rule may ask about a body. Never throws: what is broken has no features. Costs time, so only who needs it asks. */
  readFeatures(body: Uint8Array): RequestFeatures;
  /**
   * Points a body at another model by splicing bytes, and asks a stream for usage where the dialect needs it.
   * `model` undefined leaves the model alone.
   */
  retarget(body: Uint8Array, change: { readonly model: string | undefined; readonly includeUsage: boolean }): Retargeted;
  streamMeter(quirks: DialectQuirks): StreamMeter;
  /** The same reading for an answer that came whole. */
  meterWhole(body: Uint8Array, quirks: DialectQuirks): Metered | undefined;
  /** True for the extra event that `include-usage` brought and the agent did not ask for. */
  isAddedUsageEvent(event: SseEvent): boolean;
  /**
   * True for an event that says nothing yet: if the answer fails now, nobody has seen a word of it. So are error events. Whatever is
   * not known is none, and lets the stream go. Asked only until the first event that is none.
   */
  isPreamble(event: SseEvent): boolean;
  /**
   * True for an event that ends an answer for its content and says nothing itself. Asked only of the first event that is no preamble: then
   * the whole answer is a refusal without a word.
   */
  isRefusal(event: SseEvent): boolean;
  /** The body of an error answer of our own. */
  renderError(error: GatewayError): Record<string, unknown>;
  /**
   * The bytes that end an unfinished stream with an error the agents heed; undefined where none is heeded and the
   * socket must be destroyed instead. `meter` is what was seen of the stream (ids, sequence numbers).
   */
  renderStreamError(error: GatewayError, meter: StreamMeter | undefined): string | undefined;
  /** The dialect's answer to "which models are there". */
  renderModels(models: readonly ListedModel[]): Record<string, unknown>;
}

export interface ListedModel {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly contextTokens: number | undefined;
  readonly outputTokens: number | undefined;
}
