import assert from 'node:assert/strict';
import { anthropicCodec } from '../../../src/core/dialects/anthropic-messages/codec.ts';
import type { ReadCall } from '../../../src/core/dialects/codec.ts';
import { tagOf } from '../../../src/core/ir/carry.ts';
import { isGatewayError, type GatewayError } from '../../../src/core/ir/error.ts';

const ASKED = { model: 'gpt-5.6', stream: true };
const HELLO = { model: 'claude-x', max_tokens: 100, stream: true, messages: [{ role: 'user', content: 'hello' }] };
const TOOL = { name: 'read', description: 'Reads.', input_schema: { type: 'object' } };

function read(fields: Record<string, unknown>): ReadCall {
  const result = anthropicCodec.readCall({ ...HELLO, ...fields }, ASKED);
  assert.ok(!isGatewayError(result), JSON.stringify(result));
  return result;
}

const callOf = (fields: Record<string, unknown>) => read(fields).call;
const turnsOf = (messages: readonly object[]) => callOf({ messages }).turns;
const lossesOf = (fields: Record<string, unknown>) => [...read(fields).losses].toSorted();

function refused(fields: Record<string, unknown>): GatewayError {
  const result = anthropicCodec.readCall({ ...HELLO, ...fields }, ASKED);
  assert.ok(isGatewayError(result), JSON.stringify(result));
  assert.equal(result.code, 'bad-request');
  assert.equal(result.status, 400);
  return result;
}

describe('readCall anthropic-messages: the frame', () => {
  it('reads the smallest request', () => {
    assert.deepEqual(read({}), {
      call: {
        model: 'gpt-5.6',
        system: [],
        turns: [{ role: 'user', content: [{ kind: 'text', text: 'hello' }] }],
        tools: [],
        toolChoice: 'auto',
        maxOutputTokens: 100,
      },
      losses: [],
    });
  });
  it('reads settings', () => {
    const call = callOf({
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      stop_sequences: ['END'],
      service_tier: 'standard_only',
      metadata: { user_id: '{"device_id":"d","session_id":"s-1"}' },
    });
    assert.deepEqual(call.sampling, { temperature: 0.5, topP: 0.9, topK: 40 });
    assert.deepEqual(call.stop, ['END']);
    assert.equal(call.serviceTier, 'standard_only');
    assert.equal(call.user, undefined, "ids of a device are nobody else's business");
    assert.equal(call.cacheKey, 's-1');
    const plain = callOf({ metadata: { user_id: 'u' } });
    assert.deepEqual([plain.user, plain.cacheKey], ['u', undefined]);
  });
  it('names the fields that a call cannot hold', () => {
    assert.deepEqual(
      lossesOf({
        context_management: { edits: [] },
        container: 'c',
        mcp_servers: [],
        speed: 'fast',
        diagnostics: {},
        inference_geo: 'eu',
        novelty: 1,
        metadata: { user_id: 'u', team: 't' },
        output_config: { task_budget: 1 },
      }),
      [
        'field:container',
        'field:context_management',
        'field:diagnostics',
        'field:inference_geo',
        'field:mcp_servers',
        'field:metadata.team',
        'field:novelty',
        'field:output_config.task_budget',
        'field:speed',
      ],
    );
    assert.deepEqual(lossesOf({ speed: 'standard', container: null }), []);
  });
  it('refuses safeguards by name, so that Claude Code repeats the call without them', () => {
    assert.match(refused({ safeguards: [{ type: 'dangerous_tool_use' }] }).message, /^safeguards: .* another provider/);
  });
  it('refuses what has no meaning, and says where', () => {
    const cases: readonly [Record<string, unknown>, RegExp][] = [
      [{ messages: 'hello' }, /^messages: /],
      [{ messages: [{ role: 'tool', content: 'x' }] }, /^messages\.0\.role: /],
      [{ messages: [{ role: 'user' }] }, /^messages\.0\.content: /],
      [{ messages: [{ role: 'user', content: [{ text: 'x' }] }] }, /^messages\.0\.content\.0\.type: /],
      [{ messages: [{ role: 'user', content: [{ type: 'text' }] }] }, /^messages\.0\.content\.0\.text: /],
      [{ messages: [{ role: 'user', content: [{ type: 'tool_use', id: 'a', name: 'b' }] }] }, /cannot stand in a user message/],
      [{ messages: [{ role: 'user', content: [{ type: 'tool_result' }] }] }, /tool_use_id/],
      [{ messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'novel' } }] }] }, /content\.0\.source: /],
      [{ messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'b', input: 'x' }] }] }, /an input that/],
      [{ system: 7 }, /^system: /],
      [{ system: [{ type: 'image' }] }, /cannot stand in a system message/],
      [{ max_tokens: 'many' }, /^max_tokens: /],
      [{ max_tokens: 0 }, /prompt cache/],
      [{ temperature: 'hot' }, /^temperature: /],
      [{ stop_sequences: 'END' }, /^stop_sequences: /],
      [{ thinking: { type: 'sometimes' } }, /^thinking\.type: /],
      [{ thinking: { type: 'enabled', budget_tokens: 'all' } }, /^thinking\.budget_tokens: /],
      [{ output_config: { effort: 'huge' } }, /^output_config\.effort: /],
      [{ output_config: { format: { type: 'xml' } } }, /^output_config\.format: /],
      [{ tools: 'all' }, /^tools: /],
      [{ tools: [{ input_schema: {} }] }, /^tools\.0\.name: /],
      [{ tools: [{ name: 'a' }] }, /^tools\.0\.input_schema: /],
      [{ tools: [TOOL, TOOL] }, /two tools of the name "read"/],
      [{ tools: [TOOL], tool_choice: { type: 'some' } }, /^tool_choice\.type: /],
      [{ tools: [TOOL], tool_choice: { type: 'tool', name: 'write' } }, /no tool of the name "write"/],
    ];
    for (const [fields, message] of cases) assert.match(refused(fields).message, message);
  });
});

