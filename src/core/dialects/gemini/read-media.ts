import type { Media, TextContent } from '../../ir/call.ts';
import type { JsonRecord } from '../read-json.ts';
import type { Reading } from './reading.ts';

/** Text in all but name: other dialects know it as plain text only. */
const TEXTUAL =
  /^application\/(?:json|xml|yaml|x-yaml|toml|javascript|x-javascript|typescript|sql|x-sh|rtf|[\w.-]+\+(?:json|xml))$/;

/** Bytes in a part. What a call cannot hold (video) is said in words. */
function readInline(data: JsonRecord, where: string, reading: Reading): Media | TextContent | undefined {
  const given = reading.text(data, 'mimeType', `${where}inlineData.`);
  const base64 = reading.text(data, 'data', `${where}inlineData.`);
  if (given === undefined || given === '' || base64 === undefined || base64 === '')
    return reading.refuse(`${where}inlineData needs a mimeType and its data.`);
  const mediaType = given.split(';', 1)[0]!.trim().toLowerCase();
  const name = reading.text(data, 'displayName', `${where}inlineData.`);
  const named = name === undefined || name === '' ? {} : { name };
  if (mediaType.startsWith('image/')) return { kind: 'image', mediaType, base64, ...named };
  if (mediaType.startsWith('audio/')) return { kind: 'audio', mediaType, base64, ...named };
  if (mediaType === 'application/pdf' || mediaType.startsWith('text/')) return { kind: 'document', mediaType, base64, ...named };
  if (TEXTUAL.test(mediaType)) return { kind: 'document', mediaType: 'text/plain', base64, ...named };
  return droppedMedia(mediaType, reading);
}

/** A file by its address. Ids of Google's Files API and of its storage mean nothing to anybody else. */
function readFile(data: JsonRecord, where: string, reading: Reading): Media | TextContent | undefined {
  const url = reading.text(data, 'fileUri', `${where}fileData.`) ?? '';
  const address = URL.parse(url);
  const isWeb = address?.protocol === 'https:' || address?.protocol === 'http:';
  if (!isWeb || address.hostname.endsWith('googleapis.com')) {
    return reading.refuse(
      `${where}fileData.fileUri is a file that only Google can read. Send its bytes as inlineData, or choose a Gemini model.`,
    );
  }
  const mediaType = (reading.text(data, 'mimeType', `${where}fileData.`) ?? typeByName(address.pathname)).toLowerCase();
  if (mediaType.startsWith('image/')) return { kind: 'remote', what: 'image', url };
  if (mediaType === 'application/pdf' || mediaType.startsWith('text/')) return { kind: 'remote', what: 'document', url };
  return droppedMedia(mediaType === '' ? 'an unknown type' : mediaType, reading);
}

function droppedMedia(mediaType: string, reading: Reading): TextContent {
  reading.lose('dropped-media');
  return { kind: 'text', text: `(A file of the type ${mediaType} was left out: the model cannot take it.)` };
}

function typeByName(path: string): string {
  const ending = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  if (['png', 'jpg', 'jpeg', 'webp', 'gif', 'heic', 'heif', 'bmp'].includes(ending)) return `image/${ending}`;
  if (ending === 'pdf') return 'application/pdf';
  return ['txt', 'md', 'html', 'csv'].includes(ending) ? 'text/plain' : '';
}

export function mediaOf(part: JsonRecord, where: string, reading: Reading): Media | TextContent | undefined {
  const inline = reading.record(part, 'inlineData', where);
  if (inline !== undefined) return readInline(inline, where, reading);
  const file = reading.record(part, 'fileData', where);
  return file === undefined ? undefined : readFile(file, where, reading);
}
