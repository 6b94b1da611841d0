import assert from 'node:assert/strict';
import fc from 'fast-check';
import { tagOf } from '../../../src/core/ir/carry.ts';
import { responsesCodec } from '../../../src/core/dialects/openai-responses/codec.ts';

const user = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'go' }] };

describe('openai-responses at its edges', () => {
  it('reads or refuses whatever comes, and never throws', () => {
    const odd = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('', 'auto', null, 0));
    const type = fc.constantFrom(
      'message',
      'reasoning',
      'function_call',
      'function_call_output',
      'tool_search_output',
      'namespace',
    );
    const fields = [
      'role',
      'content',
      'summary',
      'name',
      'call_id',
      'arguments',
      'output',
      'tools',
      'encrypted_content',
      'namespace',
    ];
    const item = fc.oneof(
      odd,
      fc.record({ type, ...Object.fromEntries(fields.map((name) => [name, odd])) }, { requiredKeys: ['type'] }),
    );
    const names = ['instructions', 'tool_choice', 'text', 'reasoning', 'include', 'metadata', 'temperature', 'user'];
    const body = fc.record(
      {
        input: fc.oneof(odd, fc.array(item, { maxLength: 4 })),
        tools: fc.oneof(odd, fc.array(item, { maxLength: 3 })),
        ...Object.fromEntries(names.map((name) => [name, odd])),
      },
      { requiredKeys: ['input'] },
    );
    fc.assert(
      fc.property(body, (each) => {
        responsesCodec.readCall(each, { model: 'm', stream: true });
        responsesCodec.untag(each, 'x', 'drop');
        responsesCodec.decodeWhole(each, {});
      }),
      { numRuns: 1000 },
    );
  });

  it('state of others is taken out of a body that is relayed', () => {
    const item = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' };
    const own = { ...item, encrypted_content: tagOf({ issuer: 'openai-responses@o', token: JSON.stringify(item) }) };
    const others = { ...item, encrypted_content: tagOf({ issuer: 'anthropic-messages@a', token: 's' }) };
    const body = { model: 'm', input: [user, own, others, item] };
    assert.deepEqual(responsesCodec.untag(body, 'openai-responses@o', 'keep'), { model: 'm', input: [user, item, item] });
    assert.deepEqual(responsesCodec.untag(body, 'openai-responses@o', 'drop'), { model: 'm', input: [user, item] });
    assert.equal(responsesCodec.untag({ input: [user, item] }, 'x', 'keep'), undefined);
    assert.equal(responsesCodec.untag({ input: 'x' }, 'x', 'drop'), undefined);
  });

  it('errors keep their words', () => {
    const error = (status: number, code: string) => responsesCodec.readError(status, { error: { message: 'words', code } });
    assert.deepEqual(error(413, 'context_length_exceeded'), {
      code: 'context-too-long',
      status: 400,
      message: 'words',
      retryable: false,
    });
    assert.equal(error(429, 'insufficient_quota').retryable, false);
    assert.equal(error(429, 'rate_limit_exceeded').retryable, true);
    assert.equal(responsesCodec.readError(500, undefined).status, 500);
  });
});