describe('readCall anthropic-messages: system', () => {
  it('is a text or blocks with marks, and leaves out whom to bill', () => {
    assert.deepEqual(callOf({ system: 'Be brief.' }).system, [{ kind: 'text', text: 'Be brief.' }]);
    const { call, losses } = read({
      system: [
        { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.329;' },
        { type: 'text', text: 'You are', cache_control: { type: 'ephemeral' } },
        { type: 'text', text: 'an agent', cache_control: { type: 'ephemeral', ttl: '1h' } },
      ],
    });
    assert.deepEqual(call.system, [
      { kind: 'text', text: 'You are', cache: '5m' },
      { kind: 'text', text: 'an agent', cache: '1h' },
    ]);
    assert.deepEqual(losses, ['field:x-anthropic-billing-header']);
  });
  it('in mid-conversation is a turn of its own; before it, it belongs to the call', () => {
    const call = callOf({
      system: 'First.',
      output_config: { effort: 'low' },
      messages: [
        { role: 'system', content: 'Second.' },
        { role: 'user', content: 'task' },
        {
          role: 'system',
          content: [{ type: 'text', text: '# Environment' }],
          output_config: { effort: 'medium' },
          cache_control: { type: 'ephemeral' },
        },
        { role: 'assistant', content: 'ok' },
        { role: 'system', content: 'Late.', output_config: { effort: 'high' } },
      ],
    });
    assert.deepEqual(
      call.system.map((part) => part.text),
      ['First.', 'Second.'],
    );
    assert.deepEqual(
      call.turns.map((turn) => turn.role),
      ['user', 'system', 'assistant', 'system'],
    );
    assert.deepEqual(call.turns[1]?.content, [{ kind: 'text', text: '# Environment', cache: '5m' }]);
    assert.deepEqual(call.reasoning, { mode: 'adaptive', effort: 'high', shown: false });
  });
});

describe('readCall anthropic-messages: content', () => {
  it('media from every source', () => {
    const [turn] = turnsOf([
      {
        role: 'user',
        content: [
          {
            type: 'image',
            source: { type: 'base64', media_type: 'image/png', data: 'aGk=' },
            cache_control: { type: 'ephemeral' },
          },
          { type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } },
          { type: 'document', title: 'a.pdf', source: { type: 'base64', media_type: 'application/pdf', data: 'aGk=' } },
          { type: 'document', source: { type: 'url', url: 'https://example.org/a.pdf' } },
          {
            type: 'document',
            title: 'notes',
            context: 'From today.',
            source: { type: 'text', media_type: 'text/plain', data: 'ü' },
          },
          { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'one' }] } },
          { type: 'document', source: { type: 'content', content: 'two' } },
        ],
      },
    ]);
    const text = (value: string) => Buffer.from(value).toString('base64');
    assert.deepEqual(turn?.content, [
      { kind: 'image', mediaType: 'image/png', base64: 'aGk=', cache: '5m' },
      { kind: 'remote', what: 'image', url: 'https://example.org/a.png' },
      { kind: 'document', mediaType: 'application/pdf', base64: 'aGk=', name: 'a.pdf' },
      { kind: 'remote', what: 'document', url: 'https://example.org/a.pdf' },
      { kind: 'text', text: 'About the document that follows: From today.' },
      { kind: 'document', mediaType: 'text/plain', base64: text('ü'), name: 'notes' },
      { kind: 'document', mediaType: 'text/plain', base64: text('one') },
      { kind: 'document', mediaType: 'text/plain', base64: text('two') },
    ]);
  });
  it('files at the provider are named losses; so are blocks of its own tools', () => {
    const { call, losses } = read({
      messages: [
        { role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }] },
        {
          role: 'assistant',
          content: [
            { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
            { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
            { type: 'text', text: 'Found.', citations: [{ type: 'web_search_result_location' }] },
            { type: 'constructor' },
          ],
        },
      ],
    });
    assert.match(JSON.stringify(call.turns[0]), /stored at Anthropic/);
    assert.deepEqual(call.turns[1]?.content, [{ kind: 'text', text: 'Found.' }]);
    assert.deepEqual([...losses].toSorted(), [
      'dropped-media',
      'field:citations',
      'tool:constructor',
      'tool:server_tool_use',
      'tool:web_search_tool_result',
    ]);
  });
  it('a tool round: calls as JSON text, results with name, flag, media and marks', () => {
    const turns = turnsOf([
      { role: 'user', content: 'go' },
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 't1', name: 'Bash', input: { command: 'ls' }, cache_control: { type: 'ephemeral' } }],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 't1',
            content: 'done',
            is_error: false,
            cache_control: { type: 'ephemeral', ttl: '1h' },
          },
          {
            type: 'tool_result',
            tool_use_id: 't2',
            is_error: true,
            content: [
              { type: 'text', text: 'a' },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
              { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'aGk=' } },
              { type: 'tool_reference', tool_name: 'Edit' },
              { type: 'search_result', title: 'T', source: 'https://s', content: [{ type: 'text', text: 'body' }] },
            ],
          },
          { type: 'tool_result', tool_use_id: 't1' },
        ],
      },
    ]);
    assert.deepEqual(turns[1]?.content, [
      { kind: 'tool-call', callId: 't1', name: 'Bash', arguments: '{"command":"ls"}', cache: '5m' },
    ]);
    assert.deepEqual(turns[2]?.content, [
      { kind: 'tool-result', callId: 't1', name: 'Bash', content: [{ kind: 'text', text: 'done' }], isError: false, cache: '1h' },
      {
        kind: 'tool-result',
        callId: 't2',
        name: 'unknown',
        isError: true,
        content: [
          { kind: 'text', text: 'a' },
          { kind: 'image', mediaType: 'image/png', base64: 'aGk=' },
          { kind: 'document', mediaType: 'application/pdf', base64: 'aGk=' },
          { kind: 'text', text: '(Found the tool Edit.)' },
          { kind: 'text', text: 'Search result: T (https://s)\nbody' },
        ],
      },
      { kind: 'tool-result', callId: 't1', name: 'Bash', content: [], isError: false },
    ]);
  });
  it('thoughts keep the carry of whoever had them; a native signature vouches for nothing here', () => {
    const carry = { issuer: 'gemini@google', token: 'sig\nnature' };
    const [turn] = turnsOf([
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'a', signature: tagOf(carry) },
          { type: 'redacted_thinking', data: tagOf(carry) },
          { type: 'thinking', thinking: 'b', signature: 'EqRkLm==' },
          { type: 'redacted_thinking', data: 'EqRkLm==' },
        ],
      },
    ]);
    assert.deepEqual(turn?.content, [
      { kind: 'reasoning', text: 'a', carry },
      { kind: 'reasoning', text: '', carry },
      { kind: 'reasoning', text: 'b' },
      { kind: 'reasoning', text: '' },
    ]);
  });
  it('an answer that is begun stays the last turn; a mark for the whole request is one on its last block', () => {
    const { turns } = callOf({
      cache_control: { type: 'ephemeral' },
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: 'One, ' },
      ],
    });
    assert.deepEqual(turns.at(-1), { role: 'assistant', content: [{ kind: 'text', text: 'One, ', cache: '5m' }] });
  });
});

