import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { DialectQuirks } from '../../../src/core/dialects/dialect.ts';
import { chatCodec } from '../../../src/core/dialects/openai-chat/codec.ts';
import type { WireRequest, WriteOptions } from '../../../src/core/dialects/wire-request.ts';
import type { AssistantContent, Call, Effort, Tool, Turn, UserContent } from '../../../src/core/ir/call.ts';
import { PRESETS } from '../../../src/core/providers/presets.ts';
import { firstFault } from '../../support/fake-providers/dialect.ts';
import { checkChat } from '../../support/fake-providers/openai-chat-rules.ts';

// What the writer wrote is looked into freely; a missing field fails the assertion that reads it.
// oxlint-disable-next-line typescript/no-explicit-any
type Body = Record<string, any>;

const ISSUER = 'openai-chat@deepseek';
const said = (text: string) => ({ kind: 'text', text }) as const;
const HELLO: Turn = { role: 'user', content: [said('Hello')] };
const CALL: Call = { model: 'm', system: [], turns: [HELLO], tools: [], toolChoice: 'auto', maxOutputTokens: undefined };
const CLOSED = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'], additionalProperties: false };
const READ: Tool = { name: 'read', description: 'Reads.', parameters: CLOSED };

function write(call: Partial<Call>, options: Partial<WriteOptions> = {}): WireRequest & { readonly json: Body } {
  const written = chatCodec.writeRequest({ ...CALL, ...call }, { stream: true, ...options });
  const json = JSON.parse(written.body) as Body;
  assert.equal(firstFault(() => checkChat(withoutVendorFields(json)))?.message, undefined, written.body);
  return { ...written, json };
}

/** OpenAI's rules know nothing of fields that go back to the vendors who brought them. */
function withoutVendorFields(json: Body): Body {
  return JSON.parse(
    JSON.stringify(json, (key, value: unknown) =>
      ['reasoning_details', 'reasoning', 'extra_content'].includes(key) ? undefined : value,
    ),
  ) as Body;
}

const toolRound = (content: readonly UserContent[], thought: readonly AssistantContent[] = []): Turn[] => [
  HELLO,
  { role: 'assistant', content: [...thought, { kind: 'tool-call', callId: 'c1', name: 'read', arguments: '{"path":"a"}' }] },
  {
    role: 'user',
    content: [{ kind: 'tool-result', callId: 'c1', name: 'read', content: [said('ok')], isError: false }, ...content],
  },
];

