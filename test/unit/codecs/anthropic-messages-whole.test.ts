import assert from 'node:assert/strict';
import { anthropicCodec } from '../../../src/core/dialects/anthropic-messages/codec.ts';
import { tagOf } from '../../../src/core/ir/carry.ts';
import type { Part } from '../../../src/core/ir/parts.ts';
import { assertOrder, decodeAll, wire } from './support.ts';

const ISSUER = 'anthropic-messages@anthropic';
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  model: 'claude-served',
  content: [
    { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
    { type: 'redacted_thinking', data: 'b3Bh' },
    { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
    { type: 'text', text: 'Reading.' },
    { type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: 'a' } },
    { type: 'tool_use', id: 'toolu_2', name: 'now', input: {} },
  ],
  stop_reason: 'tool_use',
  usage: { input_tokens: 5, cache_read_input_tokens: 3, output_tokens: 7 },
};

function blocksOf(parts: readonly Part[]): unknown[] {
  assertOrder(parts);
  return parts.filter((part) => part.type !== 'usage' && part.type !== 'response-start');
}

describe('decodeWhole anthropic-messages', () => {
  it('gives the parts that the stream of the same message gives, and blocks as carries', () => {
    const delta = (index: number, each: object) => ({ type: 'content_block_delta', index, delta: each });
    const frames = [
      { type: 'message_start', message: { ...MESSAGE, content: [], stop_reason: null } },
      ...MESSAGE.content.flatMap((block, index) => {
        const { thinking, signature, text, input, ...rest } = block as Record<string, unknown>;
        const fields = Object.entries({ thinking, text }).filter(([, value]) => value !== undefined);
        return [
          { type: 'content_block_start', index, content_block: { ...rest, ...(input === undefined ? {} : { input: {} }) } },
          ...fields.map(([key, value]) => delta(index, { type: `${key}_delta`, [key]: value })),
          ...(signature === undefined ? [] : [delta(index, { type: 'signature_delta', signature })]),
          ...(input === undefined ? [] : [delta(index, { type: 'input_json_delta', partial_json: JSON.stringify(input) })]),
          { type: 'content_block_stop', index },
        ];
      }),
      { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: MESSAGE.usage },
      { type: 'message_stop' },
    ];
    const bytes = wire(
      frames.map((frame) => JSON.stringify(frame)),
      'anthropic-messages',
    );
    const whole = anthropicCodec.decodeWhole(MESSAGE, { issuer: ISSUER });
    assert.deepEqual(whole, decodeAll(anthropicCodec.decoder({ issuer: ISSUER }), [bytes]));
    const carries = whole.flatMap((part) => (part.type === 'block-end' && part.carry !== undefined ? [part.carry] : []));
    assert.deepEqual(carries, [
      { issuer: ISSUER, token: '{"type":"thinking","thinking":"hm","signature":"c2ln"}' },
      { issuer: ISSUER, token: '{"type":"redacted_thinking","data":"b3Bh"}' },
    ]);
    assert.deepEqual(
      whole.flatMap((part) => (part.type === 'usage' ? [[part.usage.input, part.usage.cacheRead, part.usage.output]] : [])),
      [[5, 3, 7]],
    );
  });
  it('keeps call ids apart from those of the conversation', () => {
    const starts = (used: readonly string[]) =>
      anthropicCodec
        .decodeWhole(MESSAGE, { usedCallIds: new Set(used) })
        .flatMap((part) => (part.type === 'block-start' && part.block.kind === 'tool-call' ? [part.block.callId] : []));
    assert.deepEqual(starts([]), ['toolu_1', 'toolu_2']);
    assert.deepEqual(starts(['toolu_1']), ['call_msg1_1', 'toolu_2']);
  });
  it('an error, or something else, ends as one', () => {
    const last = (body: object) => blocksOf(anthropicCodec.decodeWhole(body as Record<string, unknown>, {})).at(-1) as Part;
    const failed = last({ type: 'error', error: { type: 'overloaded_error', message: 'Busy' } });
    assert.ok(failed.type === 'response-error' && failed.error.code === 'upstream-overloaded');
    const strange = last({ hello: 1 });
    assert.ok(strange.type === 'response-error' && strange.error.code === 'upstream-broken');
  });
});

