/** A request as meaning: what any dialect can be asked to say. */

export interface ImageContent {
  readonly kind: 'image';
  readonly mediaType: string;
  readonly base64: string;
}

export interface TextContent {
  readonly kind: 'text';
  readonly text: string;
}

export type ToolResultContent = TextContent | ImageContent;

export interface ToolCallContent {
  readonly kind: 'tool-call';
  readonly callId: string;
  readonly name: string;
  /** JSON text. It stays text until a dialect must have an object. */
  readonly arguments: string;
  /** What the decoder's `block-end` brought with this call: opaque, shown only to its issuer again. */
  readonly carry?: string;
}

export interface ToolResult {
  readonly kind: 'tool-result';
  readonly callId: string;
  /** The tool's name: Gemini pairs results by name. */
  readonly name: string;
  readonly content: readonly ToolResultContent[];
  readonly isError: boolean;
}

export type Turn =
  | { readonly role: 'user'; readonly content: readonly (TextContent | ImageContent | ToolResult)[] }
  | { readonly role: 'assistant'; readonly content: readonly (TextContent | ToolCallContent)[] };

export interface Tool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface Call {
  readonly model: string;
  readonly system: string | undefined;
  readonly turns: readonly Turn[];
  readonly tools: readonly Tool[];
  readonly toolChoice: 'auto' | 'required';
  /** Upper bound for the answer; Anthropic requires one. */
  readonly maxOutputTokens: number | undefined;
}
