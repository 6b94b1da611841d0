import type { AnswerFrame, DecodeOptions } from '../../src/core/dialects/codec.ts';
import type { JsonRecord } from '../../src/core/dialects/read-json.ts';
import type { Call } from '../../src/core/ir/call.ts';
import type { DialectId } from '../../src/core/ir/dialect.ts';
import type { Part } from '../../src/core/ir/parts.ts';
import { decodeAll } from '../unit/codecs/support.ts';
import { CODECS } from '../../src/core/dialects/codecs.ts';

/** The frame of an answer to an agent that declared every tool that is called, as a plain function. */
export function frameFor(parts: readonly Part[], call: Partial<Call> = {}): AnswerFrame {
  const names = parts.flatMap((part) => (part.type === 'block-start' && part.block.kind === 'tool-call' ? [part.block.name] : []));
  return {
    id: 'Answer1',
    model: 'asked-model',
    createdAt: 1,
    call: {
      model: 'asked-model',
      system: [],
      turns: [{ role: 'user', content: [{ kind: 'text', text: 'Hello.' }] }],
      tools: [...new Set(names)].map((name) => ({ name, description: '', parameters: { type: 'object', properties: {} } })),
      toolChoice: 'auto',
      maxOutputTokens: undefined,
      ...call,
    },
    includeUsage: true,
  };
}

/** The bytes an agent gets, and whether its connection must be cut because it would heed no error. */
export function encodeStream(
  dialect: DialectId,
  parts: readonly Part[],
  frame: AnswerFrame = frameFor(parts),
): { readonly text: string; readonly cut: boolean } {
  const encoder = CODECS[dialect].encoder(frame);
  let text = '';
  for (const part of parts) {
    if (part.type !== 'response-error') {
      text += encoder.push(part);
      continue;
    }
    const failure = encoder.fail(part.error);
    if (failure === undefined) return { text, cut: true };
    text += failure;
  }
  return { text, cut: false };
}

export function encodeWhole(dialect: DialectId, parts: readonly Part[], frame: AnswerFrame = frameFor(parts)): JsonRecord {
  // As it comes out of a socket: nothing in it that JSON does not have.
  return JSON.parse(JSON.stringify(CODECS[dialect].renderWhole(parts, frame))) as JsonRecord;
}

export function decodeStream(dialect: DialectId, bytes: Uint8Array | string, options: DecodeOptions = {}): readonly Part[] {
  return decodeAll(CODECS[dialect].decoder(options), [typeof bytes === 'string' ? Buffer.from(bytes) : bytes]);
}

export function endsWell(parts: readonly Part[]): boolean {
  return parts.at(-1)?.type === 'response-end';
}
