import assert from 'node:assert/strict';
import type { Call } from '../../../src/core/ir/call.ts';
import type { DialectId } from '../../../src/core/ir/dialect.ts';
import type { Part } from '../../../src/core/ir/parts.ts';
import { NO_USAGE } from '../../../src/core/ir/usage.ts';
import { ask } from '../../../src/vscode/ask.ts';
import { attribute } from '../../../src/vscode/model-provider/attribution.ts';
import { CarryMemory } from '../../../src/vscode/model-provider/carry-memory.ts';
import { estimateTokens } from '../../../src/vscode/model-provider/count-tokens.ts';
import { delivery, emptyAnswer, openAiUsage } from '../../../src/vscode/model-provider/deliver.ts';
import { describeModels, familyOf, targetOf } from '../../../src/vscode/model-provider/describe-models.ts';
import {
  conversationId,
  publicOptions,
  toCall,
  type EditorMessage,
  type EditorRequest,
} from '../../../src/vscode/model-provider/messages.ts';
import { startFakeProvider } from '../../support/fake-providers/server.ts';
import { toolLoop } from '../../support/fake-providers/tool-loop.ts';
import { CLASSES, Data, PromptTsx, Text, Thinking, ToolCall, ToolResult } from './editor-parts.ts';
import { fakeView, TARGET } from './fake-view.ts';
import { KEY, localGateway, TOKEN } from './local-gateway.ts';

const REQUEST: EditorRequest = {
  model: 'agent/chat',
  messages: [],
  tools: [],
  toolsRequired: false,
  modelOptions: {},
  keptOf: () => undefined,
};

const SIGNATURE = { issuer: 'gemini', token: 's' };
const THOUGHT = { kind: 'reasoning', text: 'hm', carry: { issuer: 'gemini', token: 't' } } as const;

describe('model provider: messages', () => {
  it("system, text, calls, results and images become a call; what is the editor's own is left out", () => {
    const bytes = Buffer.from('hi');
    const messages: EditorMessage[] = [
      { role: 3, content: [new Text('You are an agent.'), new Data(Buffer.from('ephemeral'), 'cache_control')] },
      {
        role: 1,
        content: [
          new Text('Look.'),
          new Data(bytes, 'image/PNG'),
          new Data(bytes, 'stateful_marker'),
          new Data(bytes, 'video/mp4'),
          7,
          null,
        ],
      },
      { role: 2, content: [new Thinking('hm'), new Text('Reading.'), new ToolCall('c1', 'read', { path: 'a' })] },
      {
        role: 1,
        content: [
          new ToolResult('c1', [
            new Text('one'),
            'two',
            new PromptTsx({
              node: {
                type: 1,
                children: [
                  { type: 2, text: 'three' },
                  { type: 2, text: 'four', lineBreakBefore: true },
                ],
              },
            }),
            new Data(bytes, 'image/jpeg'),
            new Data(Buffer.from('{"a":1}'), 'application/json'),
            new Data(bytes, 'usage'),
          ]),
          new ToolResult('stranger', []),
        ],
      },
      { role: 3, content: [new Text('Be brief.')] },
    ];
    const call = toCall(
      { ...REQUEST, messages, keptOf: (id) => (id === 'c1' ? { carry: SIGNATURE, thoughts: [THOUGHT] } : undefined) },
      CLASSES,
    );
    const image = (mediaType: string) => ({ kind: 'image', mediaType, base64: 'aGk=' });
    const text = (value: string) => ({ kind: 'text', text: value });
    assert.deepEqual(call.system, [text('You are an agent.')]);
    assert.deepEqual(call.turns, [
      { role: 'user', content: [text('Look.'), image('image/png')] },
      {
        role: 'assistant',
        content: [
          THOUGHT,
          text('Reading.'),
          { kind: 'tool-call', callId: 'c1', name: 'read', arguments: '{"path":"a"}', carry: SIGNATURE },
        ],
      },
      {
        role: 'user',
        content: [
          {
            kind: 'tool-result',
            callId: 'c1',
            name: 'read',
            content: [text('one'), text('two'), text('three\nfour'), image('image/jpeg'), text('{"a":1}')],
            isError: false,
          },
          { kind: 'tool-result', callId: 'stranger', name: 'tool', content: [], isError: false },
        ],
      },
      { role: 'system', content: [text('Be brief.')] },
    ]);
  });

  it('internal options stay here', () => {
    const options = { _conversationId: 'c', _otelTraceContext: {}, max_tokens: 99, temperature: 0 };
    assert.deepEqual(publicOptions(options), { max_tokens: 99, temperature: 0 });
    assert.equal(conversationId(options), 'c');
    assert.equal(toCall({ ...REQUEST, modelOptions: options }, CLASSES).maxOutputTokens, 99);
    assert.equal(toCall({ ...REQUEST, modelOptions: { max_tokens: -1, _max_tokens: 5 } }, CLASSES).maxOutputTokens, undefined);
  });
});

