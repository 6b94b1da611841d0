import type { Call, ImageContent, TextContent, ToolCallContent, ToolResult, ToolResultContent, Turn } from '../ir/call.ts';
import type { Loss } from './wire-request.ts';

/**
 * A call's turns in the one form that every provider accepts, so that the three writers only have to print it:
 * user and assistant alternate, a user turn comes first, each has content; no text is blank; call ids are unique over the
 * conversation; every assistant turn with tool calls is followed by a user turn that begins with all their results, in the
 * order of the calls (Gemini pairs results by name and order).
 */
export interface Conversation {
  readonly turns: readonly CleanTurn[];
  readonly losses: Set<Loss>;
}

export type CleanTurn =
  | { readonly role: 'user'; readonly results: readonly ToolResult[]; readonly content: readonly (TextContent | ImageContent)[] }
  | { readonly role: 'assistant'; readonly content: readonly (TextContent | ToolCallContent)[] };

type AssistantContent = TextContent | ToolCallContent;
type UserContent = TextContent | ImageContent | ToolResult;

export function conversation(call: Call): Conversation {
  const losses = new Set<Loss>();
  const turns: CleanTurn[] = [];
  const usedIds = new Set<string>();
  let open: readonly ToolCallContent[] = [];
  // The ids of the turn that waits for results: what the caller calls them, and what they are called here.
  let names = new Map<string, string>();

  for (const turn of merged(call.turns)) {
    if (turn.role === 'assistant') {
      if (open.length > 0) turns.push(userTurn([], open, names, losses));
      else if (turns.length === 0)
        turns.push({ role: 'user', results: [], content: [text('(The conversation begins with an answer.)')] });
      names = new Map();
      const content = turn.content.map((part) => (part.kind === 'text' ? part : renamed(part, usedIds, names, losses)));
      turns.push({ role: 'assistant', content });
      open = content.filter((part) => part.kind === 'tool-call');
    } else {
      turns.push(userTurn(turn.content, open, names, losses));
      open = [];
    }
  }
  if (open.length > 0) turns.push(userTurn([], open, names, losses));
  // Every provider refuses an empty list of messages, and a blank text (a single space too).
  if (turns.length === 0) turns.push({ role: 'user', results: [], content: [text('(empty message)')] });
  return { turns, losses };
}

/** The object that a tool call's arguments are; undefined when they are not one. Blank arguments are those of a tool without any. */
export function argumentsObject(json: string): Record<string, unknown> | undefined {
  if (isBlank(json)) return {};
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** For dialects that must have an object: broken arguments stay readable to the model, which can then mend them. */
export function argumentsOrUnparsed(json: string, losses: Set<Loss>): Record<string, unknown> {
  const value = argumentsObject(json);
  if (value !== undefined) return value;
  losses.add('unparsed-arguments');
  return { unparsed_arguments: json };
}

export function isBlank(value: string): boolean {
  return value.trim() === '';
}

/** The text of a tool result. Images are told apart by the writer. */
export function resultText(content: readonly ToolResultContent[]): string {
  return content.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n');
}

function merged(turns: readonly Turn[]): Turn[] {
  const result: ({ role: 'user'; content: UserContent[] } | { role: 'assistant'; content: AssistantContent[] })[] = [];
  for (const turn of turns) {
    const last = result.at(-1);
    if (turn.role === 'assistant') {
      const content = turn.content.filter((part) => part.kind !== 'text' || !isBlank(part.text));
      if (content.length === 0) continue;
      if (last?.role === 'assistant') last.content.push(...content);
      else result.push({ role: 'assistant', content });
    } else {
      const content = turn.content.filter((part) => part.kind !== 'text' || !isBlank(part.text));
      if (content.length === 0) continue;
      if (last?.role === 'user') last.content.push(...content);
      else result.push({ role: 'user', content });
    }
  }
  return result;
}

function renamed(call: ToolCallContent, used: Set<string>, names: Map<string, string>, losses: Set<Loss>): ToolCallContent {
  // OpenAI takes ids of up to 40 characters, Anthropic letters, digits, dashes and underscores.
  const plain = call.callId.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 36) || 'call';
  let callId = plain;
  for (let n = 2; used.has(callId); n++) callId = `${plain}_${n}`;
  used.add(callId);
  if (callId !== call.callId) losses.add('renamed-call-id');
  // The same id twice in one turn cannot be told apart by its results: the first keeps it.
  if (!names.has(call.callId)) names.set(call.callId, callId);
  return { ...call, callId };
}

function userTurn(
  content: readonly UserContent[],
  open: readonly ToolCallContent[],
  names: ReadonlyMap<string, string>,
  losses: Set<Loss>,
): CleanTurn {
  const given = new Map<string, ToolResult>();
  const rest: (TextContent | ImageContent)[] = [];
  for (const part of content) {
    if (part.kind === 'text') {
      rest.push(part);
    } else if (part.kind === 'image') {
      rest.push(image(part));
    } else {
      const callId = names.get(part.callId);
      if (callId !== undefined && !given.has(callId)) {
        given.set(callId, { ...part, callId, content: part.content.flatMap(cleanResultContent) });
      } else {
        losses.add('orphan-tool-result');
        rest.push(text(`Result of an earlier call of the tool ${part.name}:\n${resultText(part.content)}`));
        rest.push(...part.content.filter((inner) => inner.kind === 'image').map(image));
      }
    }
  }
  const results = open.map((call): ToolResult => {
    const result = given.get(call.callId);
    if (result !== undefined) return { ...result, name: call.name };
    losses.add('missing-tool-result');
    const content = [text('There is no result: the call was interrupted.')];
    return { kind: 'tool-result', callId: call.callId, name: call.name, content, isError: true };
  });
  return { role: 'user', results, content: rest };
}

function cleanResultContent(part: ToolResultContent): ToolResultContent[] {
  if (part.kind === 'image') return [image(part)];
  return isBlank(part.text) ? [] : [part];
}

/** `image/jpg` is no media type, but tools and editors send it; providers refuse it. */
function image(part: ImageContent): ImageContent {
  return part.mediaType === 'image/jpg' ? { ...part, mediaType: 'image/jpeg' } : part;
}

function text(value: string): TextContent {
  return { kind: 'text', text: value };
}