describe('writeRequest openai-chat: limits and sampling', () => {
  it('the name of the limit follows from the model, then from the provider', () => {
    const names = (model: string, quirks: DialectQuirks = {}) =>
      Object.keys(write({ model, maxOutputTokens: 9 }, { quirks }).json).filter((key) => key.startsWith('max_'));
    assert.deepEqual(names('qwen3'), ['max_tokens']);
    assert.deepEqual(names('gpt-5.1'), ['max_completion_tokens']);
    assert.deepEqual(names('o3', { maxTokensField: 'max_tokens' }), ['max_completion_tokens']);
    assert.deepEqual(names('my-deployment', PRESETS['azure-openai'].quirks), ['max_completion_tokens']);
    assert.deepEqual(names('mistral-large', PRESETS.mistral.quirks), ['max_tokens']);
    const clamped = write({ maxOutputTokens: 900 }, { maxOutputTokens: 500 });
    assert.deepEqual([clamped.json['max_tokens'], clamped.losses], [500, ['clamped-max-tokens']]);
  });

  it('reasoning models take no sampling and no stops; others take them within their range', () => {
    const sampling = { temperature: 0.2, topP: 0.9, presencePenalty: 1, frequencyPenalty: 1, seed: 4 };
    const plain = write({ sampling: { ...sampling, temperature: 2.5 }, stop: ['a', '', 'b', 'c', 'd', 'e'] });
    assert.deepEqual(
      ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty', 'seed', 'stop'].map((key) => plain.json[key]),
      [2, 0.9, 1, 1, 4, ['a', 'b', 'c', 'd']],
    );
    assert.deepEqual(plain.losses, ['clamped-sampling', 'stop-sequences']);
    const reasoning = write({ model: 'gpt-5', sampling, stop: ['a'] });
    assert.equal(
      ['temperature', 'top_p', 'presence_penalty', 'stop'].some((key) => key in reasoning.json),
      false,
    );
    assert.deepEqual(reasoning.losses, ['clamped-sampling', 'stop-sequences']);
    assert.deepEqual(write({ model: 'gpt-5', sampling: { temperature: 1, topP: 1 } }).losses, []);
    assert.deepEqual(write({ sampling: { topK: 5 } }).losses, ['field:top_k']);
  });

  it('an effort, where the model takes one, and the nearest it knows', () => {
    const effort = (model: string, wish: Effort | 'off' | number, tools: readonly Tool[] = []) => {
      const reasoning =
        typeof wish === 'number'
          ? { mode: 'on' as const, budgetTokens: wish, shown: true }
          : wish === 'off'
            ? { mode: 'off' as const, shown: true }
            : { mode: 'on' as const, effort: wish, shown: true };
      const { json, losses } = write({ model, tools, reasoning });
      return [json['reasoning_effort'], ...losses];
    };
    assert.deepEqual(effort('gpt-5', 'minimal'), ['minimal']);
    assert.deepEqual(effort('gpt-5', 'off'), ['minimal', 'reasoning-effort']);
    assert.deepEqual(effort('gpt-5.1', 'off'), ['none']);
    assert.deepEqual(effort('gpt-5.1', 'xhigh'), ['high', 'reasoning-effort']);
    assert.deepEqual(effort('gpt-5.2', 'max'), ['xhigh', 'reasoning-effort']);
    assert.deepEqual(effort('o3', 12_000), ['medium']);
    assert.deepEqual(effort('openai/gpt-oss-120b', 'high'), ['high']);
    assert.deepEqual(effort('grok-3-mini', 'medium'), ['low', 'reasoning-effort']);
    assert.deepEqual(effort('gemini-2.5-pro', 'minimal'), ['minimal']);
    assert.deepEqual(effort('llama-4', 'high'), [undefined, 'reasoning-effort']);
    assert.deepEqual(effort('llama-4', 'off'), [undefined]);
    assert.deepEqual(write({ model: 'gpt-5', reasoning: { mode: 'adaptive', shown: true } }).json['reasoning_effort'], undefined);
  });

  it('GPT-5.4 and later get no effort beside tools from OpenAI itself, which refuses even its own default', () => {
    const effort = (call: Partial<Call>) => {
      const { json, losses } = write({ tools: [READ], ...call });
      return [json['reasoning_effort'], ...losses];
    };
    const reasoning = { mode: 'on', effort: 'high', shown: true } as const;
    assert.deepEqual(effort({ model: 'gpt-5.6', reasoning }), ['none', 'reasoning-effort']);
    assert.deepEqual(effort({ model: 'gpt-6-astra' }), ['none', 'reasoning-effort']);
    assert.deepEqual(effort({ model: 'gpt-5.6', tools: [], reasoning }), ['high']);
    assert.deepEqual(effort({ model: 'gpt-5.2', reasoning }), ['high']);
    assert.deepEqual(effort({ model: 'openai/gpt-5.6', reasoning }), ['high']);
  });

  it("OpenAI's hints go to OpenAI's models only, and only as long as it takes them", () => {
    const hints = { verbosity: 'low', serviceTier: 'priority', user: 'u', cacheKey: 'k' } as const;
    const own = write({ model: 'gpt-5.1', ...hints });
    assert.deepEqual(
      ['verbosity', 'service_tier', 'user', 'prompt_cache_key'].map((key) => own.json[key]),
      ['low', 'priority', 'u', 'k'],
    );
    assert.deepEqual(write({ model: 'gpt-4.1', ...hints }).losses, ['field:verbosity']);
    const lost = ['field:verbosity', 'field:service_tier', 'field:user', 'field:prompt_cache_key'];
    assert.deepEqual(write({ model: 'llama-4', ...hints }).losses, lost);
    assert.deepEqual(write({ model: 'gpt-5.1', user: 'x'.repeat(65) }).losses, ['field:user']);
    assert.equal(write({ model: 'gpt-4.1', serviceTier: 'standard_only' }).json['service_tier'], 'default');
  });
});

