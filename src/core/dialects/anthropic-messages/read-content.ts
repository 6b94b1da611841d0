import type {
  AssistantContent,
  DocumentContent,
  Media,
  ReasoningContent,
  TextContent,
  ToolCallContent,
  ToolResult,
  ToolResultContent,
  UserContent,
} from '../../ir/call.ts';
import { readTag } from '../../ir/carry.ts';
import { fieldLoss, toolLoss } from '../../ir/loss.ts';
import { asRecord, listAt, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { cacheMark, type Reading } from './reading.ts';
import { callIdOf } from './tool-use-id.ts';

type Place = 'system' | 'user' | 'assistant' | 'tool_result';

export type Content = UserContent | AssistantContent;

/** Blocks by the places in which they have a meaning. Any other type is left out with a loss. */
const PLACES: Readonly<Record<string, readonly Place[]>> = {
  text: ['system', 'user', 'assistant', 'tool_result'],
  image: ['user', 'tool_result'],
  document: ['user', 'tool_result'],
  search_result: ['user', 'tool_result'],
  tool_reference: ['user', 'tool_result'],
  tool_result: ['user'],
  tool_use: ['assistant'],
  thinking: ['assistant'],
  redacted_thinking: ['assistant'],
};

/** A message's content, a text or blocks, in the form of a call. */
export function readContent(content: string | readonly unknown[], place: Place, where: string, reading: Reading): Content[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }];
  return content.flatMap((each, at) => readBlock(asRecord(each) ?? {}, place, `${where}.${at}`, reading));
}

function readBlock(block: JsonRecord, place: Place, where: string, reading: Reading): Content[] {
  const type = textAt(block, 'type');
  const places = type !== undefined && Object.hasOwn(PLACES, type) ? PLACES[type] : undefined;
  if (type === undefined) {
    reading.refuse(`${where}.type`, 'each content block needs a type');
    return [];
  }
  if (places !== undefined && !places.includes(place)) {
    reading.refuse(
      where,
      `a block of the type "${type}" cannot stand in ${place === 'tool_result' ? 'a tool result' : `a ${place} message`}`,
    );
    return [];
  }
  switch (type) {
    case 'text':
      return readText(block, where, reading);
    case 'image':
    case 'document':
      return readMedia(block, type, where, reading);
    case 'search_result':
      return readSearchResult(block);
    case 'tool_reference':
      return [{ kind: 'text', text: `(Found the tool ${textAt(block, 'tool_name') ?? ''}.)`, ...marked(block) }];
    case 'tool_result':
      return readToolResult(block, where, reading);
    case 'tool_use':
      return readToolUse(block, where, reading);
    case 'thinking':
      return [reasoning(textAt(block, 'thinking') ?? '', textAt(block, 'signature'))];
    case 'redacted_thinking':
      return [reasoning('', textAt(block, 'data'))];
    default:
      // What the provider's own tools left in the conversation, and what is yet to be invented.
      reading.losses.add(toolLoss(type));
      return [];
  }
}

function readText(block: JsonRecord, where: string, reading: Reading): TextContent[] {
  const text = block['text'];
  if (typeof text !== 'string') {
    reading.refuse(`${where}.text`, 'it should be a text');
    return [];
  }
  if (listAt(block, 'citations').length > 0) reading.losses.add(fieldLoss('citations'));
  return [{ kind: 'text', text, ...marked(block) }];
}

function reasoning(text: string, opaque: string | undefined): ReasoningContent {
  const carry = opaque === undefined ? undefined : readTag(opaque);
  return carry === undefined ? { kind: 'reasoning', text } : { kind: 'reasoning', text, carry };
}

function readToolUse(block: JsonRecord, where: string, reading: Reading): ToolCallContent[] {
  const id = textAt(block, 'id');
  const name = textAt(block, 'name');
  const input = block['input'] ?? {};
  if (id === undefined || name === undefined || asRecord(input) === undefined) {
    reading.refuse(where, 'a tool call needs an id, a name and an input that is an object');
    return [];
  }
  const callId = callIdOf(id);
  reading.toolNames.set(callId, name);
  return [{ kind: 'tool-call', callId, name, arguments: JSON.stringify(input), ...marked(block) }];
}