describe('model provider: delivery', () => {
  function deliver(parts: Parameters<ReturnType<typeof delivery>['take']>[0][]) {
    const got: unknown[] = [];
    const answer = delivery({
      text: (text) => got.push(text),
      thinking: (text) => got.push({ thinking: text }),
      toolCall: (callId, name, input, kept) => got.push({ callId, name, input, kept }),
    });
    parts.forEach((part) => answer.take(part));
    return { got, empty: answer.empty };
  }
  const call = { type: 'block-start', at: 0, block: { kind: 'tool-call', callId: 'c', name: 'f' } } as const;
  it('broken arguments are an error and never an empty object', () => {
    for (const json of ['{"a":', '[1]', 'null', '"x"']) {
      assert.throws(
        () => deliver([call, { type: 'block-delta', at: 0, text: json }, { type: 'block-end', at: 0 }]),
        /called the tool "f" with arguments that are not a JSON object/,
      );
    }
  });
  it('a call that was never closed is not made', () => {
    assert.deepEqual(deliver([call, { type: 'block-delta', at: 0, text: '{}' }]), { got: [], empty: true });
  });
  it('blank text and thinking alone are an empty answer', () => {
    const block = (kind: 'text' | 'reasoning'): Part => ({
      type: 'block-start',
      at: 0,
      block: kind === 'text' ? { kind } : { kind, form: 'full' },
    });
    assert.equal(deliver([block('text'), { type: 'block-delta', at: 0, text: ' \n' }]).empty, true);
    assert.equal(deliver([block('reasoning'), { type: 'block-delta', at: 0, text: 'hm' }]).empty, true);
    assert.equal(deliver([block('text'), { type: 'block-delta', at: 0, text: 'x' }]).empty, false);
  });
  it('every reason for an empty answer is a sentence', () => {
    for (const reason of [
      'end',
      'max-tokens',
      'tool-use',
      'stop-sequence',
      'refusal',
      'pause',
      'context-window',
      'unknown',
    ] as const) {
      assert.match(emptyAnswer(reason, 'RAW'), /^The .*\.$/);
    }
  });
  it('usage in the shape of the context ring counts the whole prompt', () => {
    const usage = {
      ...NO_USAGE,
      input: 1,
      cacheRead: 20,
      cacheWrite5m: 300,
      cacheWrite1h: 4_000,
      output: 9,
      reasoningWithinOutput: 4,
    };
    assert.deepEqual(openAiUsage(usage), {
      prompt_tokens: 4_321,
      completion_tokens: 9,
      total_tokens: 4_330,
      prompt_tokens_details: { cached_tokens: 20 },
      completion_tokens_details: { reasoning_tokens: 4 },
    });
  });
  it('the memory of signatures is bounded and forgets the oldest', () => {
    const memory = new CarryMemory(2);
    const signed = (token: string) => ({ carry: { issuer: 'gemini', token }, thoughts: [] });
    memory.keep('a', signed('1'));
    memory.keep('b', signed('2'));
    memory.keep('a', signed('3'));
    memory.keep('c', signed('4'));
    assert.deepEqual(
      ['a', 'b', 'c'].map((id) => memory.get(id)?.carry?.token),
      ['3', undefined, '4'],
    );
  });
});

describe('model provider: the list of models', () => {
  const model = { ...TARGET, id: 'fake/fake-large' };
  it('one model for each agent and each model that can be asked; none while the gateway is off', () => {
    const agents = [
      { id: 'chat', target: TARGET },
      { id: 'new', target: undefined },
      { id: 'keyless', target: { ...TARGET, hasKey: false } },
    ];
    const view = fakeView({ models: () => [model] }, agents);
    const listed = describeModels(view);
    assert.deepEqual(
      listed.map(({ id, name, detail }) => [id, name, detail]),
      [
        ['agent/chat', 'Gatehouse: chat', 'fake/fake-large'],
        ['agent/new', 'Gatehouse: new', 'no model chosen yet'],
        ['agent/keyless', 'Gatehouse: keyless', 'no key for fake yet'],
        ['fake/fake-large', 'fake/fake-large', '$3 in, $15 out per million tokens'],
      ],
    );
    assert.deepEqual([listed[0]?.maxInputTokens, listed[0]?.maxOutputTokens, listed[0]?.family], [96_000, 4_000, 'fake-large']);
    assert.equal(JSON.stringify(listed).includes('editTools'), false, 'the editor throws for it');
    assert.deepEqual(describeModels({ ...view, state: () => 'off' }), []);
    assert.equal(targetOf(view, 'agent/chat'), TARGET);
    assert.equal(targetOf(view, 'fake/fake-large'), model);
    assert.equal(targetOf(view, 'agent/nobody'), undefined);
  });
  it('limits stay sensible for models that can write as much as they read', () => {
    const [small] = describeModels(fakeView({}, [{ id: 'a', target: { ...TARGET, contextTokens: 8_192, outputTokens: 8_192 } }]));
    assert.deepEqual([small?.maxInputTokens, small?.maxOutputTokens], [4_096, 4_096]);
  });
  it('the family is the name without vendor, date and tag', () => {
    const families = {
      'claude-sonnet-4-5-20250929': 'claude-sonnet-4-5',
      'openai/gpt-5.6-2026-01-02': 'gpt-5.6',
      'qwen3:8b': 'qwen3',
      'gemini-flash-latest': 'gemini-flash',
      '': 'unknown',
    };
    for (const [name, family] of Object.entries(families)) assert.equal(familyOf(name), family);
  });
});

