import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECTS } from '../../../src/core/dialects/by-id.ts';
import { DIALECT_IDS, type DialectId } from '../../../src/core/ir/dialect.ts';

const gemini = (finishReason: string, parts: readonly object[] = []) => ({ candidates: [{ content: { parts }, finishReason }] });
const chat = (finish: string | null, delta: object = {}) => ({ choices: [{ index: 0, delta, finish_reason: finish }] });
const responses = (type: string, reason: string, output: readonly object[] = []) => ({
  type,
  response: { output, incomplete_details: { reason } },
});
const words = { type: 'message', content: [{ type: 'output_text', text: 'No.' }] };

const REFUSALS: Readonly<Record<DialectId, readonly object[]>> = {
  'openai-chat': [chat('content_filter')],
  'openai-responses': [
    responses('response.incomplete', 'content_filter'),
    responses('response.incomplete', 'content_filter', [{ type: 'message', content: [] }]),
  ],
  'anthropic-messages': [{ type: 'message_delta', delta: { stop_reason: 'refusal', stop_sequence: null } }],
  gemini: [
    { promptFeedback: { blockReason: 'SAFETY' } },
    { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, candidates: [] },
    gemini('SAFETY'),
    gemini('PROHIBITED_CONTENT', [{ text: '' }]),
  ],
};

const NONE: Readonly<Record<DialectId, readonly object[]>> = {
  'openai-chat': [chat('stop'), chat(null), chat('content_filter', { content: 'No.' }), { choices: [] }, {}],
  'openai-responses': [
    responses('response.incomplete', 'max_output_tokens'),
    responses('response.completed', 'content_filter'),
    responses('response.incomplete', 'content_filter', [words]),
  ],
  'anthropic-messages': [
    { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
    { type: 'message_stop' },
    { type: 'message_delta' },
  ],
  gemini: [
    gemini('STOP'),
    gemini('MAX_TOKENS'),
    gemini('SAFETY', [{ text: 'No.' }]),
    gemini('toString'),
    { promptFeedback: { blockReason: 'BLOCK_REASON_UNSPECIFIED' } },
    { promptFeedback: {} },
  ],
};

describe('isRefusal', () => {
  for (const id of DIALECT_IDS) {
    const isRefusal = (data: string, name = ''): boolean => DIALECTS[id].isRefusal({ raw: new Uint8Array(), name, data });

    it(`${id}: the end of an answer for its content, without a word`, () => {
      for (const each of REFUSALS[id]) assert.equal(isRefusal(JSON.stringify(each)), true, JSON.stringify(each));
    });

    it(`${id}: neither another end, nor one with words, nor what is not known`, () => {
      for (const each of NONE[id]) assert.equal(isRefusal(JSON.stringify(each)), false, JSON.stringify(each));
      for (const each of ['', 'not JSON', '[]', '"refusal"', '7', '{}'])
        assert.equal(isRefusal(each, 'message_delta'), false, each);
    });
  }
});