function readToolResult(block: JsonRecord, where: string, reading: Reading): ToolResult[] {
  const id = textAt(block, 'tool_use_id');
  const callId = callIdOf(id ?? '');
  const content = block['content'] ?? '';
  if (id === undefined) reading.refuse(`${where}.tool_use_id`, 'a tool result must name its call');
  if (typeof content !== 'string' && !Array.isArray(content)) {
    reading.refuse(`${where}.content`, 'it should be a text or a list of content blocks');
    return [];
  }
  const parts = readContent(content, 'tool_result', `${where}.content`, reading) as ToolResultContent[];
  const name = reading.toolNames.get(callId) ?? 'unknown';
  const isError = block['is_error'] === true;
  return [{ kind: 'tool-result', callId, name, content: parts, isError, ...marked(block) }];
}

/** Search results are text with a source; citing them is Anthropic's own. */
function readSearchResult(block: JsonRecord): TextContent[] {
  const texts = listAt(block, 'content').map((each) => textAt(asRecord(each), 'text') ?? '');
  const head = `Search result: ${textAt(block, 'title') ?? 'untitled'} (${textAt(block, 'source') ?? 'no source'})`;
  return [{ kind: 'text', text: [head, ...texts].join('\n'), ...marked(block) }];
}

function readMedia(block: JsonRecord, what: 'image' | 'document', where: string, reading: Reading): (TextContent | Media)[] {
  const source = recordAt(block, 'source');
  const title = what === 'document' ? textAt(block, 'title') : undefined;
  const rest = { ...(title === undefined ? {} : { name: title }), ...marked(block) };
  const about = what === 'document' ? textAt(block, 'context') : undefined;
  const before: TextContent[] = about === undefined ? [] : [{ kind: 'text', text: `About the document that follows: ${about}` }];
  if (recordAt(block, 'citations')?.['enabled'] === true) reading.losses.add(fieldLoss('citations'));
  if (recordAt(block, 'transformations') !== undefined) reading.losses.add(fieldLoss('transformations'));
  const text = (data: string): DocumentContent => ({
    kind: 'document',
    mediaType: 'text/plain',
    base64: Buffer.from(data).toString('base64'),
    ...rest,
  });
  switch (source?.['type']) {
    case 'base64': {
      const base64 = textAt(source, 'data');
      const mediaType = textAt(source, 'media_type') ?? (what === 'document' ? 'application/pdf' : undefined);
      if (base64 === undefined || mediaType === undefined) break;
      return [...before, { kind: what, mediaType, base64, ...rest }];
    }
    case 'url': {
      const url = textAt(source, 'url');
      if (url === undefined) break;
      return [...before, { kind: 'remote', what, url, ...marked(block) }];
    }
    case 'text': {
      const data = source['data'];
      if (typeof data !== 'string') break;
      return [...before, text(data)];
    }
    case 'content': {
      const content = source['content'];
      if (typeof content === 'string') return [...before, text(content)];
      if (!Array.isArray(content)) break;
      const parts = readContent(content, 'tool_result', `${where}.source.content`, reading);
      const texts = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
      const images = parts.filter((part) => part.kind === 'image' || part.kind === 'remote');
      return [...before, ...(texts.length > 0 ? [text(texts.join('\n'))] : []), ...images];
    }
    case 'file':
      reading.losses.add('dropped-media');
      return [
        ...before,
        { kind: 'text', text: `(The ${what} ${title ?? 'here'} is stored at Anthropic and was left out.)`, ...marked(block) },
      ];
    default:
      break;
  }
  reading.refuse(`${where}.source`, `this is no source of ${what === 'image' ? 'an image' : 'a document'} that is known here`);
  return [];
}

function marked(block: JsonRecord) {
  const cache = cacheMark(block['cache_control']);
  return cache === undefined ? {} : { cache };
}
