import type { Call, ImageContent, TextContent, ToolCallContent, ToolResult } from '../../ir/call.ts';
import { conversation, isBlank, resultText, type CleanTurn } from '../conversation.ts';
import { outputLimit, type Loss, type WireRequest, type WriteOptions } from '../wire-request.ts';

type Json = Record<string, unknown>;

export function writeRequest(call: Call, options: WriteOptions): WireRequest {
  const { turns, losses } = conversation(call);
  const messages: Json[] = [];
  if (call.system !== undefined && !isBlank(call.system)) messages.push({ role: 'system', content: call.system });
  for (const turn of turns) messages.push(...messagesOf(turn, losses));

  const limit = outputLimit(call.maxOutputTokens, options);
  const body: Json = { model: call.model, messages, stream: options.stream };
  // Asking a provider that cannot is an error there; one that always tells need not be asked.
  if (options.stream && (options.quirks?.streamUsage ?? 'ask') === 'ask') body['stream_options'] = { include_usage: true };
  if (limit !== undefined) body['max_completion_tokens'] = limit;
  if (call.tools.length > 0) {
    body['tools'] = call.tools.map((tool) => ({
      type: 'function',
      function: { name: tool.name, description: tool.description, parameters: objectSchema(tool.parameters) },
    }));
    if (call.toolChoice === 'required') body['tool_choice'] = 'required';
  }
  return { path: '/v1/chat/completions', body: JSON.stringify(body), losses: [...losses] };
}

function messagesOf(turn: CleanTurn, losses: Set<Loss>): Json[] {
  if (turn.role === 'assistant') return [assistantMessage(turn.content, losses)];
  const messages: Json[] = turn.results.map((result) => toolMessage(result, losses));
  const content = [...turn.results.flatMap(hoistedImages), ...turn.content];
  if (content.length > 0) messages.push({ role: 'user', content: userContent(content) });
  return messages;
}

function assistantMessage(content: readonly (TextContent | ToolCallContent)[], losses: Set<Loss>): Json {
  const texts = content.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
  const calls = content.filter((part) => part.kind === 'tool-call');
  if (calls.some((part) => part.carry !== undefined)) losses.add('dropped-carry');
  const message: Json = { role: 'assistant', content: texts.length === 0 ? null : texts.join('\n\n') };
  if (calls.length > 0) {
    message['tool_calls'] = calls.map((part) => ({
      id: part.callId,
      type: 'function',
      function: { name: part.name, arguments: isBlank(part.arguments) ? '{}' : part.arguments },
    }));
  }
  return message;
}

function toolMessage(result: ToolResult, losses: Set<Loss>): Json {
  const images = result.content.filter((part) => part.kind === 'image').length;
  const lines = [resultText(result.content)].filter((line) => line !== '');
  if (result.isError) {
    losses.add('error-flag-as-text');
    lines.unshift('The tool failed:');
  }
  if (images > 0) {
    losses.add('moved-image');
    lines.push(`(${images === 1 ? 'An image' : `${images} images`} of this result: see the next user message.)`);
  }
  return { role: 'tool', tool_call_id: result.callId, content: lines.join('\n') };
}

/** Tool messages are text only in this dialect: an image moves to the user message that follows, with a label. */
function hoistedImages(result: ToolResult): (TextContent | ImageContent)[] {
  const images = result.content.filter((part) => part.kind === 'image');
  return images.length === 0 ? [] : [{ kind: 'text', text: `From the result of ${result.name} (${result.callId}):` }, ...images];
}

/** One string where there is only text: many local servers take no list. */
function userContent(content: readonly (TextContent | ImageContent)[]): string | Json[] {
  const texts = content.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
  if (texts.length === content.length) return texts.join('\n\n');
  return content.map((part) =>
    part.kind === 'text'
      ? { type: 'text', text: part.text }
      : { type: 'image_url', image_url: { url: `data:${part.mediaType};base64,${part.base64}` } },
  );
}

/** A tool without parameters comes as `{}` from some editors; the schema must be an object's. */
function objectSchema(parameters: Readonly<Json>): Json {
  return parameters['type'] === undefined ? { type: 'object', properties: {}, ...parameters } : parameters;
}
