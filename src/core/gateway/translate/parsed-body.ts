import { parseRecord, type JsonRecord } from '../../dialects/read-json.ts';

/** A request body as an object; undefined where it is none. A byte order mark is no JSON, and some clients send one. */
export function parsedBody(raw: Uint8Array): JsonRecord | undefined {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.length);
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return parseRecord(bytes.toString('utf8', marked ? 3 : 0));
}
