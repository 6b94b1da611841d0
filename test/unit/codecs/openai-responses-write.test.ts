import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AssistantContent, Call, Tool, UserContent } from '../../../src/core/ir/call.ts';
import { responsesCodec } from '../../../src/core/dialects/openai-responses/codec.ts';
import { firstFault } from '../../support/fake-providers/dialect.ts';
import { checkResponses } from '../../support/fake-providers/openai-responses-rules.ts';

const ISSUER = 'openai-responses@test';
const SEALED = 'gAAAAsealed';
const item = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: SEALED };
const own = { issuer: ISSUER, token: JSON.stringify(item) };

const call = (more: Partial<Call>): Call => ({
  model: 'gpt-5.5',
  system: [],
  turns: [{ role: 'user', content: [{ kind: 'text', text: 'go' }] }],
  tools: [],
  toolChoice: 'auto',
  maxOutputTokens: undefined,
  ...more,
});
const written = (asked: Call, servedBy?: string) => {
  const { body, losses } = responsesCodec.writeRequest(asked, {
    stream: true,
    issuer: ISSUER,
    ...(servedBy === undefined ? {} : { servedBy }),
  });
  const json = JSON.parse(body) as Record<string, unknown>;
  const fault = firstFault(() => checkResponses(json, { issued: new Map([[SEALED, '']]), stored: new Map() }));
  assert.equal(fault?.message, undefined);
  return { json, losses };
};

