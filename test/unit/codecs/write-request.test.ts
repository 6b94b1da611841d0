import assert from 'node:assert/strict';
import fc from 'fast-check';
import { defaultMaxTokens } from '../../../src/core/dialects/anthropic-messages/write-request.ts';
import type { WireRequest, WriteOptions } from '../../../src/core/dialects/wire-request.ts';
import type { Call, Turn } from '../../../src/core/ir/call.ts';
import type { Carry } from '../../../src/core/ir/carry.ts';
import { DIALECT_IDS, type DialectId } from '../../../src/core/ir/dialect.ts';
import { CODECS } from '../../../src/core/dialects/codecs.ts';
import { providerFault } from '../../matrix/provider-fault.ts';

// What the writers wrote is looked into freely; a missing field fails the assertion that reads it.
// oxlint-disable-next-line typescript/no-explicit-any
type Body = Record<string, any>;

const CALL: Call = { model: 'm', system: [], turns: [], tools: [], toolChoice: 'auto', maxOutputTokens: undefined };
const TOOL = {
  name: 'read',
  description: 'Reads a file.',
  parameters: { type: 'object', properties: { path: { type: 'string' } } },
};
const IMAGE = { kind: 'image', mediaType: 'image/jpg', base64: 'aGk=' } as const;

const said = (text: string) => ({ kind: 'text', text }) as const;
const user = (text: string): Turn => ({ role: 'user', content: [said(text)] });
const called = (callId: string, json = '{"path":"a"}', carry?: Carry) =>
  ({ kind: 'tool-call', callId, name: 'read', arguments: json, ...(carry === undefined ? {} : { carry }) }) as const;
const result = (callId: string, text = 'ok', isError = false) =>
  ({ kind: 'tool-result', callId, name: 'read', content: [said(text)], isError }) as const;

function write(
  dialect: DialectId,
  call: Partial<Call>,
  options: Partial<WriteOptions> = {},
): WireRequest & { readonly json: Body } {
  const written = CODECS[dialect].writeRequest({ ...CALL, ...call }, { stream: true, ...options });
  return { ...written, json: JSON.parse(written.body) as Body };
}

const TOOL_ROUND: readonly Turn[] = [
  user('read a and b'),
  { role: 'assistant', content: [said('Reading.'), called('1'), called('2', '')] },
  { role: 'user', content: [said('and quick'), result('2', 'b is empty', true), { ...result('1'), content: [said('a:'), IMAGE] }] },
];