describe('writeRequest openai-chat: tools and formats', () => {
  it('strict where the schema allows it, custom tools as functions, schemas as OpenAI wants them', () => {
    const open = { ...READ, name: 'open', strict: true, parameters: { type: 'object', properties: { a: {} } } };
    const any = { ...READ, name: 'any', parameters: { anyOf: [{ type: 'object' }], properties: {} } };
    const custom: Tool = { ...READ, name: 'patch', form: { kind: 'custom', name: 'patch' } };
    const { json, losses } = write({ model: 'gpt-4.1', tools: [{ ...READ, strict: true }, open, any, custom] });
    assert.deepEqual(
      json['tools'].map((tool: Body) => [tool['type'], tool['function'].strict]),
      [
        ['function', true],
        ['function', undefined],
        ['function', undefined],
        ['function', undefined],
      ],
    );
    assert.deepEqual(json['tools'][2].function.parameters, { properties: {}, type: 'object' });
    assert.deepEqual(new Set(losses), new Set(['field:tools.strict', 'schema-keywords', 'custom-tool-as-function']));
    assert.deepEqual(write({ tools: [any] }).json['tools'][0].function.parameters.anyOf, [{ type: 'object' }]);
  });

  it('choices and parallel calls', () => {
    const sent = (call: Partial<Call>) => {
      const { json, losses } = write({ tools: [READ], ...call });
      return [json['tool_choice'], json['parallel_tool_calls'], ...losses];
    };
    assert.deepEqual(sent({ toolChoice: 'auto', parallelToolCalls: true }), [undefined, undefined]);
    assert.deepEqual(sent({ toolChoice: 'none', parallelToolCalls: false }), ['none', false]);
    assert.deepEqual(sent({ toolChoice: { name: 'read' } }), [{ type: 'function', function: { name: 'read' } }, undefined]);
    assert.deepEqual(sent({ toolChoice: { name: 'x' } }), [undefined, undefined, 'tool-choice']);
    assert.deepEqual(sent({ model: 'o3', parallelToolCalls: false }), [undefined, undefined, 'parallel-tool-calls']);
    assert.deepEqual(sent({ tools: [], toolChoice: 'required', parallelToolCalls: false }), [undefined, undefined]);
    const long = { ...READ, name: `mcp.${'x'.repeat(80)}` };
    const renamed = write({ tools: [long], toolChoice: { name: long.name } });
    assert.equal(renamed.toolNames.get(renamed.json['tool_choice'].function.name), long.name);
  });

  it('formats of the answer, and the word JSON that OpenAI insists on', () => {
    const schema = { kind: 'schema', name: 'my out', schema: CLOSED, strict: true } as const;
    assert.deepEqual(write({ format: schema }).json['response_format'], {
      type: 'json_schema',
      json_schema: { name: 'my_out', schema: CLOSED, strict: true },
    });
    const loose = write({ format: { ...schema, schema: { type: 'object', properties: { a: {} } } } });
    assert.deepEqual([loose.json['response_format'].json_schema.strict, loose.losses], [false, ['field:response_format.strict']]);
    const unsaid = write({ format: { kind: 'json' } }).json;
    assert.deepEqual(unsaid['messages'][0], { role: 'system', content: 'Answer with a JSON object.' });
    assert.equal(
      write({ format: { kind: 'json' }, system: [said('Say it in JSON.')] }).json['messages'][0].content,
      'Say it in JSON.',
    );
  });
});