describe('model provider: who pays', () => {
  it('the editor itself is one agent, every other extension its own', () => {
    assert.deepEqual(attribute('core'), { kind: 'editor', agent: 'editor' });
    assert.deepEqual(attribute('GitHub.copilot-chat'), { kind: 'editor', agent: 'editor' });
    assert.deepEqual(attribute('Some.Body'), { kind: 'extension', agent: 'some.body', extensionId: 'Some.Body' });
    for (const unnamed of [undefined, null, '', ' ', 7]) assert.deepEqual(attribute(unnamed), { kind: 'unnamed', agent: 'editor' });
  });
});

describe('model provider: token estimate', () => {
  it('is near for English and wide scripts, and reads every kind of part', () => {
    assert.equal(estimateTokens(''), 0);
    assert.equal(estimateTokens('The quick brown fox jumps over it.'), 9);
    assert.equal(estimateTokens('漢字漢字'), 3);
    const parts = [
      new Text('abcd'),
      new ToolCall('c', 'read', { a: 1 }),
      new ToolResult('c', [new Text('abcd')]),
      new Data(Buffer.alloc(9), 'image/png'),
      new Data(Buffer.alloc(9), 'usage'),
      7,
    ];
    assert.equal(estimateTokens(parts), 4 + 1 + (1 + 2) + (4 + 1) + 1_600);
  });
});

describe('model provider: a round with a tool, against strict providers', () => {
  for (const [dialect, model] of [
    ['openai-chat', 'gpt-5.6'],
    ['anthropic-messages', 'claude-opus-5-5'],
    ['gemini', 'gemini-3-pro-preview'],
  ] as const) {
    for (const remembers of dialect === 'gemini' ? [true, false] : [true]) {
      it(`${dialect}${remembers ? '' : ', after a restart that lost the signatures'}`, async () => {
        const provider = await startFakeProvider({
          key: KEY,
          dialect,
          script: toolLoop({ tool: 'read', args: { path: 'ä.ts' }, final: 'It says one.' }),
        });
        const gateway = await localGateway(provider);
        try {
          const carries = new CarryMemory();
          const messages: EditorMessage[] = [
            { role: 3, content: [new Text('S')] },
            { role: 1, content: [new Text('Read it.')] },
          ];
          const first = await round(gateway.url, dialect, model, messages, carries);
          const [call] = first.filter((part) => part instanceof ToolCall);
          assert.ok(call instanceof ToolCall);
          assert.deepEqual([call.name, call.input], ['read', { path: 'ä.ts' }]);
          if (dialect === 'gemini') assert.ok(carries.get(call.callId), 'Gemini signs its calls');
          messages.push({ role: 2, content: first }, { role: 1, content: [new ToolResult(call.callId, [new Text('one')])] });
          const second = await round(gateway.url, dialect, model, messages, remembers ? carries : new CarryMemory());
          assert.equal(second.map((part) => (part instanceof Text ? part.value : '')).join(''), 'It says one.');
          assert.deepEqual(
            provider.requests.map((request) => request.refusal),
            [undefined, undefined],
          );
        } finally {
          await gateway.close();
          await provider.close();
        }
      });
    }
  }

  /** What the shell does, with the editor's classes replaced. */
  async function round(
    endpoint: string,
    dialect: DialectId,
    model: string,
    messages: EditorMessage[],
    carries: CarryMemory,
  ): Promise<(Text | ToolCall)[]> {
    const tools = [
      {
        name: 'read',
        description: 'Reads.',
        inputSchema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
      },
    ];
    const call: Call = toCall({ ...REQUEST, model, messages, tools, keptOf: (id) => carries.get(id) }, CLASSES);
    const got: (Text | ToolCall)[] = [];
    const answer = delivery({
      text: (value) => got.push(new Text(value)),
      thinking: () => undefined,
      toolCall(callId, name, input, kept) {
        carries.keep(callId, kept);
        got.push(new ToolCall(callId, name, input));
      },
    });
    await ask({ endpoint, token: TOKEN, dialect, call, signal: new AbortController().signal, onPart: (part) => answer.take(part) });
    return got;
  }
});