describe('writeRequest openai-chat', () => {
  it('results are tool messages right after their calls, images move behind them with a label', () => {
    const { path, json, losses } = write('openai-chat', { system: [said('Be brief.')], turns: TOOL_ROUND, tools: [TOOL] });
    assert.equal(path, '/v1/chat/completions');
    assert.deepEqual(json['messages'], [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'read a and b' },
      {
        role: 'assistant',
        content: 'Reading.',
        tool_calls: [
          { id: '1', type: 'function', function: { name: 'read', arguments: '{"path":"a"}' } },
          { id: '2', type: 'function', function: { name: 'read', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: '1', content: 'a:\n(An image of this result: see the next user message.)' },
      { role: 'tool', tool_call_id: '2', content: 'The tool failed:\nb is empty' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'From the result of read (1):' },
          { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,aGk=' } },
          { type: 'text', text: 'and quick' },
        ],
      },
    ]);
    assert.deepEqual(new Set(losses), new Set(['moved-media', 'error-flag-as-text']));
  });
  it('asks for usage only where asking is wanted', () => {
    assert.deepEqual(write('openai-chat', {}).json['stream_options'], { include_usage: true });
    assert.equal(write('openai-chat', {}, { stream: false }).json['stream_options'], undefined);
    assert.equal(write('openai-chat', {}, { quirks: { streamUsage: 'never' } }).json['stream_options'], undefined);
    assert.equal(write('openai-chat', {}, { quirks: { streamUsage: 'always' } }).json['stream_options'], undefined);
  });
  it('limits the output by the name the model knows, and never above what the model can', () => {
    const model = 'gpt-5.6';
    assert.equal(write('openai-chat', { model, maxOutputTokens: 900 }).json['max_completion_tokens'], 900);
    assert.equal(
      write('openai-chat', { model, maxOutputTokens: 900 }, { maxOutputTokens: 500 }).json['max_completion_tokens'],
      500,
    );
    assert.equal(write('openai-chat', { model: 'qwen3', maxOutputTokens: 900 }).json['max_tokens'], 900);
    const none = write('openai-chat', { model }, { maxOutputTokens: 500 }).json;
    assert.equal('max_completion_tokens' in none || 'max_tokens' in none, false);
  });
  it('a tool choice goes out only with tools', () => {
    assert.equal(write('openai-chat', { toolChoice: 'required' }).json['tool_choice'], undefined);
    assert.equal(write('openai-chat', { toolChoice: 'required', tools: [TOOL] }).json['tool_choice'], 'required');
  });
});

describe('writeRequest anthropic-messages', () => {
  it('results come first and in the order of the calls, with flags and images kept', () => {
    const { path, json } = write('anthropic-messages', { turns: TOOL_ROUND }, { cacheBreakpoints: false });
    assert.equal(path, '/v1/messages');
    assert.deepEqual(json['messages'][2], {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: '1',
          content: [
            { type: 'text', text: 'a:' },
            { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'aGk=' } },
          ],
        },
        { type: 'tool_result', tool_use_id: '2', content: [{ type: 'text', text: 'b is empty' }], is_error: true },
        { type: 'text', text: 'and quick' },
      ],
    });
    assert.deepEqual(json['messages'][1].content[2].input, {});
  });
  it('sets four breakpoints: last tool, system, the last two user turns', () => {
    const turns = [...TOOL_ROUND, { role: 'assistant', content: [said('done')] } as const, user('thanks')];
    const { json } = write('anthropic-messages', { system: [said('S')], tools: [TOOL, { ...TOOL, name: 'list' }], turns });
    const mark = { type: 'ephemeral' };
    assert.deepEqual(
      json['tools'].map((tool: Body) => tool['cache_control']),
      [undefined, mark],
    );
    assert.deepEqual(json['system'], [{ type: 'text', text: 'S', cache_control: mark }]);
    assert.equal(JSON.stringify(json).split('"cache_control"').length - 1, 4);
    assert.deepEqual(json['messages'][2].content.at(-1).cache_control, mark);
    assert.deepEqual(json['messages'][4].content.at(-1).cache_control, mark);
  });
  it('what one request marked is a prefix of the next request, byte for byte', () => {
    const first = write('anthropic-messages', { turns: TOOL_ROUND, tools: [TOOL] }).json['messages'] as Body[];
    const later = [...TOOL_ROUND, { role: 'assistant', content: [said('done')] } as const, user('thanks')];
    const second = write('anthropic-messages', { turns: later, tools: [TOOL] }).json['messages'] as Body[];
    const bare = (messages: Body[]) =>
      JSON.stringify(messages.slice(0, 3), (key, value: unknown) => (key === 'cache_control' ? undefined : value));
    assert.equal(bare(first), bare(second));
  });
  it('max_tokens by model family, and the known limit of the model before it', () => {
    assert.equal(write('anthropic-messages', { model: 'agent/x' }, { servedBy: 'claude-opus-5-5' }).json['max_tokens'], 32_000);
    assert.equal(write('anthropic-messages', { maxOutputTokens: 99_000 }, { maxOutputTokens: 64_000 }).json['max_tokens'], 64_000);
    const expected = {
      'claude-3-haiku-20240307': 4096,
      'claude-3-5-haiku-20241022': 8192,
      'anthropic/claude-3.5-sonnet': 8192,
      'claude-3-7-sonnet-20250219': 32_000,
      'claude-sonnet-4-5': 32_000,
      'kimi-k2': 8192,
    };
    for (const [model, tokens] of Object.entries(expected)) assert.equal(defaultMaxTokens(model, undefined), tokens, model);
    assert.equal(defaultMaxTokens('claude-opus-5-5', 128_000), 32_000);
    assert.equal(defaultMaxTokens('small', 2_000), 2_000);
  });
  it('arguments that are no object stay readable, and the loss is named', () => {
    const turns: Turn[] = [user('x'), { role: 'assistant', content: [called('1', '{"path":')] }];
    const { json, losses } = write('anthropic-messages', { turns });
    assert.deepEqual(json['messages'][1].content[0].input, { unparsed_arguments: '{"path":' });
    assert.deepEqual(new Set(losses), new Set(['unparsed-arguments', 'missing-tool-result']));
  });
});

