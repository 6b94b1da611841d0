import { existsSync, readFileSync, readdirSync } from 'node:fs';
import assert from 'node:assert/strict';
import type { Decoder } from '../../../src/core/dialects/decoder.ts';
import type { Part } from '../../../src/core/ir/parts.ts';
import { SseScanner } from '../../../src/core/wire/sse-scanner.ts';

/** Recorded provider answers; absent outside our own machines. */
export const CORPUS = process.env['GATEHOUSE_WIRE_CORPUS'] ?? new URL('../../../../shared/wire-corpus', import.meta.url).pathname;
export const hasCorpus = existsSync(CORPUS);

/** The corpus' streams of one dialect as bytes on the wire, by file name. */
export function corpusStreams(dialect: string): readonly (readonly [name: string, bytes: Buffer])[] {
  if (!hasCorpus) return [];
  return readdirSync(`${CORPUS}/${dialect}`).flatMap((name) => {
    const text = () => readFileSync(`${CORPUS}/${dialect}/${name}`, 'utf8');
    if (name.endsWith('.sse')) return [[name, Buffer.from(text())] as const];
    return name.endsWith('.chunks.txt') ? [[name, wire(text().trim().split('\n'), dialect)] as const] : [];
  });
}

/** Hand-written: one JSON payload a line. */
export function fixture(name: string, dialect: string): Buffer {
  const text = readFileSync(new URL(`../../fixtures/codecs/${name}`, import.meta.url), 'utf8');
  return wire(text.trim().split('\n'), dialect);
}

/** Payloads with the framing that their dialect's providers use. */
export function wire(payloads: readonly string[], dialect: string): Buffer {
  const events = payloads.map((payload) => {
    const named = dialect === 'anthropic-messages' || dialect === 'openai-responses';
    const type = named ? (JSON.parse(payload) as { type: string }).type : undefined;
    return type === undefined ? `data: ${payload}\n\n` : `event: ${type}\ndata: ${payload}\n\n`;
  });
  return Buffer.from(
    events.join('') + (dialect === 'openai-chat' && !payloads.at(-1)?.includes('[DONE]') ? 'data: [DONE]\n\n' : ''),
  );
}

export function decodeAll(decoder: Decoder, chunks: Iterable<Uint8Array>): Part[] {
  const parts: Part[] = [];
  const scanner = new SseScanner();
  for (const chunk of chunks) scanner.push(chunk, (event) => parts.push(...decoder.push(event)));
  scanner.push(Buffer.from('\n'), (event) => parts.push(...decoder.push(event)));
  parts.push(...decoder.end());
  return parts;
}

/** An answer as a reader sees it: deltas joined, so that it does not matter where they were cut. */
export interface Folded {
  readonly model: string;
  readonly blocks: readonly string[];
  readonly end: string;
  readonly usage: string | undefined;
}

export function fold(parts: readonly Part[]): Folded {
  assertOrder(parts);
  const blocks: string[] = [];
  let model = '';
  let usage: string | undefined;
  let end = '';
  for (const part of parts) {
    if (part.type === 'response-start') model = part.model;
    if (part.type === 'block-start') {
      const { block } = part;
      blocks[part.at] = block.kind === 'tool-call' ? `${block.callId} ${block.name} ` : `${block.kind}: `;
    }
    if (part.type === 'block-delta') blocks[part.at] += part.text;
    if (part.type === 'block-end' && part.carry !== undefined) blocks[part.at] += ` <${part.carry.issuer} ${part.carry.token}>`;
    if (part.type === 'usage')
      usage = `${part.usage.input}+${part.usage.cacheRead} in, ${part.usage.output} out, ${part.usage.source}`;
    if (part.type === 'response-end') end = `${part.stop.reason} (${part.stop.raw})`;
    if (part.type === 'response-error') end = `${part.error.code}: ${part.error.message}`;
  }
  return { model, blocks, end, usage };
}

/** The order that parts.ts promises. */
export function assertOrder(parts: readonly Part[]): void {
  let open: number | undefined;
  let next = 0;
  let ended = false;
  for (const [n, part] of parts.entries()) {
    assert.equal(ended, false, `${part.type} after the end`);
    assert.equal(part.type === 'response-start', n === 0, 'response-start is first, and once');
    switch (part.type) {
      case 'response-start':
        break;
      case 'block-start':
        assert.equal(open, undefined, 'one block at a time');
        assert.equal(part.at, next++, 'blocks are numbered in order');
        open = part.at;
        break;
      case 'block-delta':
        assert.equal(part.at, open);
        assert.notEqual(part.text, '');
        break;
      case 'block-end':
        assert.equal(part.at, open);
        open = undefined;
        break;
      case 'usage':
        break;
      case 'response-end':
        assert.equal(open, undefined, 'all blocks are closed before the end');
        ended = true;
        break;
      case 'response-error':
        ended = true;
        break;
      default:
        part satisfies never;
    }
  }
  assert.equal(ended, true, 'there is an end');
}

/** Every way to cut the bytes in two, single bytes, and all at once; long streams are cut at a sample of places. */
export function* cuts(bytes: Buffer): Generator<readonly Buffer[]> {
  yield [...bytes].map((_, n) => bytes.subarray(n, n + 1));
  const step = Math.max(1, Math.floor(bytes.length / 150));
  for (let at = 1; at < bytes.length; at += step) yield [bytes.subarray(0, at), bytes.subarray(at)];
  yield [...Array(Math.ceil(bytes.length / 7)).keys()].map((n) => bytes.subarray(n * 7, n * 7 + 7));
}
