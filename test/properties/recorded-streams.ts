import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import type { SseEvent } from '../../src/core/wire/sse-event.ts';
import { SseScanner } from '../../src/core/wire/sse-scanner.ts';

/** One recorded stream: the `data:` payloads, still without SSE framing. */
export interface RecordedStream {
  readonly dialect: DialectId;
  readonly name: string;
  readonly payloads: readonly string[];
}

const OWN = join(import.meta.dirname, '../fixtures');
const CORPUS = process.env['GATEHOUSE_WIRE_CORPUS'] ?? join(import.meta.dirname, '../../../shared/wire-corpus');

/** Undefined, and said on the console, where the recorded corpus is not at hand. */
export function corpusStreams(): readonly RecordedStream[] | undefined {
  if (existsSync(CORPUS)) return streamsIn(CORPUS);
  console.warn('      skipped: no recorded wire corpus here (GATEHOUSE_WIRE_CORPUS)');
  return undefined;
}

export function ownStreams(): readonly RecordedStream[] {
  return streamsIn(OWN);
}

export function ownStream(dialect: DialectId, name: string): RecordedStream {
  return readStream(OWN, dialect, `${name}.chunks.txt`);
}

export function ownWhole(dialect: DialectId, name: string): Buffer {
  return readFileSync(join(OWN, dialect, `${name}.json`));
}

export function corpusWholes():
  | readonly { readonly dialect: DialectId; readonly name: string; readonly body: Buffer }[]
  | undefined {
  if (!existsSync(CORPUS)) return undefined;
  return DIALECT_IDS.flatMap((dialect) =>
    readdirSync(join(CORPUS, dialect))
      .filter((file) => file.endsWith('.json'))
      .map((file) => ({ dialect, name: file, body: readFileSync(join(CORPUS, dialect, file)) })),
  );
}

function streamsIn(root: string): readonly RecordedStream[] {
  return DIALECT_IDS.flatMap((dialect) =>
    readdirSync(join(root, dialect))
      .filter((file) => /\.(chunks\.txt|sse)$/.test(file))
      .map((file) => readStream(root, dialect, file)),
  );
}

/** A `.sse` file has its framing already: one `data:` line an event. */
function readStream(root: string, dialect: DialectId, file: string): RecordedStream {
  const lines = readFileSync(join(root, dialect, file), 'utf8').split('\n');
  const payloads = file.endsWith('.sse')
    ? lines.flatMap((line) => (line.startsWith('data: ') ? line.slice(6) : []))
    : lines.filter((line) => line !== '');
  return { dialect, name: file.replace(/\.(chunks\.txt|sse)$/, ''), payloads };
}

export interface Framing {
  readonly newline?: '\n' | '\r\n' | '\r';
  readonly bom?: boolean;
  readonly comments?: boolean;
  readonly spaceless?: boolean;
}

/** As a provider would send it: Anthropic and Responses name their events, by the payload's own type. */
export function framed({ dialect, payloads }: RecordedStream, framing: Framing = {}): Buffer {
  const newline = framing.newline ?? '\n';
  const named = dialect === 'anthropic-messages' || dialect === 'openai-responses';
  const space = framing.spaceless === true ? '' : ' ';
  let text = framing.bom === true ? '\uFEFF' : '';
  for (const payload of payloads) {
    if (framing.comments === true) text += `: keep-alive${newline}${newline}`;
    if (named) text += `event:${space}${(JSON.parse(payload) as { type: string }).type}${newline}`;
    if (framing.comments === true) text += `: inside${newline}id: 7${newline}`;
    text += `data:${space}${payload}${newline}${newline}`;
  }
  return Buffer.from(text);
}

/** The events of a byte stream cut at the given places. */
export function eventsOf(bytes: Uint8Array, cuts: readonly number[], onEvent: (event: SseEvent) => void): Uint8Array {
  const scanner = new SseScanner();
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    scanner.push(bytes.subarray(from, cut), onEvent);
    from = cut;
  }
  return scanner.end(onEvent);
}

export function everyByte(bytes: Uint8Array): readonly number[] {
  return Array.from({ length: bytes.length }, (_, i) => i);
}