describe('writeRequest gemini', () => {
  it('names functions, keeps the order of parallel calls of the same name, says failures', () => {
    const { path, json } = write('gemini', {
      model: 'google/gemini-3-pro',
      system: [said('S')],
      turns: TOOL_ROUND,
      tools: [TOOL],
      toolChoice: 'required',
    });
    assert.equal(path, '/v1beta/models/google/gemini-3-pro:streamGenerateContent?alt=sse');
    assert.deepEqual(json['contents'][2], {
      role: 'user',
      parts: [
        { functionResponse: { name: 'read', response: { output: 'a:' } } },
        { functionResponse: { name: 'read', response: { error: 'b is empty' } } },
        { text: 'From the result of read:' },
        { inlineData: { mimeType: 'image/jpeg', data: 'aGk=' } },
        { text: 'and quick' },
      ],
    });
    assert.deepEqual(json['systemInstruction'], { parts: [{ text: 'S' }] });
    assert.deepEqual(json['tools'], [
      { functionDeclarations: [{ name: 'read', description: 'Reads a file.', parametersJsonSchema: TOOL.parameters }] },
    ]);
    assert.deepEqual(json['toolConfig'], { functionCallingConfig: { mode: 'ANY' } });
    assert.equal(write('gemini', { model: 'a b?c' }, { stream: false }).path, '/v1beta/models/a%20b%3Fc:generateContent');
  });
  it('gives a signature back to its issuer only; Gemini 3 gets a stand-in on the first call where there is none', () => {
    const signatures = (model: string, ...carries: (Carry | undefined)[]) => {
      const content = carries.map((carry, n) => called(`${n}`, '{}', carry));
      const { json, losses } = write(
        'gemini',
        { model: 'agent/x', turns: [user('x'), { role: 'assistant', content }] },
        { servedBy: model, issuer: 'gemini@google' },
      );
      return [json['contents'][1].parts.map((part: Body) => part['thoughtSignature']), losses.includes('dropped-reasoning')];
    };
    const own = { issuer: 'gemini@google', token: 'abc' };
    const standIn = 'skip_thought_signature_validator';
    assert.deepEqual(signatures('gemini-3-pro', own, undefined), [['abc', undefined], false]);
    assert.deepEqual(signatures('gemini-3-pro', undefined, undefined), [[standIn, undefined], false]);
    assert.deepEqual(signatures('gemini-3.1-flash', { issuer: 'gemini@elsewhere', token: 'abc' }), [[standIn], true]);
    assert.deepEqual(signatures('gemini-flash-latest', undefined), [[standIn], false]);
    assert.deepEqual(signatures('gemini-2.5-pro', undefined), [[undefined], false]);
    assert.deepEqual(signatures('gemini-2.5-pro', own), [['abc'], false]);
    for (const dialect of ['openai-chat', 'openai-responses', 'anthropic-messages'] as const) {
      const turns: Turn[] = [user('x'), { role: 'assistant', content: [called('1', '{}', own)] }];
      const written = write(dialect, { turns });
      assert.equal(written.body.includes('abc'), false);
      assert.ok(written.losses.includes('dropped-reasoning'));
    }
  });
});

