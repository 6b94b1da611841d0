import assert from 'node:assert/strict';
import { geminiCodec } from '../../../src/core/dialects/gemini/codec.ts';
import { tagOfThoughts } from '../../../src/core/dialects/gemini/thought-tag.ts';
import type { DecodeOptions } from '../../../src/core/dialects/codec.ts';
import { tagOf } from '../../../src/core/ir/carry.ts';
import { assertOrder, decodeAll, wire } from './support.ts';

const OWN = { issuer: 'gemini@google', token: 'c2ln' };
const OTHER = { issuer: 'anthropic-messages@anthropic', token: '{}' };
const STAND_IN = 'skip_thought_signature_validator';

const chunk = (parts: readonly object[], finishReason?: string) => ({
  candidates: [{ content: { parts, role: 'model' }, finishReason, index: 0 }],
  responseId: 'r',
});

/** Blocks as `kind: text <token>`. */
function decoded(chunks: readonly object[], options: DecodeOptions = {}): readonly string[] {
  const payloads = chunks.map((each) => JSON.stringify(each));
  const parts = decodeAll(geminiCodec.decoder(options), [wire(payloads, 'gemini')]);
  assertOrder(parts);
  const blocks: string[] = [];
  for (const part of parts) {
    if (part.type === 'block-start')
      blocks.push(part.block.kind === 'tool-call' ? `${part.block.callId} ${part.block.name}: ` : `${part.block.kind}: `);
    if (part.type === 'block-delta') blocks.push(`${blocks.pop()}${part.text}`);
    if (part.type === 'block-end' && part.carry !== undefined) {
      assert.equal(part.carry.issuer, options.issuer ?? 'gemini');
      blocks.push(`${blocks.pop()} <${part.carry.token}>`);
    }
  }
  return blocks;
}

describe('gemini decoder: signatures', () => {
  it('end the text or the thought on which, or behind which, they come', () => {
    const blocks = decoded([
      chunk([{ text: 'h', thought: true }]),
      chunk([{ text: 'm', thought: true, thoughtSignature: 'A' }]),
      chunk([{ text: 'more', thought: true }, { text: 'One' }]),
      chunk([{ text: '', thoughtSignature: 'B' }]),
      chunk([{ text: 'Two', thoughtSignature: 'C' }, { text: 'Three' }], 'STOP'),
    ]);
    assert.deepEqual(blocks, ['reasoning: hm <A>', 'reasoning: more', 'text: One <B>', 'text: Two <C>', 'text: Three']);
  });

  it('without a text make a redacted thought, but no empty text', () => {
    assert.deepEqual(decoded([chunk([{ text: '', thought: true, thoughtSignature: 'A' }], 'STOP')]), ['reasoning:  <A>']);
    const calls = chunk(
      [
        { functionCall: { name: 'f' }, thoughtSignature: 'A' },
        { text: '', thoughtSignature: 'B' },
      ],
      'STOP',
    );
    assert.deepEqual(decoded([calls], { issuer: 'gemini@google' }), ['call_r_1 f: {} <A>']);
  });

  it('call ids of the conversation so far do not come again', () => {
    const options = { usedCallIds: new Set(['own', 'call_r_1']) };
    const calls = chunk([{ functionCall: { id: 'own', name: 'f' } }, { functionCall: { name: 'g' } }], 'STOP');
    assert.deepEqual(decoded([calls], options), ['call_r_2 f: {}', 'call_r_3 g: {}']);
  });

  it('images in an answer are passed over', () => {
    const parts = [{ text: 'a' }, { inlineData: { mimeType: 'image/png', data: 'aGk=' } }, { text: 'b' }];
    assert.deepEqual(decoded([chunk(parts, 'STOP')]), ['text: ab']);
  });
});

describe('gemini readError', () => {
  const google = (code: number, status: string, message = 'words', details: readonly object[] = []) => ({
    error: { code, message, status, details },
  });
  it("keeps the provider's words and says whose fault it is", () => {
    const cases = [
      [400, 'INVALID_ARGUMENT', 'bad-request', false],
      [403, 'PERMISSION_DENIED', 'forbidden', false],
      [404, 'NOT_FOUND', 'not-found', false],
      [429, 'RESOURCE_EXHAUSTED', 'upstream-rate-limited', true],
      [500, 'INTERNAL', 'upstream-error', true],
      [503, 'UNAVAILABLE', 'upstream-overloaded', true],
      [504, 'DEADLINE_EXCEEDED', 'upstream-timeout', true],
    ] as const;
    for (const [status, name, code, retryable] of cases) {
      const expected = { code, status, message: 'words', retryable };
      assert.deepEqual(geminiCodec.readError(status, google(status, name)), expected);
    }
  });
  it('a wrong key comes as 400, a missing model by its words, and some come without any', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }];
    assert.equal(geminiCodec.readError(400, google(400, 'INVALID_ARGUMENT', 'x', details)).code, 'unauthenticated');
    assert.equal(geminiCodec.readError(404, google(404, 'NOT_FOUND', 'models/x is not found')).code, 'model-not-found');
    assert.match(geminiCodec.readError(502, undefined).message, /status 502/);
    assert.equal(geminiCodec.readError(200, google(429, 'RESOURCE_EXHAUSTED')).status, 429);
  });
});

describe('gemini untag', () => {
  const body = (...parts: object[]) => ({ contents: [{ role: 'model', parts }], generationConfig: {} });
  const untag = (untagged: 'keep' | 'drop', ...parts: object[]) => {
    const result = geminiCodec.untag(body(...parts), OWN.issuer, untagged);
    return result === undefined ? undefined : (result['contents'] as { parts: unknown[] }[])[0]?.parts;
  };
  const call = (thoughtSignature?: string) => ({
    functionCall: { name: 'f' },
    ...(thoughtSignature === undefined ? {} : { thoughtSignature }),
  });

  it('puts back what its issuer wrote, and leaves the body alone where there is nothing of ours', () => {
    assert.deepEqual(untag('keep', { text: 'a', thoughtSignature: tagOf(OWN) }, call(tagOf(OWN))), [
      { text: 'a', thoughtSignature: 'c2ln' },
      call('c2ln'),
    ]);
    assert.equal(untag('keep', { text: 'a', thoughtSignature: 'native' }, call('native'), call()), undefined);
    assert.equal(geminiCodec.untag({ contents: 'x' }, 'i', 'drop'), undefined);
  });

  it("takes out other models' thoughts; a first call gets the stand-in", () => {
    const thoughts = tagOfThoughts([{ carry: OTHER, at: 0 }]);
    const parts = [
      { text: 'hm', thought: true, thoughtSignature: tagOf(OTHER) },
      { text: 'a', thought_signature: tagOf(OTHER) },
      { text: '', thoughtSignature: tagOf(OTHER) },
      call(thoughts),
      call(tagOf(OTHER)),
    ];
    assert.deepEqual(untag('keep', ...parts), [{ text: 'a' }, call(STAND_IN), call()]);
    assert.deepEqual(untag('keep', parts[0]!), [{ text: '(no text)' }]);
  });

  it('takes out what nobody signed for where that is wanted, but not the stand-in', () => {
    assert.deepEqual(untag('drop', { text: 'a', thoughtSignature: 'native' }, call('native'), call('native')), [
      { text: 'a' },
      call(STAND_IN),
      call(),
    ]);
    assert.equal(untag('drop', call(STAND_IN)), undefined);
  });
});
