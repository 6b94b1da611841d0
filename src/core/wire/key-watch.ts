import { SHORTEST_SECRET } from './redact.ts';

const NOTHING = Buffer.alloc(0);
/**
 * Stars for a key in what passes as it came, where nobody looks for it otherwise: lengths stay. It costs one search of each chunk
 * (0.1 microseconds a kilobyte). A chunk that ends like the key begins keeps that end back until the next one; most chunks
 * end with an event.
 */
export class KeyWatch {
  readonly #key: Buffer | undefined;
  #kept: Buffer = NOTHING;

  constructor(secrets: readonly string[]) {
    const [secret = ''] = secrets;
    this.#key = secret.length < SHORTEST_SECRET ? undefined : Buffer.from(secret);
  }

  pass(chunk: Buffer): Buffer {
    const key = this.#key;
    if (key === undefined) return chunk;
    const bytes = this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk]);
    const clean = masked(bytes, key);
    const kept = beginningAtEnd(clean, key);
    this.#kept = clean.subarray(clean.length - kept);
    return kept === 0 ? clean : clean.subarray(0, clean.length - kept);
  }

  /** What was kept back, at the end. */
  rest(): Buffer {
    const rest = this.#kept;
    this.#kept = NOTHING;
    return rest;
  }
}

/** The bytes themselves where there is nothing to hide: they are not ours to write in. */
function masked(bytes: Buffer, key: Buffer): Buffer {
  let at = bytes.indexOf(key);
  if (at < 0) return bytes;
  const clean = Buffer.from(bytes);
  for (; at >= 0; at = clean.indexOf(key, at + key.length)) clean.fill('*', at, at + key.length);
  return clean;
}

function beginningAtEnd(bytes: Buffer, key: Buffer): number {
  const start = key[0]!;
  const first = Math.max(0, bytes.length - key.length + 1);
  for (let at = bytes.indexOf(start, first); at >= 0; at = bytes.indexOf(start, at + 1)) {
    if (bytes.compare(key, 0, bytes.length - at, at) === 0) return bytes.length - at;
  }
  return 0;
}