describe('writeRequest: a conversation that ends with the assistant', () => {
  it('does not end with white space, which Anthropic refuses', () => {
    const turns: Turn[] = [user('Count.'), { role: 'assistant', content: [said('One, \n ')] }];
    const { json } = write('anthropic-messages', { turns });
    assert.equal(providerFault('anthropic-messages', json, 'claude-3-5-sonnet-20241022'), undefined);
    assert.match(JSON.stringify(json), /"One,"/);
  });
});

describe('writeRequest: any conversation is one that the provider takes', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.constantFrom('', ' ', '\n\t', 'Hallo'));
  const textPart = text.map(said);
  const id = fc.constantFrom('a', 'b', 'call|x', 'c'.repeat(60), '');
  const image = fc.constant(IMAGE);
  const toolCall = fc.record({
    id,
    json: fc.constantFrom('', '{}', '{"path":"x"}', '{"pa', '[1]', 'null'),
    carry: fc.constantFrom(undefined, { issuer: 'gemini@other', token: 'x' }),
  });
  const assistant = fc.array(
    fc.oneof(
      textPart,
      toolCall.map((call) => called(call.id, call.json, call.carry)),
    ),
    { maxLength: 4 },
  );
  const results = fc
    .record({ id, content: fc.array(fc.oneof(textPart, image), { maxLength: 2 }), isError: fc.boolean() })
    .map((each) => ({ kind: 'tool-result', callId: each.id, name: 'read', content: each.content, isError: each.isError }) as const);
  const turn: fc.Arbitrary<Turn> = fc.oneof(
    assistant.map((content): Turn => ({ role: 'assistant', content })),
    fc.array(fc.oneof(textPart, image, results), { maxLength: 4 }).map((content): Turn => ({ role: 'user', content })),
    fc.array(textPart, { maxLength: 2 }).map((content): Turn => ({ role: 'system', content })),
  );
  const call = fc.record({
    system: fc.array(textPart, { maxLength: 2 }),
    turns: fc.array(turn, { maxLength: 6 }),
    tools: fc.constantFrom([], [TOOL], [{ name: 'now', description: 'x', parameters: {} }]),
    toolChoice: fc.constantFrom('auto' as const, 'required' as const),
    maxOutputTokens: fc.constantFrom(undefined, 100),
  });
  for (const [dialect, model] of [
    ['openai-chat', 'gpt-5.6'],
    ['openai-responses', 'gpt-5.6'],
    ['anthropic-messages', 'claude-3-5-sonnet-20241022'],
    ['gemini', 'gemini-3-pro-preview'],
  ] as const) {
    it(dialect, () => {
      fc.assert(
        fc.property(call, (random) => {
          const { json } = write(dialect, { ...random, model });
          assert.equal(providerFault(dialect, json, model), undefined, JSON.stringify(json));
        }),
        { numRuns: 1500 },
      );
    });
  }
  it('and the rules it is checked against do refuse', () => {
    for (const dialect of DIALECT_IDS) {
      assert.equal(typeof providerFault(dialect, { model: 'm', max_tokens: 1, messages: [], contents: [] }, 'm'), 'string');
    }
  });
  it('no text that was said is lost', () => {
    fc.assert(
      fc.property(call, (random) => {
        const texts = random.turns.flatMap((each) =>
          each.content.flatMap((part) => (part.kind === 'text' && part.text.trim() !== '' ? [part.text] : [])),
        );
        for (const dialect of DIALECT_IDS) {
          const { body } = write(dialect, random);
          for (const each of texts)
            assert.ok(body.includes(JSON.stringify(each).slice(1, -1)), `${dialect} lost ${JSON.stringify(each)}`);
        }
      }),
      { numRuns: 300 },
    );
  });
});
