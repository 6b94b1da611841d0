import type { AssistantContent, Media, ReasoningContent, TextContent, ToolResult, CacheMark } from '../../ir/call.ts';
import { fieldLoss, type Loss } from '../../ir/loss.ts';
import { argumentsOrUnparsed, type CleanTurn } from '../conversation.ts';
import { parseRecord } from '../read-json.ts';

export type Json = Record<string, unknown>;

export interface Message {
  readonly role: 'user' | 'assistant';
  readonly content: Json[];
}

const IMAGE_TYPES = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);

/** `refusesPrefill`: the conversation may not end with words of the assistant. */
export function writeMessages(turns: readonly CleanTurn[], refusesPrefill: boolean, losses: Set<Loss>): Message[] {
  const messages = turns.map((turn) => message(turn, losses)).filter((each) => each.content.length > 0);
  finish(messages, losses);
  if (refusesPrefill && messages.at(-1)?.role === 'assistant') {
    losses.add(fieldLoss('prefill'));
    messages.push({ role: 'user', content: [{ type: 'text', text: 'Continue exactly where your last message ends.' }] });
  }
  return messages;
}

function message(turn: CleanTurn, losses: Set<Loss>): Message {
  if (turn.role === 'assistant')
    return { role: 'assistant', content: turn.content.flatMap((part) => assistantBlock(part, losses)) };
  // System turns were asked for as user turns.
  const results = turn.role === 'user' ? turn.results : [];
  return {
    role: 'user',
    content: [...results.map((each) => resultBlock(each, losses)), ...turn.content.map((each) => contentBlock(each, losses))],
  };
}

/** A conversation that ends with the assistant's words is to be continued: it may end neither with thoughts nor with white space. */
function finish(messages: Message[], losses: Set<Loss>): void {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return;
  while (isThinking(last.content.at(-1))) {
    last.content.pop();
    losses.add('dropped-reasoning');
  }
  const block = last.content.at(-1);
  if (block === undefined) messages.pop();
  else if (typeof block['text'] === 'string') block['text'] = block['text'].trimEnd();
}

function isThinking(block: Readonly<Json> | undefined): boolean {
  return block?.['type'] === 'thinking' || block?.['type'] === 'redacted_thinking';
}

function assistantBlock(part: AssistantContent, losses: Set<Loss>): Json[] {
  switch (part.kind) {
    case 'text':
      return [writeText(part)];
    case 'tool-call': {
      const input = argumentsOrUnparsed(part.arguments, losses);
      return [{ type: 'tool_use', id: part.callId, name: part.name, input, ...marked(part.cache) }];
    }
    case 'reasoning':
      return thinkingBlock(part, losses);
    default:
      return part satisfies never;
  }
}

/** The carry holds the whole block: a signature is only good for the very words it came with. */
function thinkingBlock(part: ReasoningContent, losses: Set<Loss>): Json[] {
  const block = part.carry && parseRecord(part.carry.token);
  // A tag came through an agent: what it holds is looked at before it goes out.
  if (isThinking(block)) return [block!];
  losses.add('dropped-reasoning');
  return [];
}

function resultBlock(result: ToolResult, losses: Set<Loss>): Json {
  const block: Json = { type: 'tool_result', tool_use_id: result.callId };
  if (result.content.length > 0) block['content'] = result.content.map((part) => contentBlock(part, losses));
  if (result.isError) block['is_error'] = true;
  return { ...block, ...marked(result.cache) };
}

function contentBlock(part: TextContent | Media, losses: Set<Loss>): Json {
  switch (part.kind) {
    case 'text':
      return writeText(part);
    case 'remote':
      return { type: part.what, source: { type: 'url', url: part.url }, ...marked(part.cache) };
    case 'image': {
      if (!IMAGE_TYPES.has(part.mediaType)) return leftOut(part, losses);
      return { type: 'image', source: { type: 'base64', media_type: part.mediaType, data: part.base64 }, ...marked(part.cache) };
    }
    case 'document': {
      const source = documentSource(part.mediaType, part.base64);
      if (source === undefined) return leftOut(part, losses);
      return { type: 'document', source, ...(part.name === undefined ? {} : { title: part.name }), ...marked(part.cache) };
    }
    case 'audio':
      return leftOut(part, losses);
    default:
      return part satisfies never;
  }
}

/** PDF, or plain text as text; undefined for what is neither. */
function documentSource(mediaType: string, base64: string): Json | undefined {
  if (mediaType === 'application/pdf') return { type: 'base64', media_type: mediaType, data: base64 };
  if (!/^text\/|^application\/(?:json|xml|yaml|x-yaml|javascript)$/.test(mediaType)) return undefined;
  return { type: 'text', media_type: 'text/plain', data: Buffer.from(base64, 'base64').toString() };
}

function leftOut(part: Exclude<Media, { kind: 'remote' }>, losses: Set<Loss>): Json {
  losses.add('dropped-media');
  const what = part.name === undefined ? part.mediaType : `${part.name}, ${part.mediaType}`;
  return { type: 'text', text: `(A file was left out, because this model cannot read it: ${what}.)`, ...marked(part.cache) };
}

export function writeText(part: TextContent): Json {
  return { type: 'text', text: part.text, ...marked(part.cache) };
}

function marked(cache: CacheMark | undefined): Json {
  return cache === undefined ? {} : { cache_control: { type: 'ephemeral', ttl: cache } };
}