describe('readCall anthropic-messages: tools', () => {
  it('reads custom tools, and names what cannot be kept of them', () => {
    const { call, losses } = read({
      tools: [
        { ...TOOL, type: 'custom', strict: true, cache_control: { type: 'ephemeral' }, eager_input_streaming: true },
        {
          ...TOOL,
          name: 'b',
          input_schema: { type: 'object', properties: { q: {} } },
          input_examples: [{}],
          allowed_callers: ['code_execution_20260120'],
          defer_loading: true,
        },
        { ...TOOL, name: 'c', allowed_callers: ['direct'], description: undefined },
        { name: 'DeferredToolPlaceholder', description: 'x', input_schema: {}, defer_loading: true },
      ],
    });
    assert.deepEqual(call.tools, [
      { name: 'read', description: 'Reads.', parameters: { type: 'object' }, strict: true, cache: '5m' },
      { name: 'b', description: 'Reads.', parameters: { type: 'object', properties: { q: {} } } },
      { name: 'c', description: '', parameters: { type: 'object' } },
    ]);
    assert.deepEqual([...losses].toSorted(), [
      'field:allowed_callers',
      'field:defer_loading',
      'field:eager_input_streaming',
      'field:input_examples',
      'tool:DeferredToolPlaceholder',
    ]);
  });
  it("a provider's own tool is left out beside others, and refused alone or forced", () => {
    const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 8 };
    const { call, losses } = read({ tools: [search, TOOL] });
    assert.deepEqual(
      call.tools.map((tool) => tool.name),
      ['read'],
    );
    assert.deepEqual(losses, ['tool:web_search_20250305']);
    const words = /"web_search_20250305" runs at its own provider and cannot be used through another one/;
    assert.match(refused({ tools: [search] }).message, words);
    assert.match(refused({ tools: [search, TOOL], tool_choice: { type: 'tool', name: 'web_search' } }).message, words);
  });
  it('reads the choice, and whether calls may be parallel', () => {
    const choice = (tool_choice: object) => {
      const call = callOf({ tools: [TOOL], tool_choice });
      return [call.toolChoice, call.parallelToolCalls];
    };
    assert.deepEqual(choice({ type: 'auto' }), ['auto', undefined]);
    assert.deepEqual(choice({ type: 'auto', disable_parallel_tool_use: true }), ['auto', false]);
    assert.deepEqual(choice({ type: 'any', disable_parallel_tool_use: false }), ['required', true]);
    assert.deepEqual(choice({ type: 'none' }), ['none', undefined]);
    assert.deepEqual(choice({ type: 'tool', name: 'read' }), [{ name: 'read' }, undefined]);
  });
});

describe('readCall anthropic-messages: thinking and format', () => {
  const reasoning = (fields: Record<string, unknown>) => callOf(fields).reasoning;
  it('by type, budget, effort and display', () => {
    assert.equal(reasoning({}), undefined);
    assert.deepEqual(reasoning({ thinking: { type: 'disabled' } }), { mode: 'off', shown: false });
    assert.deepEqual(reasoning({ thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'medium' } }), {
      mode: 'adaptive',
      effort: 'medium',
      shown: false,
    });
    assert.deepEqual(reasoning({ thinking: { type: 'adaptive', display: 'updates' } }), { mode: 'adaptive', shown: true });
    assert.deepEqual(reasoning({ thinking: { type: 'enabled', budget_tokens: 31_999 } }), {
      mode: 'on',
      budgetTokens: 31_999,
      shown: true,
    });
  });
  it('a schema for the answer, in its new place and its old one', () => {
    const schema = { type: 'object', title: 'My title' };
    const expected = { kind: 'schema', name: 'My_title', schema, strict: true };
    assert.deepEqual(callOf({ output_config: { format: { type: 'json_schema', schema } } }).format, expected);
    assert.deepEqual(callOf({ output_format: { type: 'json_schema', schema } }).format, expected);
  });
});