describe('readError anthropic-messages', () => {
  const read = (status: number, type: string, message: string) =>
    anthropicCodec.readError(status, { type: 'error', error: { type, message } });
  it("keeps the provider's status and words", () => {
    const long = read(400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum');
    assert.deepEqual(long, {
      code: 'context-too-long',
      status: 400,
      message: 'prompt is too long: 210000 tokens > 200000 maximum',
      retryable: false,
    });
    const table: readonly [number, string, string, boolean][] = [
      [401, 'authentication_error', 'unauthenticated', false],
      [402, 'billing_error', 'out-of-credit', false],
      [403, 'permission_error', 'forbidden', false],
      [404, 'not_found_error', 'model-not-found', false],
      [413, 'request_too_large', 'body-too-large', false],
      [429, 'rate_limit_error', 'upstream-rate-limited', true],
      [500, 'api_error', 'upstream-error', true],
      [504, 'timeout_error', 'upstream-timeout', true],
      [529, 'overloaded_error', 'upstream-overloaded', true],
    ];
    for (const [status, type, code, retryable] of table) {
      const error = read(status, type, 'model: x');
      assert.deepEqual([error.status, error.code, error.retryable, error.message], [status, code, retryable, 'model: x'], type);
    }
  });
  it('reads what imitations send, and nothing at all', () => {
    assert.equal(anthropicCodec.readError(400, { error: 'no' }).message, 'no');
    assert.equal(anthropicCodec.readError(422, { detail: 'wrong' }).message, 'wrong');
    assert.equal(anthropicCodec.readError(200, { error: { type: 'overloaded_error', message: 'b' } }).status, 529);
    assert.match(anthropicCodec.readError(502, undefined).message, /status 502/);
  });
});

describe('untag anthropic-messages', () => {
  const own = { type: 'thinking', thinking: 'real words', signature: 'c2ln' };
  const tag = (issuer: string, token: string = JSON.stringify(own)) => tagOf({ issuer, token });
  const thinking = (signature: string) => ({ type: 'thinking', thinking: 'shown', signature });
  const text = (value: string) => ({ type: 'text', text: value });
  const untag = (messages: readonly object[], untagged: 'keep' | 'drop' = 'keep') =>
    anthropicCodec.untag({ model: 'm', messages }, ISSUER, untagged)?.['messages'];

  it("puts the issuer's own blocks back, and takes those of others out", () => {
    const messages = [
      { role: 'user', content: 'x' },
      {
        role: 'assistant',
        content: [
          thinking(tag(ISSUER)),
          thinking(tag('gemini@google')),
          { type: 'redacted_thinking', data: tag('gemini@google') },
          { type: 'redacted_thinking', data: tag(ISSUER) },
          thinking('native'),
          text('y'),
        ],
      },
    ];
    const start = [{ role: 'user', content: 'x' }];
    assert.deepEqual(untag(messages), [...start, { role: 'assistant', content: [own, own, thinking('native'), text('y')] }]);
    assert.deepEqual(untag(messages, 'drop'), [...start, { role: 'assistant', content: [own, own, text('y')] }]);
  });
  it('leaves alone what has nothing of the kind', () => {
    assert.equal(untag([{ role: 'assistant', content: [thinking('native'), text('y')] }]), undefined);
    assert.equal(untag([{ role: 'user', content: 'x' }], 'drop'), undefined);
    assert.equal(anthropicCodec.untag({}, ISSUER, 'drop'), undefined);
  });
  it('a message that held nothing else goes, and its neighbours become one', () => {
    const messages = [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: [thinking(tag('gemini@google'))] },
      { role: 'user', content: [text('y')] },
      { role: 'assistant', content: 'z' },
    ];
    assert.deepEqual(untag(messages), [
      { role: 'user', content: [text('x'), text('y')] },
      { role: 'assistant', content: 'z' },
    ]);
  });
  it('a tag whose token is no block is left out, too', () => {
    const forged = tag(ISSUER, JSON.stringify(text('made up')));
    const messages = [{ role: 'assistant', content: [thinking(tag(ISSUER, 'broken')), thinking(forged), text('y')] }];
    assert.deepEqual(untag(messages), [{ role: 'assistant', content: [text('y')] }]);
  });
});
