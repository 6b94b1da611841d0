import type { Call, ImageContent, TextContent, ToolCallContent, ToolResult } from '../../ir/call.ts';
import { argumentsOrUnparsed, conversation, isBlank, type CleanTurn } from '../conversation.ts';
import { bareModel, outputLimit, type Loss, type WireRequest, type WriteOptions } from '../wire-request.ts';

type Json = Record<string, unknown>;

export function writeRequest(call: Call, options: WriteOptions): WireRequest {
  const { turns, losses } = conversation(call);
  const messages = turns.map((turn) => message(turn, losses));
  trimFinalAnswer(messages);
  const system = call.system === undefined || isBlank(call.system) ? undefined : [{ type: 'text', text: call.system } as Json];
  const tools = call.tools.map((tool): Json => ({
    name: tool.name,
    description: tool.description,
    input_schema: objectSchema(tool.parameters),
  }));
  if (options.cacheBreakpoints !== false) setBreakpoints(tools, system, messages);

  const body: Json = {
    model: call.model,
    max_tokens:
      outputLimit(call.maxOutputTokens, options) ?? defaultMaxTokens(options.servedBy ?? call.model, options.maxOutputTokens),
    stream: options.stream,
  };
  if (system !== undefined) body['system'] = system;
  if (tools.length > 0) {
    body['tools'] = tools;
    if (call.toolChoice === 'required') body['tool_choice'] = { type: 'any' };
  }
  body['messages'] = messages.map(({ role, content }) => ({ role, content }));
  return { path: '/v1/messages', body: JSON.stringify(body), losses: [...losses] };
}

/**
 * `max_tokens` where the caller set none; the dialect requires one. It is a ceiling, not a price: only what is written is
 * billed. Claude 3 can write 4,096 tokens and 3.5 8,192; every later Claude takes 32,000 (Opus 4 allows no more). Other
 * vendors' models behind this dialect get 8,192, which all of them take. A known limit of the model wins.
 */
export function defaultMaxTokens(model: string, known: number | undefined): number {
  const name = bareModel(model);
  const family = /claude-3-[5]|claude-3\.5/.test(name)
    ? 8192
    : /claude-3-(?:haiku|sonnet|opus)/.test(name)
      ? 4096
      : name.includes('claude')
        ? 32_000
        : 8192;
  return known === undefined ? family : Math.min(known, 32_000);
}

interface Message {
  readonly role: 'user' | 'assistant';
  readonly content: Json[];
}

function message(turn: CleanTurn, losses: Set<Loss>): Message {
  if (turn.role === 'assistant') return { role: 'assistant', content: turn.content.map((part) => assistantBlock(part, losses)) };
  return { role: 'user', content: [...turn.results.map(resultBlock), ...turn.content.map(contentBlock)] };
}

/** A conversation that ends with the assistant's words is to be continued, and may not end with white space. */
function trimFinalAnswer(messages: readonly Message[]): void {
  const last = messages.at(-1);
  const block = last?.role === 'assistant' ? last.content.at(-1) : undefined;
  if (block !== undefined && typeof block['text'] === 'string') block['text'] = block['text'].trimEnd();
}

function assistantBlock(part: TextContent | ToolCallContent, losses: Set<Loss>): Json {
  if (part.kind === 'text') return { type: 'text', text: part.text };
  if (part.carry !== undefined) losses.add('dropped-carry');
  return { type: 'tool_use', id: part.callId, name: part.name, input: argumentsOrUnparsed(part.arguments, losses) };
}

function resultBlock(result: ToolResult): Json {
  const block: Json = { type: 'tool_result', tool_use_id: result.callId };
  if (result.content.length > 0) block['content'] = result.content.map(contentBlock);
  if (result.isError) block['is_error'] = true;
  return block;
}

function contentBlock(part: TextContent | ImageContent): Json {
  return part.kind === 'text'
    ? { type: 'text', text: part.text }
    : { type: 'image', source: { type: 'base64', media_type: part.mediaType, data: part.base64 } };
}

/**
 * Four breakpoints are allowed. Tools and system change least; the last two user turns are what one round of an agent adds:
 * the older of them is what the previous request wrote, and is read back now.
 */
function setBreakpoints(tools: readonly Json[], system: readonly Json[] | undefined, messages: readonly Message[]): void {
  const users = messages.filter((each) => each.role === 'user').slice(-2);
  for (const block of [tools.at(-1), system?.at(-1), ...users.map((each) => each.content.at(-1))]) {
    if (block !== undefined) block['cache_control'] = { type: 'ephemeral' };
  }
}

function objectSchema(parameters: Readonly<Json>): Json {
  return parameters['type'] === 'object' ? parameters : { properties: {}, ...parameters, type: 'object' };
}
