import type { CacheMark, Media, TextContent } from '../../ir/call.ts';
import { fieldLoss } from '../../ir/loss.ts';
import { asRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { kindOf, quoted, refuse, type Reading } from './reading.ts';

/** The content of a message, or the output of a tool: a string, or parts. */
export function readContent(value: unknown, where: string, reading: Reading): (TextContent | Media)[] {
  if (typeof value === 'string') return [{ kind: 'text', text: value }];
  if (!Array.isArray(value)) {
    refuse(reading, `The request's ${where} must be a string or an array of parts, but is ${kindOf(value)}.`);
    return [];
  }
  return value.flatMap((each: unknown, at) => {
    const part = readPart(asRecord(each) ?? {}, `${where}[${at}]`, reading);
    return part === undefined ? [] : [part];
  });
}

function readPart(part: JsonRecord, where: string, reading: Reading): TextContent | Media | undefined {
  const type = part['type'];
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text':
    case 'summary_text':
    case 'reasoning_text':
      return typeof part['text'] === 'string'
        ? { kind: 'text', text: part['text'], ...cacheOf(part) }
        : refuse(reading, `The request's ${where}.text must be a string, but is ${kindOf(part['text'])}.`);
    case 'refusal':
      return { kind: 'text', text: textAt(part, 'refusal') ?? '' };
    case 'input_image':
      return readImage(part, where, reading);
    case 'input_file':
      return readFile(part, where, reading);
    case 'input_audio': {
      const audio = recordAt(part, 'input_audio');
      const [base64, format] = [textAt(audio, 'data'), textAt(audio, 'format')];
      if (base64 !== undefined && format !== undefined)
        return { kind: 'audio', mediaType: format === 'mp3' ? 'audio/mpeg' : `audio/${format}`, base64 };
      return refuse(reading, `The request's ${where}.input_audio must have "data" and "format".`);
    }
    default:
      return refuse(reading, `The request's ${where} has the type ${quoted(type)}, which is no content that Gatehouse knows.`);
  }
}

function readImage(part: JsonRecord, where: string, reading: Reading): Media | undefined {
  const detail = textAt(part, 'detail');
  if (detail !== undefined && detail !== 'auto') reading.losses.add(fieldLoss('input_image.detail'));
  // Chat puts the address one level down, and some agents take that along.
  const url = textAt(part, 'image_url') ?? textAt(recordAt(part, 'image_url'), 'url');
  if (url === undefined) return noContent(part, where, 'image_url', reading);
  if (!url.startsWith('data:')) return { kind: 'remote', what: 'image', url, ...cacheOf(part) };
  const data = dataOf(url);
  return data === undefined ? badData(`${where}.image_url`, reading) : { kind: 'image', ...data, ...cacheOf(part) };
}

function readFile(part: JsonRecord, where: string, reading: Reading): Media | undefined {
  const [text, url, filename] = [textAt(part, 'file_data'), textAt(part, 'file_url'), textAt(part, 'filename')];
  const name = filename === undefined ? {} : { name: filename };
  if (text === undefined) {
    return url === undefined
      ? noContent(part, where, 'file_data', reading)
      : { kind: 'remote', what: 'document', url, ...cacheOf(part) };
  }
  // Bare base64 is taken, too; then only the name tells what it is.
  const data = text.startsWith('data:') ? dataOf(text) : { mediaType: typeOfName(filename), base64: text };
  if (data === undefined) return badData(`${where}.file_data`, reading);
  const kind = data.mediaType.startsWith('image/') ? 'image' : data.mediaType.startsWith('audio/') ? 'audio' : 'document';
  return { kind, ...data, ...name, ...cacheOf(part) };
}

function noContent(part: JsonRecord, where: string, field: string, reading: Reading): undefined {
  return refuse(
    reading,
    textAt(part, 'file_id') === undefined
      ? `The request's ${where} needs "${field}".`
      : `The request's ${where}.file_id names a file that is kept at OpenAI, where no other provider can read it. Send its content in "${field}".`,
  );
}

function badData(where: string, reading: Reading): undefined {
  return refuse(reading, `The request's ${where} is no data URI (data:<media type>;base64,<data>).`);
}

/** No regular expression: these texts have millions of characters. */
function dataOf(uri: string): { mediaType: string; base64: string } | undefined {
  const comma = uri.indexOf(',');
  if (comma === -1) return undefined;
  const [mediaType = '', ...parameters] = uri.slice('data:'.length, comma).split(';');
  const data = uri.slice(comma + 1);
  const type = mediaType.trim().toLowerCase() || 'text/plain';
  if (parameters.includes('base64')) return data === '' ? undefined : { mediaType: type, base64: data };
  try {
    return { mediaType: type, base64: Buffer.from(decodeURIComponent(data)).toString('base64') };
  } catch {
    return undefined;
  }
}

function typeOfName(name: string | undefined): string {
  return name !== undefined && /\.(?:txt|md|csv|json|xml|html?)$/i.test(name) ? 'text/plain' : 'application/pdf';
}

function cacheOf(part: JsonRecord): { cache?: CacheMark } {
  const mark = recordAt(part, 'prompt_cache_breakpoint');
  return mark === undefined ? {} : { cache: mark['ttl'] === '12h' ? '1h' : '5m' };
}
