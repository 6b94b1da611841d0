import type { DialectId, Operation } from '../../../src/core/ir/dialect.ts';
import type { StopReason } from '../../../src/core/ir/parts.ts';
import type { AnswerUsage } from '../../../src/core/providers/demo/answer.ts';
import type { ReadRequest } from '../../../src/core/providers/demo/read-request.ts';

/** One request as a fake provider saw it. Fields about the answer are filled in as it goes out. */
export interface FakeRequest {
  readonly dialect: DialectId;
  readonly operation: Operation | undefined;
  readonly method: string;
  /** With the query string, as it came. */
  readonly path: string;
  /** Lower-case names; repeated headers joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names and values as they came, in order. */
  readonly rawHeaders: readonly string[];
  readonly raw: Buffer;
  /** The parsed JSON; undefined where there was none. */
  readonly body: unknown;
  /** Which of the keys it came with; undefined until it was found good. */
  key: string | undefined;
  /** The meaning of the request; undefined until it passed validation. */
  read: ReadRequest | undefined;
  /** The status that was answered; undefined while there is none. */
  status: number | undefined;
  /** Why the fake refused it, in the provider's words; undefined where it did not. */
  refusal: string | undefined;
  /** All in milliseconds of `performance.now()` of this process. */
  readonly times: {
    readonly started: number;
    bodyRead: number | undefined;
    headersSent: number | undefined;
    /** The whole answer was handed to the operating system. */
    ended: number | undefined;
    /** The client went away before `ended`. */
    aborted: number | undefined;
  };
  /** True once the client went away before the answer was out. */
  readonly aborted: boolean;
}

export interface StepToolCall {
  readonly name: string;
  /** An object, or the exact JSON text. Left out: `{}`. For a custom tool the free-form input. */
  readonly args?: Readonly<Record<string, unknown>> | string;
  readonly id?: string;
  readonly custom?: boolean;
  readonly namespace?: string;
}

/** What to answer to one request. Fields combine; `{}` is the default answer. */
export interface Step {
  /** Which kind of request takes this step from the list; `generate` when left out. */
  readonly on?: Operation;
  /** Left out: a default sentence, or nothing where there are tool calls. */
  readonly text?: string;
  /** Reasoning, with a signature that this fake issued and will ask for. */
  readonly thinking?: string;
  /** Anthropic: send the thinking as `redacted_thinking`. */
  readonly redacted?: boolean;
  readonly toolCalls?: readonly StepToolCall[];
  readonly stop?: StopReason;
  /** The model that the answer names; the one asked for when left out. */
  readonly model?: string;
  /**
   * Disjoint counts, written by each dialect's convention; or `absent`; or `wire`: the usage object as it shall stand, in which a NaN is
   * written as Python's json does: bare, so that the JSON is none.
   */
  readonly usage?: Partial<AnswerUsage> | 'absent' | { readonly wire: unknown };
  /** Deltas that the text is cut into. */
  readonly pieces?: number;
  /** The text comes so many times over, all in one delta. */
  readonly repeatText?: number;

  /** Added to the answer's own headers: rate limits, `set-cookie`, organisation ids. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly delay?: { readonly headersMs?: number; readonly firstEventMs?: number; readonly betweenMs?: number };
  /**
   * Bytes per write; left out: one event per write, and a whole answer in one. `whole`: everything in a single write. A whole answer heeds
   * the delays of its pieces only with this.
   */
  readonly chunking?: number | 'whole';

  /** An error answer in the provider's own shape. `type` and `code` default by status; `body` replaces the body. */
  readonly error?: StepError;
  /** An error event in the stream after `afterEvents` events; on a whole answer an error answer instead. */
  readonly errorEvent?: Omit<StepError, 'headers' | 'moments' | 'body'>;
  /** `before-headers`: the socket dies unanswered. `reset`: RST. `eof`: the stream ends as if it were complete. */
  readonly cut?: 'before-headers' | 'reset' | 'eof';
  /** Sends so many events and then nothing more, with the socket left open. */
  readonly stallAfterEvents?: number;
  /** Takes the request and says nothing at all. */
  readonly stallBeforeHeaders?: boolean;
  /** For `cut` and `errorEvent`: how many events go out first; 0 when left out. */
  readonly afterEvents?: number;
  /** For `cut` and `stallAfterEvents`: how many bytes of what follows go out as well; of a whole answer: how many of its bytes. */
  readonly afterBytes?: number;
  /** An event of the stream that comes twice. */
  readonly repeat?: 'first' | 'last';
  /** What ends the lines of a stream, in place of the dialect's own. */
  readonly newline?: '\n' | '\r\n';
  /** Compressed, whatever the request accepts. */
  readonly encoding?: 'gzip';
  /** From this request on its key is refused, in the provider's words. */
  readonly revoke?: boolean;
  /** Bytes to send as they are; each chunk is one write, `delay` applies. */
  readonly raw?: {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string | readonly string[]>>;
    readonly chunks: readonly (string | Uint8Array)[];
  };
}

export interface StepError {
  readonly status: number;
  readonly type?: string;
  readonly code?: string;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers that name a moment, so many milliseconds from the fake's own now. */
  readonly moments?: Readonly<Record<string, { readonly inMs: number; readonly as: 'http-date' | 'rfc3339' }>>;
  /** Gemini: the details of google.rpc; a RetryInfo with every 429 when left out. */
  readonly details?: readonly Readonly<Record<string, unknown>>[];
  readonly body?: unknown;
}

/** Undefined: the default answer. */
export type Answerer = (request: FakeRequest & { readonly read: ReadRequest }) => Step | undefined;

/** A list is used up one step a request; after it comes the default answer. A function is asked every time. */
export type Script = readonly Step[] | Answerer;
