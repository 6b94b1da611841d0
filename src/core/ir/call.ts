import type { Carry } from './carry.ts';

/** A request as meaning: what any dialect can be asked to say. */

/** A breakpoint of the provider's prompt cache, and how long what lies before it is kept. */
export type CacheMark = '5m' | '1h';

export interface TextContent {
  readonly kind: 'text';
  readonly text: string;
  readonly cache?: CacheMark;
  /** Gemini signs text, too. */
  readonly carry?: Carry;
}

/** Bytes that came with the request. `document` is a PDF or a text file. */
export interface MediaContent<Kind extends 'image' | 'document' | 'audio'> {
  readonly kind: Kind;
  readonly mediaType: string;
  readonly base64: string;
  /** A file's name, where it has one. */
  readonly name?: string;
  readonly cache?: CacheMark;
}

export type ImageContent = MediaContent<'image'>;
export type DocumentContent = MediaContent<'document'>;
export type AudioContent = MediaContent<'audio'>;

/** Media that the provider is to fetch. The gateway never does: an address in a prompt must not make this machine dial. */
export interface RemoteContent {
  readonly kind: 'remote';
  readonly what: 'image' | 'document';
  readonly url: string;
  readonly cache?: CacheMark;
}

export type Media = ImageContent | DocumentContent | AudioContent | RemoteContent;

export interface ToolCallContent {
  readonly kind: 'tool-call';
  readonly callId: string;
  readonly name: string;
  /** JSON text. It stays text until a dialect must have an object. */
  readonly arguments: string;
  /** What the decoder's `block-end` brought with this call. */
  readonly carry?: Carry;
  readonly cache?: CacheMark;
}

/** What the model thought in an earlier turn. Without a carry nobody can vouch for it, and it is not sent to anyone. */
export interface ReasoningContent {
  readonly kind: 'reasoning';
  readonly text: string;
  readonly carry?: Carry;
}

export type ToolResultContent = TextContent | Media;

export interface ToolResult {
  readonly kind: 'tool-result';
  readonly callId: string;
  /** The tool's name: Gemini pairs results by name. */
  readonly name: string;
  readonly content: readonly ToolResultContent[];
  readonly isError: boolean;
  readonly cache?: CacheMark;
}

export type UserContent = TextContent | Media | ToolResult;
export type AssistantContent = TextContent | ToolCallContent | ReasoningContent;

export type Turn =
  | { readonly role: 'user'; readonly content: readonly UserContent[] }
  | { readonly role: 'assistant'; readonly content: readonly AssistantContent[] }
  /** Instructions that stand inside the conversation; those before its first turn are the call's `system`. */
  | { readonly role: 'system'; readonly content: readonly TextContent[] };

/**
 * How an agent declared a tool that is no plain function, so that the answer can call it in the same form. Bridged to a function for
 * everybody else: a `custom` tool takes its text as the argument `input`.
 */
export interface ToolForm {
  readonly kind: 'function' | 'custom' | 'tool-search';
  /** As the agent names it; `Tool.name` holds the namespace, too. */
  readonly name: string;
  readonly namespace?: string;
}

export interface Tool {
  /** Unique in the call. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly strict?: boolean;
  readonly cache?: CacheMark;
  readonly form?: ToolForm;
}

export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** How much the model should think, as far as the agent said anything about it. */
export interface ReasoningWish {
  /** `off` forbids it, `on` wants it, `adaptive` leaves it to the model. */
  readonly mode: 'off' | 'on' | 'adaptive';
  readonly effort?: Effort;
  readonly budgetTokens?: number;
  /** Whether the thoughts, or a summary of them, are to come with the answer. */
  readonly shown: boolean;
}

export interface Sampling {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly seed?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
}

export type AnswerFormat =
  | { readonly kind: 'json' }
  | {
      readonly kind: 'schema';
      readonly name: string;
      readonly schema: Readonly<Record<string, unknown>>;
      readonly strict: boolean;
    };

export interface Call {
  readonly model: string;
  readonly system: readonly TextContent[];
  readonly turns: readonly Turn[];
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice;
  /** Upper bound for the answer; Anthropic requires one. */
  readonly maxOutputTokens: number | undefined;
  /** False forbids more than one tool call an answer; left out, the provider decides. */
  readonly parallelToolCalls?: boolean;
  readonly reasoning?: ReasoningWish;
  readonly sampling?: Sampling;
  readonly stop?: readonly string[];
  readonly format?: AnswerFormat;
  /** How long the answer's words should be, apart from how much is thought. */
  readonly verbosity?: 'low' | 'medium' | 'high';
  /** In the words of the agent's dialect: `priority`, `flex`, `default`, `auto`, `standard_only`. */
  readonly serviceTier?: string;
  /** Who uses the agent, as the agent puts it. */
  readonly user?: string;
  /** What requests with the same beginning have in common, for providers that route by it. */
  readonly cacheKey?: string;
}
