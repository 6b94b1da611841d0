import type { AssistantContent, Media, TextContent, ToolCallContent, ToolResult } from '../../ir/call.ts';
import type { Loss } from '../../ir/loss.ts';
import { isBlank, resultText, type CleanTurn } from '../conversation.ts';
import { parseRecord, recordAt } from '../read-json.ts';
import { readThought, repeatThoughts, type RepeatedThought } from './reasoning-details.ts';

type Json = Record<string, unknown>;

export interface MessageRules {
  /** See the quirks of the same names. */
  readonly replaysReasoning: boolean;
  readonly modelSpeaksAfterTools: boolean;
}

export function writeMessages(turns: readonly CleanTurn[], rules: MessageRules, losses: Set<Loss>): Json[] {
  return turns.flatMap((turn) => messagesOf(turn, rules, losses));
}

function messagesOf(turn: CleanTurn, rules: MessageRules, losses: Set<Loss>): Json[] {
  if (turn.role === 'system') return [{ role: 'system', content: turn.content.map((part) => part.text).join('\n\n') }];
  if (turn.role === 'assistant') return [assistantMessage(turn.content, rules, losses)];
  const messages: Json[] = turn.results.map((result) => toolMessage(result, losses));
  const content = [...turn.results.flatMap(hoistedMedia), ...turn.content];
  if (content.length === 0) return messages;
  if (messages.length > 0 && rules.modelSpeaksAfterTools) messages.push({ role: 'assistant', content: 'I have the results.' });
  messages.push({ role: 'user', content: userContent(content, losses) });
  return messages;
}

function assistantMessage(content: readonly AssistantContent[], rules: MessageRules, losses: Set<Loss>): Json {
  const texts = content.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
  const calls = content.filter((part) => part.kind === 'tool-call');
  const message: Json = { role: 'assistant', content: texts.length === 0 && calls.length > 0 ? null : texts.join('\n\n') };
  const thoughts: RepeatedThought[] = [];
  for (const part of content) {
    if (part.kind !== 'reasoning') continue;
    const thought = part.carry === undefined ? undefined : readThought(part.carry.token);
    if (thought === undefined) losses.add('dropped-reasoning');
    else thoughts.push(thought);
  }
  repeatThoughts(message, thoughts);
  if (rules.replaysReasoning && message['reasoning_content'] === undefined) message['reasoning_content'] = standIn(texts, calls);
  if (calls.length > 0) message['tool_calls'] = calls.map((part) => toolCall(part, losses));
  return message;
}

/**
 * For an answer whose thoughts were not kept, or that somebody else gave. Without any, or with blank ones, DeepSeek and Kimi refuse
 * the whole conversation (pi #3640, hermes-agent #17341); the same sentence again and again makes models repeat it instead of
 * answering (lingtai-kernel #9). So it says what the answer went on to do.
 */
function standIn(texts: readonly string[], calls: readonly ToolCallContent[]): string {
  const call = calls[0];
  if (call !== undefined) return `I call ${call.name} with ${brief(call.arguments)}`;
  return `I answer: ${brief(texts[0] ?? '')}`;
}

function brief(words: string): string {
  return words.replace(/\s+/g, ' ').trim().slice(0, 100);
}

function toolCall(part: ToolCallContent, losses: Set<Loss>): Json {
  const call: Json = {
    id: part.callId,
    type: 'function',
    function: { name: part.name, arguments: isBlank(part.arguments) ? '{}' : part.arguments },
  };
  if (part.carry === undefined) return call;
  const extra = recordAt(parseRecord(part.carry.token), 'extra_content');
  if (extra === undefined) losses.add('dropped-reasoning');
  else call['extra_content'] = extra;
  return call;
}

function toolMessage(result: ToolResult, losses: Set<Loss>): Json {
  const media = result.content.filter((part) => part.kind !== 'text');
  const lines = [resultText(result.content)].filter((line) => line !== '');
  if (result.isError) {
    losses.add('error-flag-as-text');
    lines.unshift('The tool failed:');
  }
  if (media.length > 0) {
    losses.add('moved-media');
    const [one, many] = media.every(isImage) ? ['An image', 'images'] : ['An attachment', 'attachments'];
    lines.push(`(${media.length === 1 ? one : `${media.length} ${many}`} of this result: see the next user message.)`);
  }
  return { role: 'tool', tool_call_id: result.callId, content: lines.join('\n') };
}

function isImage(part: Media): boolean {
  return part.kind === 'image' || (part.kind === 'remote' && part.what === 'image');
}

/** Tool messages are text only in this dialect: media move to the user message that follows, with a label. */
function hoistedMedia(result: ToolResult): (TextContent | Media)[] {
  const media = result.content.filter((part) => part.kind !== 'text');
  return media.length === 0 ? [] : [{ kind: 'text', text: `From the result of ${result.name} (${result.callId}):` }, ...media];
}

/** One string where there is only text: many local servers take no list. */
function userContent(content: readonly (TextContent | Media)[], losses: Set<Loss>): string | Json[] {
  const parts = content.map((part) => userPart(part, losses));
  const texts = parts.flatMap((part) => (typeof part === 'string' ? [part] : []));
  if (texts.length === parts.length) return texts.join('\n\n');
  return parts.map((part) => (typeof part === 'string' ? { type: 'text', text: part } : part));
}

function userPart(part: TextContent | Media, losses: Set<Loss>): string | Json {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'image':
      return { type: 'image_url', image_url: { url: dataUri(part) } };
    case 'remote':
      if (part.what === 'image') return { type: 'image_url', image_url: { url: part.url } };
      losses.add('dropped-media');
      return `(A document was left out, because this provider does not fetch documents: ${part.url})`;
    case 'document':
      // Files that are text already need no provider that can read files.
      if (isTextual(part.mediaType)) return fileText(part.name, Buffer.from(part.base64, 'base64').toString());
      return { type: 'file', file: { filename: part.name ?? fileName(part.mediaType), file_data: dataUri(part) } };
    case 'audio': {
      const format = AUDIO[part.mediaType];
      if (format !== undefined) return { type: 'input_audio', input_audio: { data: part.base64, format } };
      losses.add('dropped-media');
      return `(A recording in ${part.mediaType} was left out, because this provider takes only WAV and MP3.)`;
    }
    default:
      return part satisfies never;
  }
}

const AUDIO: Readonly<Record<string, 'wav' | 'mp3'>> = {
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/wave': 'wav',
  'audio/mp3': 'mp3',
  'audio/mpeg': 'mp3',
};

function dataUri(part: { readonly mediaType: string; readonly base64: string }): string {
  return `data:${part.mediaType};base64,${part.base64}`;
}

function isTextual(mediaType: string): boolean {
  return mediaType.startsWith('text/') || mediaType === 'application/json' || mediaType === 'application/xml';
}

function fileText(name: string | undefined, text: string): string {
  return `Content of the file ${name ?? 'without a name'}:\n${text}`;
}

/** A file part without a name is refused. */
function fileName(mediaType: string): string {
  return mediaType === 'application/pdf' ? 'document.pdf' : 'document';
}
