import assert from 'node:assert/strict';
import type { Call } from '../../../src/core/ir/call.ts';
import { tagOf } from '../../../src/core/ir/carry.ts';
import { isGatewayError } from '../../../src/core/ir/error.ts';
import type { Loss } from '../../../src/core/ir/loss.ts';
import { responsesCodec } from '../../../src/core/dialects/openai-responses/codec.ts';

const read = (body: Record<string, unknown>): { call: Call; losses: readonly Loss[] } => {
  const asked = responsesCodec.readCall({ model: 'm', ...body }, { model: 'm', stream: true });
  if (isGatewayError(asked)) throw new Error(asked.message);
  return asked;
};
const refusal = (body: Record<string, unknown>): string => {
  const asked = responsesCodec.readCall({ model: 'm', ...body }, { model: 'm', stream: true });
  assert.ok(isGatewayError(asked), 'refused');
  assert.equal(asked.code, 'bad-request');
  return asked.message;
};
const text = (value: string) => ({ kind: 'text', text: value }) as const;
const developer = { type: 'message', id: 'msg_1', role: 'developer', content: [{ type: 'input_text', text: 'Be brief.' }] };
const user = { type: 'message', id: 'msg_2', role: 'user', content: [{ type: 'input_text', text: 'go' }] };
const patch = {
  type: 'custom',
  name: 'apply_patch',
  description: 'Edits files.',
  format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
};

