import type {
  Call,
  ImageContent,
  ReasoningContent,
  ReasoningWish,
  TextContent,
  Tool,
  ToolCallContent,
  ToolResult,
  ToolResultContent,
  Turn,
} from '../../core/ir/call.ts';
import type { Kept } from './carry-memory.ts';

/** The editor's part classes, handed in so that this file runs without an editor. `Thinking` is not in every version. */
export interface PartClasses {
  readonly Text: Class<{ readonly value: string }>;
  readonly ToolCall: Class<{ readonly callId: string; readonly name: string; readonly input: object }>;
  readonly ToolResult: Class<{ readonly callId: string; readonly content: readonly unknown[] }>;
  readonly Data: Class<{ readonly mimeType: string; readonly data: Uint8Array }>;
  readonly PromptTsx: Class<{ readonly value: unknown }>;
  readonly Thinking: Class<object> | undefined;
}

type Class<T> = abstract new (...args: never[]) => T;

/** A message as the editor hands it over. Roles: 1 user, 2 assistant, 3 system (not in the published enum, but sent). */
export interface EditorMessage {
  readonly role: number;
  readonly content: readonly unknown[];
}

export interface EditorTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema?: object | undefined;
}

export interface EditorRequest {
  /** What the gateway is asked for: `agent/chat`, `provider/model`. */
  readonly model: string;
  readonly messages: readonly EditorMessage[];
  readonly tools: readonly EditorTool[];
  readonly toolsRequired: boolean;
  readonly modelOptions: Readonly<Record<string, unknown>>;
  readonly reasoning?: ReasoningWish | undefined;
  /** What belongs to a tool call of an earlier answer: the editor's own parts have no room for it. */
  readonly keptOf: (callId: string) => Kept | undefined;
}

export function toCall(request: EditorRequest, classes: PartClasses): Call {
  const system: TextContent[] = [];
  const turns: Turn[] = [];
  const toolNames = new Map<string, string>();
  for (const message of request.messages) {
    const parts = message.content.filter((part) => classes.Thinking === undefined || !(part instanceof classes.Thinking));
    // Those that come later stay in their place: the beginning of a conversation is what a prompt cache knows it by.
    if (message.role === 3 && turns.length === 0) system.push(...texts(parts, classes).map(text));
    else if (message.role === 3) turns.push({ role: 'system', content: texts(parts, classes).map(text) });
    else if (message.role === 2) turns.push({ role: 'assistant', content: fromAssistant(parts, request, toolNames, classes) });
    else turns.push({ role: 'user', content: parts.flatMap((part) => fromUser(part, toolNames, classes)) });
  }
  return {
    model: request.model,
    system,
    turns,
    tools: request.tools.map((tool): Tool => ({
      name: tool.name,
      description: tool.description,
      parameters: { ...tool.inputSchema } as Tool['parameters'],
    })),
    toolChoice: request.toolsRequired ? 'required' : 'auto',
    maxOutputTokens: outputLimit(publicOptions(request.modelOptions)),
    ...(request.reasoning === undefined ? {} : { reasoning: request.reasoning }),
  };
}

/** Without the editor's internal options: they begin with an underscore and are nobody's business upstream. */
export function publicOptions(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !name.startsWith('_')));
}

/** One id for the requests of one conversation, where the editor tells it. */
export function conversationId(options: Readonly<Record<string, unknown>>): string | undefined {
  const id = options['_conversationId'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function outputLimit(options: Readonly<Record<string, unknown>>): number | undefined {
  for (const name of ['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'maxTokens', 'maxOutputTokens']) {
    const value = options[name];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  }
  return undefined;
}

function fromUser(
  part: unknown,
  toolNames: ReadonlyMap<string, string>,
  classes: PartClasses,
): (TextContent | ImageContent | ToolResult)[] {
  if (part instanceof classes.ToolResult) {
    const name = toolNames.get(part.callId) ?? 'tool';
    const content = part.content.flatMap((inner) => fromResult(inner, classes));
    return [{ kind: 'tool-result', callId: part.callId, name, content, isError: false }];
  }
  if (part instanceof classes.Data) return fromData(part);
  return texts([part], classes).map(text);
}

/** Thoughts stand where they were thought: before the words and the call that they led to. */
function fromAssistant(
  parts: readonly unknown[],
  request: EditorRequest,
  toolNames: Map<string, string>,
  classes: PartClasses,
): (TextContent | ToolCallContent | ReasoningContent)[] {
  const content: (TextContent | ToolCallContent | ReasoningContent)[] = [];
  // A caller may hand an answer back in the pieces in which it came: they are one text.
  let written = '';
  const words = (): TextContent[] => (written === '' ? [] : [text(written)]);
  for (const part of parts) {
    if (part instanceof classes.ToolCall) {
      toolNames.set(part.callId, part.name);
      const { carry, thoughts = [] } = request.keptOf(part.callId) ?? {};
      const call: ToolCallContent = {
        kind: 'tool-call',
        callId: part.callId,
        name: part.name,
        arguments: JSON.stringify(part.input) ?? '',
      };
      content.push(...thoughts, ...words(), carry === undefined ? call : { ...call, carry });
      written = '';
    } else written += texts([part], classes).join('');
  }
  return [...content, ...words()];
}

/** What a tool gave back, as far as a model can read it. */
export function fromResult(part: unknown, classes: PartClasses): ToolResultContent[] {
  if (part instanceof classes.Data) return fromData(part);
  if (part instanceof classes.PromptTsx) return [text(promptText(part.value))];
  const found = texts([part], classes);
  if (found.length > 0) return found.map(text);
  // Extensions also put plain strings and objects here.
  if (typeof part === 'string') return [text(part)];
  return [];
}

/** Images and text; every other kind (`cache_control`, `stateful_marker`, `usage`, ...) is the editor's own and is left out. */
function fromData(part: { readonly mimeType: string; readonly data: Uint8Array }): (TextContent | ImageContent)[] {
  const mime = part.mimeType.toLowerCase();
  if (/^image\/(?:png|jpe?g|gif|webp)$/.test(mime)) {
    return [{ kind: 'image', mediaType: mime, base64: Buffer.from(part.data).toString('base64') }];
  }
  if (mime.startsWith('text/') || mime === 'application/json') return [text(Buffer.from(part.data).toString('utf8'))];
  return [];
}

function texts(parts: readonly unknown[], classes: PartClasses): string[] {
  return parts.flatMap((part) => (part instanceof classes.Text ? [part.value] : []));
}

/** The text of a rendered prompt-tsx tree: text nodes are `{type: 2, text}`, all others have `children`. */
function promptText(value: unknown): string {
  if (typeof value === 'string') return value;
  const lines: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { text: own, lineBreakBefore, children, node: root } = node as Record<string, unknown>;
    if (typeof own === 'string') lines.push(lineBreakBefore === true && lines.length > 0 ? `\n${own}` : own);
    if (Array.isArray(children)) children.forEach(visit);
    visit(root);
  };
  visit(value);
  return lines.join('');
}

function text(value: string): TextContent {
  return { kind: 'text', text: value };
}