describe('openai-responses writes what providers take', () => {
  it('a conversation with thoughts, calls and media in their results', () => {
    const { json, losses } = written(
      call({
        system: [{ kind: 'text', text: 'Be brief.' }],
        turns: [
          { role: 'user', content: [{ kind: 'text', text: 'go' }] },
          {
            role: 'assistant',
            content: [
              { kind: 'reasoning', text: '', carry: own },
              { kind: 'tool-call', callId: 'c1', name: 'f', arguments: '' },
            ],
          },
          {
            role: 'user',
            content: [
              {
                kind: 'tool-result',
                callId: 'c1',
                name: 'f',
                isError: true,
                content: [
                  { kind: 'text', text: 'see' },
                  { kind: 'image', mediaType: 'image/jpg', base64: 'aGk=' },
                  { kind: 'document', mediaType: 'application/pdf', base64: 'aGk=', name: 'a.pdf' },
                ],
              },
            ],
          },
          { role: 'system', content: [{ kind: 'text', text: 'Later.' }] },
        ],
      }),
    );
    assert.equal(json['instructions'], 'Be brief.');
    assert.deepEqual([json['store'], json['include']], [false, ['reasoning.encrypted_content']]);
    assert.deepEqual(json['input'], [
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'go' }] },
      item,
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
      {
        type: 'function_call_output',
        call_id: 'c1',
        output: [
          { type: 'input_text', text: 'The tool failed:' },
          { type: 'input_text', text: 'see' },
          { type: 'input_image', detail: 'auto', image_url: 'data:image/jpeg;base64,aGk=' },
          { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,aGk=' },
        ],
      },
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Later.' }] },
    ]);
    assert.deepEqual(losses, ['error-flag-as-text']);
  });

  it('effort by what the model knows', () => {
    const effort = (servedBy: string, wished: NonNullable<Call['reasoning']>) => {
      const { json, losses } = written(call({ model: servedBy, reasoning: wished }), servedBy);
      return [json['reasoning'], ...losses];
    };
    assert.deepEqual(effort('gpt-5.5', { mode: 'on', effort: 'max', shown: true }), [
      { effort: 'xhigh', summary: 'auto' },
      'reasoning-effort',
    ]);
    assert.deepEqual(effort('o3', { mode: 'off', shown: true }), [{ effort: 'low' }, 'reasoning-effort']);
    assert.deepEqual(effort('gpt-5.5', { mode: 'adaptive', shown: false }), [undefined]);
    assert.deepEqual(effort('gpt-5.5', { mode: 'on', budgetTokens: 12_000, shown: false }), [{ effort: 'medium' }]);
    assert.deepEqual(effort('gpt-4.1', { mode: 'on', effort: 'low', shown: true }), [undefined, 'reasoning-effort']);
  });

  it('names what the target cannot be told', () => {
    const { json, losses } = written(
      call({ maxOutputTokens: 5, stop: ['x'], sampling: { temperature: 0.2, topK: 3, seed: 1 }, user: 'u'.repeat(300) }),
    );
    assert.equal(json['max_output_tokens'], 16);
    assert.equal(String(json['user']).length, 64);
    assert.deepEqual([...losses].toSorted(), [
      'clamped-max-tokens',
      'clamped-sampling',
      'field:seed',
      'field:top_k',
      'stop-sequences',
    ]);
  });

  it('passes the strict rules, whatever the call', () => {
    const word = fc.constantFrom('a', ' ', '', 'ü"\n', 'json', 'x'.repeat(80));
    const name = fc.constantFrom('f', 'g', 'mcp.server/tool name', 'n'.repeat(90));
    const callId = fc.constantFrom('c1', 'c2', 'c 3', 'i'.repeat(100), '');
    const text = word.map((value) => ({ kind: 'text', text: value }) as const);
    const media = fc.constantFrom(
      { kind: 'image', mediaType: 'image/png', base64: 'aGk=' } as const,
      { kind: 'document', mediaType: 'text/plain', base64: 'aGk=' } as const,
      { kind: 'audio', mediaType: 'audio/mpeg', base64: 'aGk=' } as const,
      { kind: 'audio', mediaType: 'audio/ogg', base64: 'aGk=' } as const,
      { kind: 'remote', what: 'image', url: 'https://example.com/i' } as const,
      { kind: 'remote', what: 'document', url: 'https://example.com/d' } as const,
    );
    const result = fc.record({
      kind: fc.constant('tool-result' as const),
      callId,
      name,
      content: fc.array(fc.oneof(text, media), { maxLength: 3 }),
      isError: fc.boolean(),
    });
    const carry = fc.constantFrom(own, { issuer: 'gemini@g', token: 't' });
    const assistant: fc.Arbitrary<AssistantContent> = fc.oneof(
      text,
      fc.record({ kind: fc.constant('tool-call' as const), callId, name, arguments: fc.constantFrom('', '{}', '{"a":', '[]') }),
      fc.record({ kind: fc.constant('reasoning' as const), text: word }),
      fc.record({ kind: fc.constant('reasoning' as const), text: word, carry }),
    );
    const turn = fc.oneof(
      fc.record({
        role: fc.constant('user' as const),
        content: fc.array(fc.oneof(text, media, result) as fc.Arbitrary<UserContent>, { maxLength: 3 }),
      }),
      fc.record({ role: fc.constant('assistant' as const), content: fc.array(assistant, { maxLength: 4 }) }),
      fc.record({ role: fc.constant('system' as const), content: fc.array(text, { maxLength: 2 }) }),
    );
    const schema = fc.constantFrom<Record<string, unknown>>(
      {},
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false },
      { type: 'object', properties: { a: { type: 'array' } }, required: ['a'], additionalProperties: false },
      { type: 'object', properties: { a: { type: 'string' } } },
      { anyOf: [{ type: 'object' }] },
      { type: 'string' },
    );
    const tool: fc.Arbitrary<Tool> = fc.record({ name, description: word, parameters: schema, strict: fc.boolean() });
    const effort = fc.constantFrom('none', 'minimal', 'low', 'high', 'max');
    const asked: fc.Arbitrary<Call> = fc.record(
      {
        model: fc.constantFrom('gpt-5.5', 'gpt-4.1', 'o3', 'gpt-5-chat-latest', 'gpt-5-codex'),
        system: fc.array(text, { maxLength: 2 }),
        turns: fc.array(turn, { maxLength: 6 }),
        tools: fc.uniqueArray(tool, { maxLength: 3, selector: (each) => each.name }),
        toolChoice: fc.oneof(
          fc.constantFrom('auto' as const, 'none' as const, 'required' as const),
          name.map((each) => ({ name: each })),
        ),
        maxOutputTokens: fc.option(fc.integer({ min: 1, max: 100_000 }), { nil: undefined }),
        parallelToolCalls: fc.boolean(),
        reasoning: fc.record({ mode: fc.constantFrom('on', 'off', 'adaptive'), effort, shown: fc.boolean() }),
        sampling: fc.record({ temperature: fc.double({ min: 0, max: 3, noNaN: true }), topP: fc.constantFrom(0.5, 1) }),
        stop: fc.array(word, { maxLength: 2 }),
        format: fc.oneof(
          fc.constant({ kind: 'json' as const }),
          fc.record({ kind: fc.constant('schema' as const), name: word, schema, strict: fc.boolean() }),
        ),
        verbosity: fc.constantFrom('low', 'medium', 'high'),
        serviceTier: fc.constantFrom('auto', 'standard_only', 'odd'),
        user: word,
        cacheKey: word,
      },
      { requiredKeys: ['model', 'system', 'turns', 'tools', 'toolChoice', 'maxOutputTokens'] },
    ) as fc.Arbitrary<Call>;
    fc.assert(
      fc.property(asked, (each) => {
        const { json } = written(each);
        const again = responsesCodec.readCall(json, { model: each.model, stream: true });
        assert.ok('call' in again, 'message' in again ? again.message : '');
        assert.equal(again.call.tools.length, each.tools.length);
      }),
      { numRuns: 1000 },
    );
  });
});
