import { CODECS } from '../../src/core/dialects/codecs.ts';
import type { AnswerFrame, Codec } from '../../src/core/dialects/codec.ts';
import { asRecord } from '../../src/core/dialects/read-json.ts';
import { NO_USAGE } from '../../src/core/ir/usage.ts';
import type { Call, Turn } from '../../src/core/ir/call.ts';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { isGatewayError } from '../../src/core/ir/error.ts';
import type { Part } from '../../src/core/ir/parts.ts';
import { SseScanner } from '../../src/core/wire/sse-scanner.ts';
import { median } from './median.ts';

/** What translation costs for one pair of dialects, without a network. */
export interface PairFigures {
  readonly pair: string;
  /** Microseconds for each event of a stream: scanned, decoded, encoded. */
  readonly eventUs: number;
  /** Milliseconds for a request body of one megabyte: parsed, read, written. */
  readonly requestMs: number;
  /** Milliseconds for an answer whose one event holds so many megabytes of tool arguments: linear when the second is twice the first. */
  readonly event2Ms: number;
  readonly event4Ms: number;
}

const EVENTS = 2000;
const ROUNDS = 9;
const MB = 1024 * 1024;

export function measureTranslation(): readonly PairFigures[] {
  const streams = new Map(DIALECT_IDS.map((id) => [id, answerIn(id, textParts())]));
  const bodies = new Map(DIALECT_IDS.map((id) => [id, requestIn(id)]));
  return DIALECT_IDS.flatMap((to) =>
    DIALECT_IDS.filter((from) => from !== to).map((from) => ({
      pair: `${from} on ${to}`,
      eventUs: (medianMs(() => translateAnswer(from, to, streams.get(to)!)) * 1000) / EVENTS,
      requestMs: medianMs(() => translateRequest(from, to, bodies.get(from)!)),
      event2Ms: medianMs(() => translateAnswer(from, to, answerIn(to, bigCall(2 * MB))), 3),
      event4Ms: medianMs(() => translateAnswer(from, to, answerIn(to, bigCall(4 * MB))), 3),
    })),
  );
}

function medianMs(work: () => void, rounds = ROUNDS): number {
  work();
  return median(
    Array.from({ length: rounds }, () => {
      const began = performance.now();
      work();
      return performance.now() - began;
    }),
  );
}

function translateAnswer(from: DialectId, to: DialectId, bytes: Buffer): void {
  const decoder = CODECS[to].decoder({ issuer: 'bench' });
  const encoder = CODECS[from].encoder(FRAME);
  let size = 0;
  const pass = (parts: readonly Part[]): void => {
    for (const part of parts) size += encoder.push(part).length;
  };
  new SseScanner().push(bytes, (event) => pass(decoder.push(event)));
  pass(decoder.end());
  if (size < EVENTS) throw new Error('nothing was translated');
}

function translateRequest(from: DialectId, to: DialectId, raw: Buffer): void {
  const read = CODECS[from].readCall(asRecord(JSON.parse(raw.toString()))!, { model: 'm', stream: true });
  if (isGatewayError(read)) throw new Error(read.message);
  if (CODECS[to].writeRequest(read.call, { stream: true }).body.length < MB / 2) throw new Error('the request came out too short');
}

function answerIn(dialect: DialectId, parts: readonly Part[]): Buffer {
  const encoder = CODECS[dialect].encoder(FRAME);
  return Buffer.from(parts.map((part) => encoder.push(part)).join(''));
}

function requestIn(dialect: DialectId): Buffer {
  const codec: Codec = CODECS[dialect];
  const written = codec.writeRequest(bigConversation(), { stream: true });
  // Gemini names its model in the path.
  return Buffer.from(written.body);
}

function textParts(): Part[] {
  const deltas = Array.from({ length: EVENTS }, (_, n): Part => ({ type: 'block-delta', at: 0, text: ` word${n}` }));
  return framed([{ type: 'block-start', at: 0, block: { kind: 'text' } }, ...deltas, { type: 'block-end', at: 0 }], 'end');
}

function bigCall(bytes: number): Part[] {
  const text = JSON.stringify({ content: 'line of a file\n'.repeat(Math.ceil(bytes / 15)) });
  return framed(
    [
      { type: 'block-start', at: 0, block: { kind: 'tool-call', callId: 'call_1', name: 'write' } },
      { type: 'block-delta', at: 0, text },
      { type: 'block-end', at: 0 },
    ],
    'tool-use',
  );
}

function framed(parts: readonly Part[], reason: 'end' | 'tool-use'): Part[] {
  return [
    { type: 'response-start', id: 'bench', model: 'm' },
    ...parts,
    { type: 'usage', usage: { ...NO_USAGE, input: 10, output: 20, source: 'reported' } },
    { type: 'response-end', stop: { reason, raw: '' } },
  ];
}

/** A megabyte of what agents send: many rounds of calls and results, twenty tools. */
function bigConversation(): Call {
  const turns: Turn[] = [{ role: 'user', content: [{ kind: 'text', text: 'Mend the tests.' }] }];
  for (let n = 0; n < 128; n++) {
    const callId = `call_${n}`;
    turns.push({
      role: 'assistant',
      content: [
        { kind: 'text', text: `Step ${n}.` },
        { kind: 'tool-call', callId, name: 'read', arguments: `{"path":"src/file-${n}.ts"}` },
      ],
    });
    const text = `// file ${n}\n${'const value = compute("x", 1);\n'.repeat(270)}`;
    turns.push({
      role: 'user',
      content: [{ kind: 'tool-result', callId, name: 'read', content: [{ kind: 'text', text }], isError: false }],
    });
  }
  const tools = Array.from({ length: 20 }, (_, n) => ({
    name: n === 0 ? 'read' : `tool_${n}`,
    description: 'Does something with a path.',
    parameters: { type: 'object', properties: { path: { type: 'string', description: 'Where.' } }, required: ['path'] },
  }));
  return { ...CALL, turns, tools };
}

const CALL: Call = {
  model: 'm',
  system: [{ kind: 'text', text: 'Be brief.' }],
  turns: [],
  tools: [],
  toolChoice: 'auto',
  maxOutputTokens: 8000,
};

const FRAME: AnswerFrame = { id: '01bench', model: 'm', createdAt: 1_790_000_000, call: CALL, includeUsage: true };