describe('openai-responses reads what agents ask', () => {
  it('Codex with function, custom and tool-search tools, in its second round', () => {
    const { call, losses } = read({
      stream: true,
      store: false,
      tool_choice: 'auto',
      parallel_tool_calls: true,
      include: ['reasoning.encrypted_content'],
      reasoning: { effort: 'medium' },
      text: { verbosity: 'low' },
      prompt_cache_key: 'thread',
      client_metadata: { session_id: 's' },
      input: [
        developer,
        user,
        {
          type: 'reasoning',
          id: 'rs_1',
          summary: [{ type: 'summary_text', text: 'hm' }],
          content: null,
          encrypted_content: 'gAAA',
        },
        { type: 'function_call', status: 'completed', id: 'fc_1', name: 'exec_command', arguments: '{"cmd":"ls"}', call_id: 'c1' },
        { type: 'custom_tool_call', id: 'ctc_1', name: 'apply_patch', input: '*** Begin\n"x"', call_id: 'c2' },
        { type: 'function_call_output', id: 'fco_1', call_id: 'c1', output: 'Chunk ID: 1' },
        { type: 'custom_tool_call_output', id: 'ctco_1', call_id: 'c2', output: [{ type: 'input_text', text: 'Done' }] },
      ],
      tools: [
        { type: 'function', name: 'exec_command', strict: false, parameters: { type: 'object', properties: {} } },
        patch,
        { type: 'tool_search', execution: 'client', description: 'Finds.', parameters: { type: 'object', properties: {} } },
        { type: 'web_search', external_web_access: true, search_content_types: ['text', 'image'] },
      ],
    });
    assert.deepEqual(call.system, [text('Be brief.')]);
    assert.deepEqual(call.turns, [
      { role: 'user', content: [text('go')] },
      {
        role: 'assistant',
        content: [
          { kind: 'reasoning', text: 'hm' },
          { kind: 'tool-call', callId: 'c1', name: 'exec_command', arguments: '{"cmd":"ls"}' },
          { kind: 'tool-call', callId: 'c2', name: 'apply_patch', arguments: '{"input":"*** Begin\\n\\"x\\""}' },
        ],
      },
      {
        role: 'user',
        content: [
          { kind: 'tool-result', callId: 'c1', name: 'exec_command', content: [text('Chunk ID: 1')], isError: false },
          { kind: 'tool-result', callId: 'c2', name: 'apply_patch', content: [text('Done')], isError: false },
        ],
      },
    ]);
    const [exec, custom, search] = call.tools;
    assert.deepEqual(exec, {
      name: 'exec_command',
      description: '',
      parameters: { type: 'object', properties: {} },
      strict: false,
    });
    assert.deepEqual(custom?.form, { kind: 'custom', name: 'apply_patch' });
    assert.match(custom?.description ?? '', /^Edits files\.[^]*grammar \(lark\):\nstart: "x"$/);
    assert.deepEqual(search?.form, { kind: 'tool-search', name: 'tool_search' });
    assert.equal(call.tools.length, 3);
    assert.deepEqual([...losses].toSorted(), ['custom-tool-as-function', 'field:client_metadata', 'tool:web_search']);
    assert.deepEqual(
      [call.reasoning, call.verbosity, call.cacheKey, call.parallelToolCalls],
      [{ mode: 'on', effort: 'medium', shown: false }, 'low', 'thread', true],
    );
  });

  it('Codex without top-level tools: they stand in additional_tools, in namespaces', () => {
    const { call } = read({
      parallel_tool_calls: false,
      reasoning: { effort: 'low', context: 'all_turns' },
      input: [
        {
          type: 'additional_tools',
          role: 'developer',
          tools: [
            { type: 'namespace', name: 'functions', description: 'Basics.', tools: [{ ...patch, name: 'exec' }] },
            { type: 'namespace', name: 'mcp', tools: [{ type: 'function', name: 'exec', parameters: {} }] },
          ],
        },
        developer,
        user,
        { type: 'custom_tool_call', name: 'exec', namespace: 'functions', input: 'await 1', call_id: 'c1' },
        { type: 'custom_tool_call_output', call_id: 'c1', output: 'ok' },
      ],
    });
    assert.deepEqual(
      call.tools.map(({ name, form }) => [name, form]),
      [
        ['functions__exec', { kind: 'custom', name: 'exec', namespace: 'functions' }],
        ['mcp__exec', { kind: 'function', name: 'exec', namespace: 'mcp' }],
      ],
    );
    assert.match(call.tools[0]?.description ?? '', /About the group "functions": Basics\.[^]*grammar/);
    assert.deepEqual(call.system, [text('Be brief.')]);
    assert.equal(call.turns[1]?.content[0]?.kind === 'tool-call' && call.turns[1].content[0].name, 'functions__exec');
  });

  it('names of tools stay apart', () => {
    const { call } = read({
      input: 'x',
      tools: [
        { type: 'function', name: 'a__b', parameters: {} },
        { type: 'namespace', name: 'a', tools: [{ type: 'function', name: 'b', parameters: {} }] },
      ],
      tool_choice: { type: 'function', name: 'b', namespace: 'a' },
    });
    assert.deepEqual(
      call.tools.map(({ name }) => name),
      ['a__b', 'a__b_2'],
    );
    assert.deepEqual(call.toolChoice, { name: 'a__b_2' });
    const found = { type: 'function_call', name: 'c', namespace: 'c', arguments: '{}', call_id: 'c1' };
    const later = read({ input: [user, found], tools: [{ type: 'function', name: 'c', parameters: {}, defer_loading: true }] });
    assert.deepEqual(later.call.turns[1]?.content, [{ kind: 'tool-call', callId: 'c1', name: 'c', arguments: '{}' }]);
  });

  it('tools that a search found are tools of the call', () => {
    const { call } = read({
      tools: [{ type: 'tool_search', execution: 'client' }],
      input: [
        user,
        { type: 'tool_search_call', call_id: 'c1', execution: 'client', arguments: { query: 'w' }, status: 'completed' },
        {
          type: 'tool_search_output',
          call_id: 'c1',
          execution: 'client',
          tools: [
            { type: 'function', name: 'weather', parameters: {} },
            { type: 'namespace', name: 'n', tools: [{ type: 'function', name: 'f', parameters: {} }] },
          ],
        },
      ],
    });
    assert.deepEqual(
      call.tools.map(({ name }) => name),
      ['tool_search', 'weather', 'n__f'],
    );
    assert.deepEqual(call.turns[1]?.content, [
      { kind: 'tool-call', callId: 'c1', name: 'tool_search', arguments: '{"query":"w"}' },
    ]);
    assert.deepEqual(call.turns[2]?.content, [
      {
        kind: 'tool-result',
        callId: 'c1',
        name: 'tool_search',
        content: [text('These tools can be called now: weather, n__f.')],
        isError: false,
      },
    ]);
  });

  it('messages without a type, media of all kinds, instructions and later system messages', () => {
    const { call } = read({
      instructions: 'One.',
      input: [
        { role: 'system', content: 'Two.' },
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'see' },
            { type: 'input_image', image_url: 'data:image/png;base64,aGk=', detail: 'auto' },
            { type: 'input_image', image_url: 'https://example.com/a.png' },
            { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,aGk=' },
            { type: 'input_file', file_url: 'https://example.com/a.pdf' },
            { type: 'input_audio', input_audio: { data: 'aGk=', format: 'mp3' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'output_text', text: 'a', annotations: [] },
            { type: 'refusal', refusal: 'no' },
          ],
        },
        { role: 'developer', content: 'Three.' },
      ],
    });
    assert.deepEqual(call.system, [text('One.'), text('Two.')]);
    assert.deepEqual(call.turns, [
      {
        role: 'user',
        content: [
          text('see'),
          { kind: 'image', mediaType: 'image/png', base64: 'aGk=' },
          { kind: 'remote', what: 'image', url: 'https://example.com/a.png' },
          { kind: 'document', mediaType: 'application/pdf', base64: 'aGk=', name: 'a.pdf' },
          { kind: 'remote', what: 'document', url: 'https://example.com/a.pdf' },
          { kind: 'audio', mediaType: 'audio/mpeg', base64: 'aGk=' },
        ],
      },
      { role: 'assistant', content: [text('a'), text('no')] },
      { role: 'system', content: [text('Three.')] },
    ]);
  });

  it('tagged state goes where it belongs', () => {
    const own = { issuer: 'anthropic-messages@a', token: 'sig' };
    const signed = { issuer: 'gemini@g', token: 'thought' };
    const { call } = read({
      input: [
        user,
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'a' }], encrypted_content: tagOf(own) },
        { type: 'function_call', name: 'f', arguments: '{}', call_id: 'c1' },
        { type: 'function_call', name: 'f', arguments: '{}', call_id: 'c2' },
        { type: 'reasoning', summary: [], encrypted_content: `${tagOf(signed)}.c1` },
      ],
    });
    assert.deepEqual(call.turns[1]?.content, [
      { kind: 'reasoning', text: 'a', carry: own },
      { kind: 'tool-call', callId: 'c1', name: 'f', arguments: '{}', carry: signed },
      { kind: 'tool-call', callId: 'c2', name: 'f', arguments: '{}' },
    ]);
  });

  it('settings, and what a call cannot hold', () => {
    const { call, losses } = read({
      input: 'x',
      max_output_tokens: 50,
      temperature: 0.5,
      top_p: null,
      reasoning: { summary: 'auto', effort: null },
      text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true } },
      tools: [
        { type: 'function', name: 'f', parameters: {} },
        { type: 'function', name: 'g', parameters: {} },
      ],
      tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'g' }] },
      service_tier: 'flex',
      safety_identifier: 'me',
      store: true,
      metadata: {},
      truncation: 'auto',
      max_tool_calls: 3,
      something_new: 1,
      top_logprobs: 0,
    });
    assert.deepEqual(
      { ...call, turns: [], tools: call.tools.map(({ name }) => name) },
      {
        model: 'm',
        system: [],
        turns: [],
        tools: ['g'],
        toolChoice: 'required',
        maxOutputTokens: 50,
        sampling: { temperature: 0.5 },
        reasoning: { mode: 'adaptive', shown: true },
        format: { kind: 'schema', name: 'n', schema: { type: 'object' }, strict: true },
        serviceTier: 'flex',
        user: 'me',
      },
    );
    assert.deepEqual([...losses].toSorted(), ['field:max_tool_calls', 'field:something_new', 'field:store', 'field:truncation']);
  });

  it('refuses what has no meaning here, and says why', () => {
    const tools = [{ type: 'web_search' }];
    assert.match(refusal({ input: 'x', previous_response_id: 'r' }), /previous_response_id.*Send the whole conversation/);
    assert.match(refusal({ input: 'x', conversation: 'c' }), /"conversation"/);
    assert.match(refusal({ input: 'x', prompt: { id: 'p' } }), /"prompt"/);
    assert.match(refusal({ input: 'x', background: true }), /"background"/);
    assert.match(refusal({}), /needs "input"/);
    assert.match(refusal({ input: [{ type: 'item_reference', id: 'rs_9' }] }), /"rs_9"/);
    assert.match(refusal({ input: [{ id: 'rs_9' }] }), /"rs_9"/);
    assert.match(refusal({ input: [{ type: 'compaction', encrypted_content: 'x' }] }), /compacted by OpenAI/);
    assert.match(refusal({ input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] }), /file_id/);
    assert.match(refusal({ input: [{ role: 'robot', content: 'x' }] }), /input\[0\]\.role is "robot"/);
    assert.match(refusal({ input: 'x', tools }), /"web_search" runs at its own provider/);
    assert.match(refusal({ input: 'x', tools: [...tools, patch], tool_choice: tools[0] }), /"web_search" runs at its own provider/);
    assert.match(refusal({ input: 'x', tool_choice: { type: 'function', name: 'f' } }), /"f", which is not among/);
    assert.match(refusal({ input: 'x', tools: [{ type: 'function', function: { name: 'f' } }] }), /not inside "function"/);
    assert.match(refusal({ input: 'x', max_output_tokens: 'many' }), /max_output_tokens must be a number/);
  });
});
