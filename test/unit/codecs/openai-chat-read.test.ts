import assert from 'node:assert/strict';
import { chatCodec } from '../../../src/core/dialects/openai-chat/codec.ts';
import type { JsonRecord } from '../../../src/core/dialects/read-json.ts';
import type { Call } from '../../../src/core/ir/call.ts';
import { tagOf } from '../../../src/core/ir/carry.ts';
import { isGatewayError } from '../../../src/core/ir/error.ts';

const HELLO = [{ role: 'user', content: 'Hello' }];
const ASKED = { model: 'asked-model', stream: true };
const CARRY = { issuer: 'anthropic-messages@anthropic', token: '{"signature":"c2ln"}' };
const SCHEMA = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
const READ = { type: 'function', function: { name: 'read', description: 'Reads.', parameters: SCHEMA } };

function read(body: JsonRecord): { call: Call; losses: readonly string[] } {
  const result = chatCodec.readCall({ model: 'm', messages: HELLO, ...body }, ASKED);
  assert.ok(!isGatewayError(result), JSON.stringify(result));
  return result;
}

function refusal(body: JsonRecord): string {
  const result = chatCodec.readCall({ model: 'm', messages: HELLO, ...body }, ASKED);
  assert.ok(isGatewayError(result), JSON.stringify(result));
  assert.equal(result.code, 'bad-request');
  return result.message;
}

const turnsOf = (...messages: readonly object[]) => read({ messages }).call.turns;
const contentOf = (...parts: readonly object[]) => turnsOf({ role: 'user', content: parts })[0]?.content;

