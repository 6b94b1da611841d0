import type { CacheMark, Media, TextContent, ToolResultContent } from '../../ir/call.ts';
import { fieldLoss, type Loss } from '../../ir/loss.ts';
import type { JsonRecord } from '../read-json.ts';
import { listIn, missing, neededText, pathOf, recordIn, recordOf, refuse, said, shown, textIn, wordIn, wrong } from './reading.ts';

/** What a message says: a text, or a list of parts. Undefined where it says null or nothing. */
export function readContent(message: JsonRecord, where: string, losses: Set<Loss>): ToolResultContent[] | undefined {
  const { content } = message;
  if (content === undefined || content === null) return undefined;
  const path = pathOf(where, 'content');
  const parts =
    typeof content === 'string'
      ? [{ kind: 'text', text: content } as const]
      : Array.isArray(content)
        ? content.map((part, at) => readPart(recordOf(part, `${path}[${at}]`), `${path}[${at}]`, losses))
        : wrong(path, 'a text or a list of parts', content);
  // LiteLLM and the AI SDK put the mark on the message; it then stands behind all of its parts.
  const mark = cacheMark(message, where);
  const last = parts.at(-1);
  if (mark === undefined || last === undefined) return parts;
  return [...parts.slice(0, -1), { ...last, cache: mark }];
}

/** The same where a message may only hold text. */
export function readTexts(message: JsonRecord, where: string, losses: Set<Loss>): TextContent[] {
  const parts = readContent(message, where, losses) ?? missing(pathOf(where, 'content'));
  return parts.map((part, at) =>
    part.kind === 'text'
      ? part
      : refuse(
          `"${pathOf(where, 'content')}[${at}]" must be a text: messages with the role ${textIn(message, 'role')} hold no media.`,
        ),
  );
}

function readPart(part: JsonRecord, where: string, losses: Set<Loss>): ToolResultContent {
  const type = neededText(part, 'type', where);
  const cache = said({ cache: cacheMark(part, where) });
  switch (type) {
    case 'text':
    case 'refusal':
      return { kind: 'text', text: textIn(part, type, where) ?? missing(pathOf(where, type)), ...cache };
    case 'image_url':
      return { ...readImage(part, where, losses), ...cache };
    case 'input_audio':
      return { ...readAudio(part, where), ...cache };
    case 'file':
      return { ...readFile(part, where), ...cache };
    default:
      return refuse(
        `"${where}" is of the type "${shown(type)}", which other providers do not know. Send text, image_url, input_audio or file.`,
      );
  }
}

function readImage(part: JsonRecord, where: string, losses: Set<Loss>): Media {
  const path = pathOf(where, 'image_url');
  // Some agents write the address itself where an object should be.
  const image = typeof part['image_url'] === 'string' ? { url: part['image_url'] } : recordOf(part['image_url'], path);
  const detail = textIn(image, 'detail', path);
  if (detail !== undefined && detail !== 'auto') losses.add(fieldLoss('image_url.detail'));
  const url = neededText(image, 'url', path);
  if (url.startsWith('data:')) return readDataUri(url, pathOf(path, 'url'));
  if (!isWebAddress(url)) return refuse(`"${pathOf(path, 'url')}" must be a data: URI or an http(s) address.`);
  return { kind: 'remote', what: 'image', url };
}

function readAudio(part: JsonRecord, where: string): Media {
  const path = pathOf(where, 'input_audio');
  const audio = recordIn(part, 'input_audio', where) ?? missing(path);
  const format =
    wordIn(audio, 'format', ['wav', 'mp3', 'flac', 'ogg', 'opus', 'aac', 'm4a', 'aiff', 'webm'], path) ?? missing(`${path}.format`);
  return { kind: 'audio', mediaType: format === 'mp3' ? 'audio/mpeg' : `audio/${format}`, base64: neededText(audio, 'data', path) };
}

function readFile(part: JsonRecord, where: string): Media {
  const path = pathOf(where, 'file');
  const file = recordIn(part, 'file', where) ?? missing(path);
  if (textIn(file, 'file_id', path) !== undefined) {
    return refuse(
      `"${path}.file_id" names a file that is stored at one provider and cannot be read from here. Send the file itself as "file_data".`,
    );
  }
  const data = neededText(file, 'file_data', path);
  const name = said({ name: textIn(file, 'filename', path) || undefined });
  if (data.startsWith('data:')) return { ...readDataUri(data, `${path}.file_data`), ...name };
  // OpenRouter takes addresses there.
  if (isWebAddress(data)) return { kind: 'remote', what: 'document', url: data };
  return { kind: 'document', mediaType: 'application/pdf', base64: data, ...name };
}

function readDataUri(uri: string, where: string): Exclude<Media, { kind: 'remote' }> {
  const comma = uri.indexOf(',');
  if (comma === -1) return refuse(`"${where}" is a data: URI without data.`);
  // Parameters (charset, name) say nothing about the bytes, and some providers refuse them.
  const [type = '', ...parameters] = uri.slice('data:'.length, comma).split(';');
  const mediaType = type.trim().toLowerCase() || 'text/plain';
  const data = uri.slice(comma + 1);
  const inBase64 = parameters.some((each) => each.trim().toLowerCase() === 'base64');
  const base64 = inBase64 ? data : Buffer.from(unescaped(data, where)).toString('base64');
  if (base64 === '') return refuse(`"${where}" is a data: URI without data.`);
  if (mediaType.startsWith('image/')) return { kind: 'image', mediaType, base64 };
  return { kind: mediaType.startsWith('audio/') ? 'audio' : 'document', mediaType, base64 };
}

function unescaped(data: string, where: string): string {
  try {
    return decodeURIComponent(data);
  } catch {
    return refuse(`"${where}" is a data: URI with a broken percent escape.`);
  }
}

function isWebAddress(url: string): boolean {
  return /^https?:\/\//i.test(url);
}

/** OpenRouter's way of saying where the prompt cache should break, taken over from Anthropic. */
export function cacheMark(record: JsonRecord, where: string): CacheMark | undefined {
  const mark = recordIn(record, 'cache_control', where);
  if (mark === undefined) return undefined;
  return wordIn(mark, 'ttl', ['5m', '1h'], pathOf(where, 'cache_control')) ?? '5m';
}

/** Mistral's models think inside their content; agents send that back as it came. Takes the thoughts out of it. */
export function splitThoughts(
  message: JsonRecord,
  where: string,
): { readonly message: JsonRecord; readonly thoughts: readonly string[] } {
  const { content } = message;
  if (!Array.isArray(content)) return { message, thoughts: [] };
  const isThought = (part: unknown): part is JsonRecord => (part as JsonRecord | null)?.['type'] === 'thinking';
  const thoughts = content.filter(isThought).map((part) =>
    listIn(part, 'thinking', pathOf(where, 'content'))
      .map((piece) => textIn(recordOf(piece, pathOf(where, 'content')), 'text') ?? '')
      .join(''),
  );
  return thoughts.length === 0
    ? { message, thoughts }
    : { message: { ...message, content: content.filter((part) => !isThought(part)) }, thoughts };
}
