import * as l10n from '@vscode/l10n';
import type { ImageContent, TextContent } from '../../core/ir/call.ts';

/** How the editor's files are read: open documents with their unsaved text. Rejects for what is no text. */
export interface ReferenceReader {
  /** What a person calls it: the path inside the workspace. */
  label(uri: UriLike): string;
  text(uri: UriLike, range: RangeLike | undefined): Promise<string>;
  bytes(uri: UriLike): Promise<Uint8Array>;
}

export interface UriLike {
  readonly scheme: string;
  readonly path: string;
}

export interface RangeLike {
  readonly start: { readonly line: number };
  readonly end: { readonly line: number };
}

export interface ReadReferences {
  readonly content: readonly (TextContent | ImageContent)[];
  /** Sentences for the user: what was cut or could not be read. */
  readonly notes: readonly string[];
}

/** Characters of one reference and of all of a request together; about 25,000 and 75,000 tokens. */
export const MAX_REFERENCE = 100_000;
export const MAX_REFERENCES = 300_000;
const MAX_IMAGE_BYTES = 5 * 1024 * 1024;

const IMAGES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
};

/** Reads what a prompt refers to, in its order. Never rejects: what cannot be read is said in `notes`. */
export async function readReferences(
  references: readonly unknown[],
  reader: ReferenceReader,
  budget = MAX_REFERENCES,
): Promise<ReadReferences> {
  const content: (TextContent | ImageContent)[] = [];
  const notes: string[] = [];
  const seen = new Set<string>();
  let left = budget;
  for (const reference of references) {
    const { value, id } = (reference ?? {}) as { readonly value?: unknown; readonly id?: unknown };
    const named = name(value, id, reader);
    if (seen.has(named)) continue;
    seen.add(named);
    try {
      const image = await readImage(value, reader);
      if (image !== undefined) {
        content.push({ kind: 'text', text: `${named}:` }, image);
        continue;
      }
      const whole = await readText(value, reader);
      if (whole === undefined) {
        notes.push(l10n.t('{0} is of a kind that cannot be sent.', named));
        continue;
      }
      const text = whole.slice(0, Math.min(MAX_REFERENCE, left));
      left -= text.length;
      if (text === '' && whole !== '') notes.push(l10n.t('{0} was not sent: the attachments are too large together.', named));
      else if (text.length < whole.length)
        notes.push(l10n.t('{0} is too long: only the first {1} characters were sent.', named, text.length.toLocaleString('en-US')));
      if (text !== '') content.push({ kind: 'text', text: fenced(named, text, text.length < whole.length) });
    } catch (error) {
      notes.push(
        error instanceof TooLarge
          ? l10n.t('{0} is larger than 5 MB and was not sent.', named)
          : l10n.t('{0} could not be read.', named),
      );
    }
  }
  return { content, notes };
}

/** Thrown by a reader for a file that is not worth opening only to be cut. */
export class TooLarge extends Error {}

function name(value: unknown, id: unknown, reader: ReferenceReader): string {
  if (isUri(value)) return reader.label(value);
  if (isLocation(value)) return `${reader.label(value.uri)}, lines ${value.range.start.line + 1} to ${value.range.end.line + 1}`;
  return typeof id === 'string' && id !== '' ? id : 'attachment';
}

async function readText(value: unknown, reader: ReferenceReader): Promise<string | undefined> {
  if (typeof value === 'string') return value;
  if (isUri(value)) return reader.text(value, undefined);
  if (isLocation(value)) return reader.text(value.uri, value.range);
  return undefined;
}

/** An image file, or the pasted image that newer editors hand over as `{mimeType, data()}`. */
async function readImage(value: unknown, reader: ReferenceReader): Promise<ImageContent | undefined> {
  let mediaType: string | undefined;
  let bytes: Uint8Array | undefined;
  if (isUri(value)) {
    mediaType = IMAGES[value.path.slice(value.path.lastIndexOf('.') + 1).toLowerCase()];
    if (mediaType !== undefined) bytes = await reader.bytes(value);
  } else {
    const { mimeType, data } = (value ?? {}) as { readonly mimeType?: unknown; readonly data?: unknown };
    if (typeof mimeType === 'string' && Object.values(IMAGES).includes(mimeType) && typeof data === 'function') {
      mediaType = mimeType;
      const given: unknown = await (data as () => unknown).call(value);
      bytes = given instanceof Uint8Array ? given : undefined;
    }
  }
  if (mediaType === undefined || bytes === undefined) return undefined;
  if (bytes.length > MAX_IMAGE_BYTES) throw new TooLarge();
  return { kind: 'image', mediaType, base64: Buffer.from(bytes).toString('base64') };
}

/** The fence is longer than any inside, so that the text cannot end it. */
function fenced(named: string, text: string, isCut: boolean): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${named}${isCut ? ' (the beginning)' : ''}:\n${fence}\n${text}\n${fence}`;
}

function isUri(value: unknown): value is UriLike {
  const { scheme, path } = (value ?? {}) as Record<string, unknown>;
  return typeof scheme === 'string' && typeof path === 'string';
}

function isLocation(value: unknown): value is { readonly uri: UriLike; readonly range: RangeLike } {
  const { uri, range } = (value ?? {}) as Record<string, unknown>;
  return isUri(uri) && typeof range === 'object' && range !== null && 'start' in range && 'end' in range;
}