describe('readCall openai-chat: messages', () => {
  it('leading instructions are the system, later ones stay where they stand', () => {
    const { call, losses } = read({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'developer', content: [{ type: 'text', text: 'And kind.', cache_control: { type: 'ephemeral', ttl: '1h' } }] },
        { role: 'user', content: 'Hi' },
        { role: 'system', content: 'It is Monday.' },
      ],
    });
    assert.equal(call.model, 'asked-model');
    assert.deepEqual(call.system, [
      { kind: 'text', text: 'Be brief.' },
      { kind: 'text', text: 'And kind.', cache: '1h' },
    ]);
    assert.deepEqual(call.turns, [
      { role: 'user', content: [{ kind: 'text', text: 'Hi' }] },
      { role: 'system', content: [{ kind: 'text', text: 'It is Monday.' }] },
    ]);
    assert.deepEqual(losses, []);
  });

  it('media: data URIs lose their parameters, addresses stay addresses', () => {
    assert.deepEqual(
      contentOf(
        { type: 'text', text: 'See' },
        { type: 'image_url', image_url: { url: 'data:image/PNG;charset=utf-8;base64,aGk=', detail: 'auto' } },
        { type: 'image_url', image_url: 'https://example.com/a.png', cache_control: { type: 'ephemeral' } },
        { type: 'input_audio', input_audio: { data: 'aGk=', format: 'mp3' } },
        { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,aGk=' } },
        { type: 'file', file: { file_data: 'https://example.com/b.pdf' } },
        { type: 'file', file: { filename: 'c.txt', file_data: 'data:text/plain,a%20b' } },
      ),
      [
        { kind: 'text', text: 'See' },
        { kind: 'image', mediaType: 'image/png', base64: 'aGk=' },
        { kind: 'remote', what: 'image', url: 'https://example.com/a.png', cache: '5m' },
        { kind: 'audio', mediaType: 'audio/mpeg', base64: 'aGk=' },
        { kind: 'document', mediaType: 'application/pdf', base64: 'aGk=', name: 'a.pdf' },
        { kind: 'remote', what: 'document', url: 'https://example.com/b.pdf' },
        { kind: 'document', mediaType: 'text/plain', base64: Buffer.from('a b').toString('base64'), name: 'c.txt' },
      ],
    );
    const detail = { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=', detail: 'low' } };
    assert.deepEqual(read({ messages: [{ role: 'user', content: [detail] }] }).losses, ['field:image_url.detail']);
  });

  it('a tool round of the AI SDK (OpenCode): reasoning_content, null content, results by id', () => {
    const turns = turnsOf(
      { role: 'user', content: 'Read a.' },
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'Look first.',
        tool_calls: [
          {
            id: 'call_1',
            type: 'function',
            function: { name: 'read', arguments: '{"path":"a"}' },
            extra_content: { google: { thought_signature: tagOf(CARRY) } },
          },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'It is empty.' },
    );
    assert.deepEqual(turns.slice(1), [
      {
        role: 'assistant',
        content: [
          { kind: 'reasoning', text: 'Look first.' },
          { kind: 'tool-call', callId: 'call_1', name: 'read', arguments: '{"path":"a"}', carry: CARRY },
        ],
      },
      {
        role: 'user',
        content: [
          {
            kind: 'tool-result',
            callId: 'call_1',
            name: 'read',
            content: [{ kind: 'text', text: 'It is empty.' }],
            isError: false,
          },
        ],
      },
    ]);
  });

  it('results as lists of parts (Qwen Code), with media, and with the marks of OpenRouter', () => {
    const turns = turnsOf(
      { role: 'assistant', content: 'x', tool_calls: [{ id: '1', function: { name: 'see', arguments: '' } }] },
      {
        role: 'tool',
        tool_call_id: '1',
        content: [
          { type: 'text', text: 'a' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
        ],
        cache_control: { type: 'ephemeral' },
      },
    );
    assert.deepEqual(turns[1]?.content, [
      {
        kind: 'tool-result',
        callId: '1',
        name: 'see',
        content: [
          { kind: 'text', text: 'a' },
          { kind: 'image', mediaType: 'image/png', base64: 'aGk=' },
        ],
        isError: false,
        cache: '5m',
      },
    ]);
  });

  it('what an SDK echoes of an answer is no loss', () => {
    const message = { role: 'assistant', content: 'x', refusal: null, annotations: [], audio: null, function_call: null };
    assert.deepEqual(read({ messages: [...HELLO, message] }).losses, []);
    assert.deepEqual(read({ messages: [{ ...HELLO[0], name: 'eve' }] }).losses, ['field:messages.name']);
  });

  it('reasoning_details: pieces are joined, tags are read, what is readable is not said twice', () => {
    const [turn] = turnsOf({
      role: 'assistant',
      content: 'x',
      reasoning: 'AB',
      reasoning_details: [
        { type: 'reasoning.text', text: 'A', index: 0 },
        { type: 'reasoning.text', text: 'B', signature: tagOf(CARRY), index: 0 },
        { type: 'reasoning.encrypted', data: 'native', index: 1 },
        { type: 'reasoning.summary', summary: 'C', index: 2 },
      ],
    });
    assert.deepEqual(turn?.content, [
      { kind: 'reasoning', text: 'AB', carry: CARRY },
      { kind: 'reasoning', text: '' },
      { kind: 'reasoning', text: 'C' },
      { kind: 'text', text: 'x' },
    ]);
    const mistral = {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] },
        { type: 'text', text: 'y' },
      ],
    };
    assert.deepEqual(turnsOf(mistral)[0]?.content, [
      { kind: 'reasoning', text: 'Hm' },
      { kind: 'text', text: 'y' },
    ]);
  });

  it('refusals, custom calls, arguments as an object, and the old function calls', () => {
    const turns = turnsOf(
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }], tool_calls: [] },
      { role: 'assistant', refusal: 'Never.' },
      { role: 'assistant', tool_calls: [{ id: '1', type: 'custom', custom: { name: 'patch', input: 'a\n"b"' } }] },
      { role: 'assistant', tool_calls: [{ id: '2', type: 'function', function: { name: 'f', arguments: { a: 1 } } }] },
      { role: 'assistant', content: null, function_call: { name: 'old', arguments: '{}' } },
      { role: 'function', name: 'old', content: 'done' },
    );
    assert.deepEqual(
      turns.map((turn) => turn.content[0]),
      [
        { kind: 'text', text: 'No.' },
        { kind: 'text', text: 'Never.' },
        { kind: 'tool-call', callId: '1', name: 'patch', arguments: '{"input":"a\\n\\"b\\""}' },
        { kind: 'tool-call', callId: '2', name: 'f', arguments: '{"a":1}' },
        { kind: 'tool-call', callId: 'function_4', name: 'old', arguments: '{}' },
        { kind: 'tool-result', callId: 'function_4', name: 'old', content: [{ kind: 'text', text: 'done' }], isError: false },
      ],
    );
  });

  it('what has no meaning is refused by its name', () => {
    const refused: readonly (readonly [object, RegExp])[] = [
      [{ messages: undefined }, /^"messages" is missing\.$/],
      [{ messages: [] }, /"messages" is empty/],
      [{ messages: ['x'] }, /^"messages\[0\]" must be an object, not a text\.$/],
      [{ messages: [{ content: 'x' }] }, /^"messages\[0\]\.role" is missing\.$/],
      [{ messages: [{ role: 'bot', content: 'x' }] }, /"messages\[0\]\.role" is "bot", but must be one of system/],
      [{ messages: [{ role: 'user', content: null }] }, /^"messages\[0\]\.content" is missing\.$/],
      [{ messages: [{ role: 'user', content: 5 }] }, /must be a text or a list of parts, not a number/],
      [{ messages: [{ role: 'user', content: [{ type: 'video_url' }] }] }, /content\[0\]" is of the type "video_url"/],
      [{ messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }] }, /file\.file_id" names a file/],
      [{ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///x' } }] }] }, /must be a data: URI/],
      [{ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png' } }] }] }, /without data/],
      [{ messages: [{ role: 'system', content: [{ type: 'image_url', image_url: { url: 'https://x' } }] }] }, /must be a text/],
      [{ messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] }, /"messages\[0\]\.audio" names a recording/],
      [{ messages: [{ role: 'assistant', tool_calls: [{ function: { name: 'f' } }] }] }, /tool_calls\[0\]\.id" is missing/],
      [{ messages: [{ role: 'tool', content: 'x' }] }, /"messages\[0\]\.tool_call_id" is missing/],
    ];
    for (const [body, message] of refused) assert.match(refusal(body as JsonRecord), message);
  });
});

describe('readCall openai-chat: tools', () => {
  it('functions with their marks, the old form, and custom tools with their grammar', () => {
    const { call } = read({
      tools: [
        { ...READ, function: { ...READ.function, strict: true }, cache_control: { type: 'ephemeral' } },
        { type: 'function', function: { name: 'now' } },
        {
          type: 'custom',
          custom: {
            name: 'patch',
            description: 'Edits.',
            format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: X' } },
          },
        },
      ],
      functions: [{ name: 'old', parameters: SCHEMA }],
    });
    const none = { type: 'object', properties: {} };
    assert.deepEqual(call.tools, [
      { name: 'read', description: 'Reads.', parameters: SCHEMA, strict: true, cache: '5m' },
      { name: 'now', description: '', parameters: none },
      {
        name: 'patch',
        description: 'Edits.\n\nThe argument "input" follows this lark grammar:\nstart: X',
        parameters: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'], additionalProperties: false },
        form: { kind: 'custom', name: 'patch' },
      },
      { name: 'old', description: '', parameters: SCHEMA },
    ]);
  });

  it('every choice of a tool', () => {
    const tools = [READ, { type: 'function', function: { name: 'now' } }];
    const choice = (tool_choice: unknown) => read({ tools, tool_choice }).call.toolChoice;
    assert.deepEqual(['auto', 'none', 'required', 'any', null].map(choice), ['auto', 'none', 'required', 'required', 'auto']);
    assert.deepEqual(choice({ type: 'function', function: { name: 'now' } }), { name: 'now' });
    const allowed = { mode: 'required', tools: [{ type: 'function', function: { name: 'now' } }] };
    const narrowed = read({ tools, tool_choice: { type: 'allowed_tools', allowed_tools: allowed } }).call;
    assert.deepEqual([narrowed.toolChoice, narrowed.tools.map((tool) => tool.name)], ['required', ['now']]);
    assert.deepEqual(read({ functions: [{ name: 'f' }], function_call: { name: 'f' } }).call.toolChoice, { name: 'f' });
    assert.equal(read({ tools, parallel_tool_calls: false }).call.parallelToolCalls, false);
  });

  it('tools that run elsewhere are lost beside others, and refused alone or forced', () => {
    const search = { type: 'web_search' };
    assert.deepEqual(read({ tools: [READ, search], web_search_options: {} }).losses, [
      'tool:web_search_options',
      'tool:web_search',
    ]);
    assert.match(refusal({ tools: [search] }), /"web_search" runs at its own provider/);
    assert.match(refusal({ web_search_options: {} }), /"web_search_options" runs at its own provider/);
    assert.match(refusal({ tools: [READ, search], tool_choice: search }), /"web_search" runs at its own provider/);
    assert.match(refusal({ tools: [READ], tool_choice: { type: 'function', function: { name: 'x' } } }), /names the tool "x"/);
    assert.match(refusal({ tool_choice: 'required' }), /"tools" has none/);
    assert.match(refusal({ tools: [READ, READ] }), /have the name "read"/);
    assert.match(refusal({ tools: [{ type: 'function', function: {} }] }), /"tools\[0\]\.function\.name" is missing/);
  });
});

describe('readCall openai-chat: settings', () => {
  it('limits, sampling, stops, hints', () => {
    const { call, losses } = read({
      max_tokens: 5,
      max_completion_tokens: 7,
      temperature: 1.5,
      top_p: 0.5,
      top_k: 40,
      seed: -3,
      presence_penalty: 1,
      frequency_penalty: -1,
      stop: ['END', '\n'],
      verbosity: 'low',
      service_tier: 'flex',
      safety_identifier: 'u1',
      prompt_cache_key: 'k',
      n: 1,
      modalities: ['text'],
      stream: true,
      stream_options: { include_usage: true },
      store: false,
      logprobs: false,
      logit_bias: {},
      metadata: null,
    });
    assert.equal(call.maxOutputTokens, 7);
    assert.deepEqual(call.sampling, { temperature: 1.5, topP: 0.5, topK: 40, seed: -3, presencePenalty: 1, frequencyPenalty: -1 });
    assert.deepEqual(call.stop, ['END', '\n']);
    assert.deepEqual([call.verbosity, call.serviceTier, call.user, call.cacheKey], ['low', 'flex', 'u1', 'k']);
    assert.deepEqual(losses, []);
    assert.deepEqual(read({ stop: 'x' }).call.stop, ['x']);
    assert.equal(read({ max_tokens: -1 }).call.maxOutputTokens, undefined);
    const bare = read({ temperature: null, stop: [], top_k: -1, response_format: { type: 'text' } }).call;
    assert.deepEqual(Object.keys(bare), ['model', 'system', 'turns', 'tools', 'toolChoice', 'maxOutputTokens']);
  });

  it('fields that say something and have no place are named', () => {
    const lost = {
      store: true,
      logprobs: true,
      top_logprobs: 3,
      logit_bias: { 1: 2 },
      prediction: { type: 'content', content: 'x' },
      metadata: { a: 'b' },
      provider: { order: ['x'] },
      min_p: 0.1,
    };
    assert.deepEqual(
      read(lost).losses,
      Object.keys(lost).map((key) => `field:${key}`),
    );
    assert.deepEqual(read({ stream_options: { include_usage: true, continuous_usage_stats: true } }).losses, [
      'field:stream_options.continuous_usage_stats',
    ]);
  });

  it('how much to think, in the words of each vendor', () => {
    const wishes: readonly (readonly [JsonRecord, Call['reasoning']])[] = [
      [{}, undefined],
      [{ reasoning_effort: 'high' }, { mode: 'on', effort: 'high', shown: true }],
      [{ reasoning_effort: 'none' }, { mode: 'off', shown: true }],
      [{ reasoning_effort: 'default' }, { mode: 'on', shown: true }],
      [{ reasoning: { effort: 'xhigh', exclude: true } }, { mode: 'on', effort: 'xhigh', shown: false }],
      [{ reasoning: { max_tokens: 2000 } }, { mode: 'on', budgetTokens: 2000, shown: true }],
      [{ reasoning: { enabled: false } }, { mode: 'off', shown: true }],
      [{ reasoning: { exclude: true } }, { mode: 'adaptive', shown: false }],
      [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, { mode: 'on', budgetTokens: 1024, shown: true }],
      [
        { thinking: { type: 'disabled' }, reasoning_effort: 'low' },
        { mode: 'off', shown: true },
      ],
      [
        { thinking: { type: 'adaptive' }, reasoning_effort: 'low' },
        { mode: 'adaptive', effort: 'low', shown: true },
      ],
      [
        { enable_thinking: true, thinking_budget: 100 },
        { mode: 'on', budgetTokens: 100, shown: true },
      ],
      [{ chat_template_kwargs: { enable_thinking: false } }, { mode: 'off', shown: true }],
      [
        { reasoning_format: 'hidden', reasoning_effort: 'low' },
        { mode: 'on', effort: 'low', shown: false },
      ],
      [{ include_reasoning: false }, { mode: 'adaptive', shown: false }],
    ];
    for (const [body, wish] of wishes) assert.deepEqual(read(body).call.reasoning, wish, JSON.stringify(body));
    assert.deepEqual(read({ chat_template_kwargs: { enable_thinking: true, x: 1 } }).losses, ['field:chat_template_kwargs']);
  });

  it('formats of the answer', () => {
    const json_schema = { name: 'out', schema: SCHEMA, strict: true };
    assert.deepEqual(read({ response_format: { type: 'json_object' } }).call.format, { kind: 'json' });
    assert.deepEqual(read({ response_format: { type: 'json_schema', json_schema } }).call.format, {
      kind: 'schema',
      name: 'out',
      schema: SCHEMA,
      strict: true,
    });
    assert.match(
      refusal({ response_format: { type: 'json_schema', json_schema: { name: 'x' } } }),
      /json_schema\.schema" is missing/,
    );
  });

  it('wishes that nobody else can grant, and values of the wrong kind, are refused', () => {
    const refused: readonly (readonly [JsonRecord, RegExp])[] = [
      [{ n: 2 }, /"n" asks for 2 answers/],
      [{ modalities: ['text', 'audio'] }, /"modalities" asks for "audio"/],
      [{ temperature: 3 }, /"temperature" is 3, but must be 0 or more and 2 or less/],
      [{ temperature: 'hot' }, /"temperature" must be a number, not a text/],
      [{ max_tokens: 0 }, /"max_tokens" is 0, but must be 1 or more/],
      [{ max_tokens: 1.5 }, /"max_tokens" must be a whole number/],
      [{ stop: [1] }, /"stop\[0\]" must be a text/],
      [{ reasoning_effort: 'much' }, /"reasoning_effort" is "much", but must be one of none, minimal/],
      [{ thinking: { type: 'perhaps' } }, /"thinking\.type" is "perhaps"/],
      [{ response_format: { type: 'grammar' } }, /"response_format\.type" is "grammar"/],
      [{ parallel_tool_calls: 'no' }, /"parallel_tool_calls" must be true or false/],
      [{ verbosity: 'chatty' }, /"verbosity" is "chatty"/],
    ];
    for (const [body, message] of refused) assert.match(refusal(body), message);
  });
});
