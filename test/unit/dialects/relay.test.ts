import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECTS } from '../../../src/core/dialects/by-id.ts';
import { DIALECT_IDS, type DialectId } from '../../../src/core/ir/dialect.ts';

const read = (dialect: DialectId, text: string) => DIALECTS[dialect].readRequest(Buffer.from(text));

function retargeted(dialect: DialectId, text: string, model: string | undefined, includeUsage = false) {
  const { body, edits } = DIALECTS[dialect].retarget(Buffer.from(text), { model, includeUsage });
  return { text: Buffer.from(body).toString(), edits };
}

const BODY_MODEL = ['openai-chat', 'openai-responses', 'anthropic-messages'] as const;

describe('readRequest', () => {
  it('reads model and stream, and only true is a stream', () => {
    for (const dialect of BODY_MODEL) {
      assert.deepEqual(read(dialect, '{"model":"m","stream":true}'), { model: 'm', stream: true, session: undefined });
      for (const value of ['false', '"true"', '1', 'null']) {
        assert.deepEqual(read(dialect, `{"stream":${value},"model":7}`), { model: undefined, stream: false, session: undefined });
      }
    }
    assert.deepEqual(read('gemini', '{"model":"m","stream":true}'), { model: undefined, stream: false, session: undefined });
  });

  it('refuses what is no JSON object', () => {
    for (const dialect of DIALECT_IDS) for (const text of ['', '[]', 'x', '{"a":']) assert.equal(read(dialect, text), undefined);
  });

  it('finds the session where agents put it', () => {
    const user = (id: unknown) => JSON.stringify({ metadata: { user_id: id } });
    const uuid = '0f7a1c52-9c40-4c5e-8c0e-3a6f3d0b1a2c';
    assert.equal(
      read('anthropic-messages', user(JSON.stringify({ device_id: 'd', account_uuid: '', session_id: uuid })))?.session,
      uuid,
    );
    assert.equal(read('anthropic-messages', user(`user_abc_account_x_session_${uuid}`))?.session, uuid);
    for (const id of ['somebody', '{broken', '{"session_id":7}', 7, null, '']) {
      assert.equal(read('anthropic-messages', user(id))?.session, undefined);
    }
    assert.equal(read('openai-responses', '{"prompt_cache_key":"thread-1"}')?.session, 'thread-1');
    assert.equal(read('openai-chat', '{"prompt_cache_key":"thread-1","user":"u"}')?.session, undefined);
  });
});

describe('retarget', () => {
  it('changes the model and nothing else, and says so', () => {
    for (const dialect of BODY_MODEL) {
      assert.deepEqual(retargeted(dialect, '{ "10":1,"2":12345678901234567890, "model" :"a" }', 'b/"c'), {
        text: '{ "10":1,"2":12345678901234567890, "model" :"b/\\"c" }',
        edits: ['model'],
      });
    }
  });

  it('returns the very body where the model is the same already, or is to be left alone', () => {
    for (const dialect of DIALECT_IDS) {
      const body = Buffer.from(String.raw`{"model":"a\u0062","stream":true,"requests":[]}`);
      for (const model of [undefined, ...(dialect === 'gemini' ? [] : ['ab'])]) {
        const result = DIALECTS[dialect].retarget(body, { model, includeUsage: false });
        assert.equal(result.body, body);
        assert.deepEqual(result.edits, []);
      }
    }
  });

  for (const [what, before, after] of [
    ['absent', '{"stream":true}', '{"stream":true,"stream_options":{"include_usage":true}}'],
    ['null', '{"stream_options":null,"stream":true}', '{"stream_options":{"include_usage":true},"stream":true}'],
    ['an empty object', '{"stream":true,"stream_options":{ }}', '{"stream":true,"stream_options":{"include_usage":true }}'],
    [
      'an object without it',
      '{"stream":true,"stream_options":{"include_obfuscation": false}}',
      '{"stream":true,"stream_options":{"include_obfuscation": false,"include_usage":true}}',
    ],
    [
      'false',
      '{"stream":true,"stream_options":{"include_usage": false}}',
      '{"stream":true,"stream_options":{"include_usage": true}}',
    ],
    [
      'null inside',
      '{"stream":true,"stream_options":{"include_usage":null}}',
      '{"stream":true,"stream_options":{"include_usage":true}}',
    ],
  ] as const) {
    it(`asks a Chat stream for usage where stream_options is ${what}`, () => {
      assert.deepEqual(retargeted('openai-chat', before, undefined, true), { text: after, edits: ['include-usage'] });
    });
  }

  it('does not ask twice, not without a stream, and not over what is no options object', () => {
    for (const text of [
      '{"stream":true,"stream_options":{"include_usage":true}}',
      '{"stream":false}',
      '{}',
      '{"stream":true,"stream_options":7}',
      'not json',
    ]) {
      assert.deepEqual(retargeted('openai-chat', text, undefined, true), { text, edits: [] });
    }
  });

  it('makes both edits at once', () => {
    assert.deepEqual(retargeted('openai-chat', '{"model":"a","stream":true,"stream_options":{}}', 'b', true), {
      text: '{"model":"b","stream":true,"stream_options":{"include_usage":true}}',
      edits: ['model', 'include-usage'],
    });
    assert.deepEqual(retargeted('openai-chat', '{"stream":true}', 'b', true), {
      text: '{"stream":true,"model":"b","stream_options":{"include_usage":true}}',
      edits: ['model', 'include-usage'],
    });
  });

  it('never asks in dialects where usage comes anyway', () => {
    for (const dialect of ['openai-responses', 'anthropic-messages', 'gemini'] as const) {
      assert.deepEqual(retargeted(dialect, '{"stream":true}', undefined, true), { text: '{"stream":true}', edits: [] });
    }
  });

  it('renames the model in a Gemini body only where the body names one', () => {
    assert.deepEqual(retargeted('gemini', '{"contents":[]}', 'b'), { text: '{"contents":[]}', edits: [] });
    assert.deepEqual(retargeted('gemini', '{"model":"models/a","content":{"model":"x"}}', 'b'), {
      text: '{"model":"models/b","content":{"model":"x"}}',
      edits: ['model'],
    });
    assert.deepEqual(retargeted('gemini', '{"requests": [ {"model":"models/a"}, {"content":{}} , {"model":"models/b"}]}', 'b'), {
      text: '{"requests": [ {"model":"models/b"}, {"content":{}} , {"model":"models/b"}]}',
      edits: ['model'],
    });
    assert.deepEqual(retargeted('gemini', '{"generateContentRequest":{"model":"models/a"}}', 'b'), {
      text: '{"generateContentRequest":{"model":"models/b"}}',
      edits: ['model'],
    });
  });
});
