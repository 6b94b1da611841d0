import { promisify } from 'node:util';
import zlib from 'node:zlib';

type Encoding = 'gzip' | 'deflate' | 'br' | 'zstd';

const ASYNC: Readonly<Record<Encoding, (data: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(zlib.gunzip),
  deflate: promisify(zlib.inflate),
  br: promisify(zlib.brotliDecompress),
  zstd: promisify(zlib.zstdDecompress),
};

const SYNC: Readonly<Record<Encoding, (data: Uint8Array, options: { maxOutputLength: number }) => Buffer>> = {
  gzip: zlib.gunzipSync,
  deflate: zlib.inflateSync,
  br: zlib.brotliDecompressSync,
  zstd: zlib.zstdDecompressSync,
};

/** `identity` and an absent header need no work; undefined is an encoding we cannot undo. */
function knownEncoding(header: string | undefined): Encoding | 'identity' | undefined {
  const name = (header ?? 'identity').trim().toLowerCase();
  if (name === '' || name === 'identity') return 'identity';
  const plain = name.startsWith('x-') ? name.slice(2) : name;
  return plain in ASYNC ? (plain as Encoding) : undefined;
}

export type Decoded = { readonly body: Uint8Array } | { readonly fault: 'unknown-encoding' | 'too-large' | 'corrupt' };

/** Undoes a request's content encoding. Output is bounded while it is produced: a small bomb cannot become a large body. */
export async function decodeBody(body: Uint8Array, header: string | undefined, limit: number): Promise<Decoded> {
  const encoding = knownEncoding(header);
  if (encoding === undefined) return { fault: 'unknown-encoding' };
  if (encoding === 'identity') return { body };
  try {
    return { body: await ASYNC[encoding](body, { maxOutputLength: limit }) };
  } catch (error) {
    return { fault: isTooLarge(error) ? 'too-large' : 'corrupt' };
  }
}

/** The same for reading an answer after it has passed. `unreadable`: of an encoding we do not know, or too large. `corrupt`: or cut. */
export function undoContentEncoding(
  body: Uint8Array,
  header: string | undefined,
  limit: number,
): Uint8Array | 'unreadable' | 'corrupt' {
  const encoding = knownEncoding(header);
  if (encoding === undefined) return 'unreadable';
  if (encoding === 'identity') return body;
  try {
    return SYNC[encoding](body, { maxOutputLength: limit });
  } catch (error) {
    return isTooLarge(error) ? 'unreadable' : 'corrupt';
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof RangeError || (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE';
}