describe('writeRequest openai-chat: messages', () => {
  it('media in their parts; what the provider cannot take is said in words', () => {
    const { json, losses } = write({
      turns: [
        {
          role: 'user',
          content: [
            { kind: 'image', mediaType: 'image/jpg', base64: 'aGk=' },
            { kind: 'remote', what: 'image', url: 'https://example.com/a.png' },
            { kind: 'document', mediaType: 'application/pdf', base64: 'aGk=' },
            { kind: 'document', mediaType: 'text/plain', base64: 'aGk=', name: 'a.txt' },
            { kind: 'audio', mediaType: 'audio/mpeg', base64: 'aGk=' },
            { kind: 'audio', mediaType: 'audio/ogg', base64: 'aGk=' },
            { kind: 'remote', what: 'document', url: 'https://example.com/a.pdf' },
          ],
        },
      ],
    });
    assert.deepEqual(json['messages'][0].content, [
      { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,aGk=' } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      { type: 'file', file: { filename: 'document.pdf', file_data: 'data:application/pdf;base64,aGk=' } },
      { type: 'text', text: 'Content of the file a.txt:\nhi' },
      { type: 'input_audio', input_audio: { data: 'aGk=', format: 'mp3' } },
      { type: 'text', text: '(A recording in audio/ogg was left out, because this provider takes only WAV and MP3.)' },
      {
        type: 'text',
        text: '(A document was left out, because this provider does not fetch documents: https://example.com/a.pdf)',
      },
    ]);
    assert.deepEqual(losses, ['dropped-media']);
  });

  it('marks for a cache are named once, wherever they stand', () => {
    const marked = [
      { system: [{ ...said('S'), cache: '5m' }] },
      { tools: [{ ...READ, cache: '1h' }] },
      { turns: [{ role: 'user', content: [{ ...said('x'), cache: '5m' }] }] },
      {
        turns: [
          {
            role: 'user',
            content: [{ kind: 'tool-result', callId: '', name: 'f', content: [{ ...said('x'), cache: '5m' }], isError: false }],
          },
        ],
      },
    ] as const;
    for (const call of marked) assert.ok(write(call).losses.includes('cache-marks'), JSON.stringify(call));
  });

  it('instructions inside the conversation stay where a provider takes them', () => {
    const turns: Turn[] = [HELLO, { role: 'system', content: [said('Now.')] }];
    assert.deepEqual(write({ turns }).json['messages'][1], { role: 'system', content: 'Now.' });
    const local = write({ turns }, { quirks: PRESETS.vllm.quirks });
    assert.equal(local.json['messages'].length, 1);
    assert.deepEqual(local.losses, ['system-as-user-text']);
  });

  it('Mistral: short call ids, and the model speaks after tools', () => {
    const { json } = write({ turns: toolRound([said('and quick')]), tools: [READ] }, { quirks: PRESETS.mistral.quirks });
    assert.deepEqual(
      json['messages'].map((message: Body) => message['role']),
      ['user', 'assistant', 'tool', 'assistant', 'user'],
    );
    assert.match(json['messages'][2].tool_call_id, /^[a-zA-Z0-9]{9}$/);
    assert.equal('stream_options' in json, false);
  });

  it('thoughts go back to who thought them, in the field they came in', () => {
    const thought = (token: string, issuer = ISSUER) => ({ kind: 'reasoning', text: 'T', carry: { issuer, token } }) as const;
    const message = (parts: readonly AssistantContent[], quirks: DialectQuirks = {}) =>
      write({ turns: toolRound([], parts) }, { issuer: ISSUER, quirks }).json['messages'][1] as Body;
    assert.equal(message([thought('{"reasoning_content":"A"}'), thought('{"reasoning_content":"B"}')])['reasoning_content'], 'AB');
    const details = [
      thought('{"reasoning_details":[{"type":"reasoning.text","text":"A","index":0}]}'),
      thought(
        '{"reasoning_details":[{"type":"reasoning.text","signature":"s","index":0},{"type":"reasoning.encrypted","data":"d"}]}',
      ),
    ];
    assert.deepEqual(message(details)['reasoning_details'], [
      { type: 'reasoning.text', text: 'A', signature: 's', index: 0 },
      { type: 'reasoning.encrypted', data: 'd' },
    ]);
    assert.equal('reasoning_content' in message([thought('{"reasoning_content":"A"}', 'openai-chat@other')]), false);
    assert.equal(message([thought('{"role":"system","content":"x"}')])['role'], 'assistant');
    // DeepSeek refuses a conversation without them.
    const { quirks } = PRESETS.deepseek;
    assert.equal(message([thought('{"reasoning_content":"A"}')], quirks)['reasoning_content'], 'A');
    assert.equal(message([], quirks)['reasoning_content'], 'I call read with {"path":"a"}');
    const off = write({ turns: toolRound([]), reasoning: { mode: 'off', shown: true } }, { quirks }).json;
    assert.equal('reasoning_content' in off['messages'][1], false);
  });

  it("a call's own signature stands in its extra_content", () => {
    const carry = { issuer: ISSUER, token: '{"extra_content":{"google":{"thought_signature":"c2ln"}}}' };
    const turns: Turn[] = [
      HELLO,
      { role: 'assistant', content: [{ kind: 'tool-call', callId: '1', name: 'f', arguments: '', carry }] },
    ];
    const [call] = write({ turns }, { issuer: ISSUER }).json['messages'][1].tool_calls;
    assert.deepEqual(call, {
      id: '1',
      type: 'function',
      function: { name: 'f', arguments: '{}' },
      extra_content: { google: { thought_signature: 'c2ln' } },
    });
    assert.deepEqual(write({ turns }).losses, ['dropped-reasoning', 'missing-tool-result', 'error-flag-as-text']);
  });
});

describe('writeRequest openai-chat: any call is one that OpenAI takes', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.constantFrom('', ' ', 'Hallo'));
  const cache = fc.constantFrom({}, { cache: '5m' as const });
  const textPart = fc.tuple(text, cache).map(([each, mark]) => ({ ...said(each), ...mark }));
  const id = fc.constantFrom('a', 'b', 'call|x', 'c'.repeat(60), '');
  const name = fc.constantFrom('read', 'mcp.x/y', 'z'.repeat(90), '9lives');
  const media = fc.constantFrom<Extract<UserContent, { kind: 'image' | 'document' | 'audio' | 'remote' }>>(
    { kind: 'image', mediaType: 'image/png', base64: 'aGk=' },
    { kind: 'document', mediaType: 'application/pdf', base64: 'aGk=' },
    { kind: 'document', mediaType: 'text/plain', base64: 'aGk=' },
    { kind: 'audio', mediaType: 'audio/flac', base64: 'aGk=' },
    { kind: 'remote', what: 'image', url: 'https://example.com/x.png' },
    { kind: 'remote', what: 'document', url: 'https://example.com/x.pdf' },
  );
  const carry = fc.constantFrom(
    {},
    { carry: { issuer: ISSUER, token: '{"reasoning_content":"A"}' } },
    { carry: { issuer: ISSUER, token: 'broken' } },
    { carry: { issuer: 'anthropic-messages', token: 'x' } },
  );
  const assistant = fc.oneof(
    textPart,
    fc.tuple(text, carry).map(([each, own]) => ({ kind: 'reasoning', text: each, ...own }) as const),
    fc
      .record({ callId: id, name, arguments: fc.constantFrom('', '{}', '{"path":"x"}', '{"pa', '[1]') })
      .map((each) => ({ kind: 'tool-call', ...each }) as const),
  );
  const result = fc
    .record({ callId: id, name, content: fc.array(fc.oneof(textPart, media), { maxLength: 2 }), isError: fc.boolean() })
    .map((each) => ({ kind: 'tool-result', ...each }) as const);
  const turn: fc.Arbitrary<Turn> = fc.oneof(
    fc.array(assistant, { maxLength: 4 }).map((content): Turn => ({ role: 'assistant', content })),
    fc.array(fc.oneof(textPart, media, result), { maxLength: 4 }).map((content): Turn => ({ role: 'user', content })),
    fc.array(textPart, { maxLength: 2 }).map((content): Turn => ({ role: 'system', content })),
  );
  const parameters = fc.constantFrom<Tool['parameters']>(
    {},
    CLOSED,
    { type: 'string' },
    { anyOf: [{}] },
    { type: 'object', properties: { a: {} } },
  );
  const tool = fc
    .record({ name, description: text, parameters, strict: fc.constantFrom(undefined, true, false), custom: fc.boolean() })
    .map(({ custom, strict, ...each }): Tool => ({
      ...each,
      ...(strict === undefined ? {} : { strict }),
      ...(custom ? { form: { kind: 'custom', name: each.name } } : {}),
    }));
  const call = fc.record(
    {
      model: fc.constantFrom('gpt-4.1', 'gpt-5', 'gpt-5.1', 'gpt-5.6', 'o3', 'openai/gpt-5.6', 'qwen3', 'gpt-5-chat-latest'),
      system: fc.array(textPart, { maxLength: 2 }),
      turns: fc.array(turn, { maxLength: 6 }),
      tools: fc.uniqueArray(tool, { maxLength: 3, selector: (each) => each.name }),
      toolChoice: fc.constantFrom<Call['toolChoice']>('auto', 'none', 'required', { name: 'read' }),
      maxOutputTokens: fc.constantFrom(undefined, 100),
      parallelToolCalls: fc.boolean(),
      reasoning: fc.record({ mode: fc.constantFrom('on', 'off', 'adaptive'), shown: fc.boolean() }),
      sampling: fc.record(
        { temperature: fc.constantFrom(0, 1, 2, 3), topK: fc.nat(9), topP: fc.constant(0.5) },
        { requiredKeys: [] },
      ),
      stop: fc.array(text, { maxLength: 6 }),
      format: fc.constantFrom<NonNullable<Call['format']>>(
        { kind: 'json' },
        { kind: 'schema', name: 'a b', schema: CLOSED, strict: true },
      ),
      verbosity: fc.constantFrom('low', 'high'),
      serviceTier: fc.constantFrom('auto', 'standard_only', 'turbo'),
      user: fc.constantFrom('u', 'u'.repeat(100)),
      cacheKey: fc.constant('k'),
    },
    { requiredKeys: ['model', 'system', 'turns', 'tools', 'toolChoice', 'maxOutputTokens'] },
  );
  const quirks = fc.constantFrom<DialectQuirks>({}, ...Object.values(PRESETS).map((preset) => preset.quirks));

  it('whatever the quirks of the provider, and no word is lost', () => {
    fc.assert(
      fc.property(call, quirks, fc.boolean(), (random, each, stream) => {
        const { body } = write(random, { issuer: ISSUER, quirks: each, stream });
        for (const { content } of [...random.turns, { content: random.system }]) {
          for (const part of content) {
            if (part.kind === 'text' && part.text.trim() !== '') assert.ok(body.includes(JSON.stringify(part.text).slice(1, -1)));
          }
        }
      }),
      { numRuns: 1500 },
    );
  });
});
