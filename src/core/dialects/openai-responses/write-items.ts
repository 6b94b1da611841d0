import type { AssistantContent, Media, TextContent, ToolResult } from '../../ir/call.ts';
import type { Loss } from '../../ir/loss.ts';
import { isBlank, resultText, type CleanTurn } from '../conversation.ts';
import { parseRecord } from '../read-json.ts';

type Json = Record<string, unknown>;

export function inputItems(turn: CleanTurn, losses: Set<Loss>): Json[] {
  if (turn.role === 'assistant') return assistantItems(turn.content, losses);
  const role = turn.role === 'system' ? 'developer' : 'user';
  const items = turn.role === 'user' ? turn.results.map((result) => outputItem(result, losses)) : [];
  if (turn.content.length > 0) items.push({ type: 'message', role, content: turn.content.map((part) => inputPart(part, losses)) });
  return items;
}

function assistantItems(content: readonly AssistantContent[], losses: Set<Loss>): Json[] {
  const items: Json[] = [];
  let words: Json[] | undefined;
  for (const part of withoutLastThoughts(content, losses)) {
    if (part.kind === 'text') {
      if (words === undefined) {
        words = [];
        items.push({ type: 'message', role: 'assistant', content: words });
      }
      words.push({ type: 'output_text', text: part.text });
      continue;
    }
    words = undefined;
    if (part.kind === 'tool-call') {
      const { callId, name, arguments: json } = part;
      items.push({ type: 'function_call', call_id: callId, name, arguments: isBlank(json) ? '{}' : json });
    } else {
      // The token is the item as it came: see decode.ts.
      const item = part.carry && parseRecord(part.carry.token);
      if (item === undefined) losses.add('dropped-reasoning');
      else items.push(item);
    }
  }
  return items;
}

/** A reasoning item without the item that it led to is an error there: an answer that was broken off while it was thought about. */
function withoutLastThoughts(content: readonly AssistantContent[], losses: Set<Loss>): readonly AssistantContent[] {
  const last = content.findLastIndex((part) => part.kind !== 'reasoning');
  if (last < content.length - 1) losses.add('dropped-reasoning');
  return content.slice(0, last + 1);
}

/** Outputs take images and files: nothing has to move. */
function outputItem(result: ToolResult, losses: Set<Loss>): Json {
  const item: Json = { type: 'function_call_output', call_id: result.callId };
  const failed = 'The tool failed:';
  if (result.isError) losses.add('error-flag-as-text');
  if (result.content.every((part) => part.kind === 'text')) {
    const text = resultText(result.content);
    return { ...item, output: result.isError ? `${failed}\n${text}` : text };
  }
  const output = result.content.map((part) => (part.kind === 'audio' ? unsaid(part.kind, losses) : inputPart(part, losses)));
  return { ...item, output: result.isError ? [{ type: 'input_text', text: failed }, ...output] : output };
}

function inputPart(part: TextContent | Media, losses: Set<Loss>): Json {
  switch (part.kind) {
    case 'text':
      return { type: 'input_text', text: part.text };
    case 'image':
      return { type: 'input_image', detail: 'auto', image_url: `data:${part.mediaType};base64,${part.base64}` };
    case 'document':
      return {
        type: 'input_file',
        filename: part.name ?? (part.mediaType === 'application/pdf' ? 'document.pdf' : 'document.txt'),
        file_data: `data:${part.mediaType};base64,${part.base64}`,
      };
    case 'audio': {
      const format = /mp3|mpeg/.test(part.mediaType) ? 'mp3' : part.mediaType.includes('wav') ? 'wav' : undefined;
      if (format === undefined) return unsaid('audio', losses);
      return { type: 'input_audio', input_audio: { data: part.base64, format } };
    }
    case 'remote':
      return part.what === 'image'
        ? { type: 'input_image', detail: 'auto', image_url: part.url }
        : { type: 'input_file', file_url: part.url };
    default:
      return part satisfies never;
  }
}

function unsaid(what: string, losses: Set<Loss>): Json {
  losses.add('dropped-media');
  return { type: 'input_text', text: `(There was ${what} here, which this model cannot be sent.)` };
}
