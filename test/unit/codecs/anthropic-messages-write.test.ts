import assert from 'node:assert/strict';
import fc from 'fast-check';
import { anthropicCodec } from '../../../src/core/dialects/anthropic-messages/codec.ts';
import { defaultMaxTokens } from '../../../src/core/dialects/anthropic-messages/write-request.ts';
import type { WireRequest, WriteOptions } from '../../../src/core/dialects/wire-request.ts';
import type { Call, Effort, ReasoningWish, Tool, ToolChoice, Turn } from '../../../src/core/ir/call.ts';
import { checkMessages } from '../../support/fake-providers/anthropic-messages-rules.ts';
import { firstFault, type Memory } from '../../support/fake-providers/dialect.ts';

// What was written is looked into freely; a missing field fails the assertion that reads it.
// oxlint-disable-next-line typescript/no-explicit-any
type Body = Record<string, any>;

const ISSUER = 'anthropic-messages@anthropic';
const CALL: Call = {
  model: 'claude-sonnet-4-5',
  system: [],
  turns: [{ role: 'user', content: [{ kind: 'text', text: 'hello' }] }],
  tools: [],
  toolChoice: 'auto',
  maxOutputTokens: undefined,
};
const TOOL: Tool = {
  name: 'read',
  description: 'Reads.',
  parameters: { type: 'object', properties: { path: { type: 'string' } } },
};

function write(call: Partial<Call>, options: Partial<WriteOptions> = {}): WireRequest & { readonly json: Body } {
  const written = anthropicCodec.writeRequest({ ...CALL, ...call }, { stream: true, issuer: ISSUER, ...options });
  return { ...written, json: JSON.parse(written.body) as Body };
}

const said = (text: string) => ({ kind: 'text', text }) as const;
const thought = (thinking: string, signature: string) =>
  ({
    kind: 'reasoning',
    text: thinking,
    carry: { issuer: ISSUER, token: JSON.stringify({ type: 'thinking', thinking, signature }) },
  }) as const;
const called = (callId: string, json = '{}') => ({ kind: 'tool-call', callId, name: 'read', arguments: json }) as const;
const result = (callId: string) => ({ kind: 'tool-result', callId, name: 'read', content: [said('ok')], isError: false }) as const;

/** What Anthropic itself would have against it; undefined where nothing. */
function faultOf(json: Body, issued: ReadonlyMap<string, string> = new Map()): string | undefined {
  const memory: Memory = { issued: new Map(issued), stored: new Map() };
  return firstFault(() => checkMessages(json, [], '2023-06-01', false, memory))?.message;
}

describe('writeRequest anthropic-messages: tool choice, parallel calls and thinking', () => {
  const choices: readonly ToolChoice[] = ['auto', 'none', 'required', { name: 'read' }];
  const wishes: readonly (ReasoningWish | undefined)[] = [
    undefined,
    { mode: 'off', shown: false },
    { mode: 'on', effort: 'high', shown: true },
  ];
  const forcedAs = (choice: ToolChoice) => (choice === 'required' ? { type: 'any' } : { type: 'tool', name: 'read' });
  for (const model of [
    'claude-3-5-haiku-20241022',
    'claude-sonnet-4-5',
    'claude-opus-4-8',
    'claude-opus-5',
    'claude-opus-5-5',
    'kimi-k2',
  ])
    it(`${model}: each combination is one that is taken, and says as much as it can`, () => {
      for (const toolChoice of choices)
        for (const parallelToolCalls of [undefined, true, false])
          for (const reasoning of wishes)
            for (const tools of [[TOOL], []]) {
              const { json, losses } = write({
                model,
                tools,
                toolChoice,
                ...(parallelToolCalls === undefined ? {} : { parallelToolCalls }),
                ...(reasoning === undefined ? {} : { reasoning }),
              });
              assert.equal(faultOf(json), undefined, JSON.stringify(json));
              const always = model === 'claude-opus-5-5';
              const forced = tools.length > 0 && toolChoice !== 'auto' && toolChoice !== 'none';
              const serial = parallelToolCalls === false ? { disable_parallel_tool_use: true } : {};
              const expected =
                tools.length === 0
                  ? undefined
                  : toolChoice === 'none'
                    ? { type: 'none' }
                    : forced && !always
                      ? { ...forcedAs(toolChoice), ...serial }
                      : parallelToolCalls === false
                        ? { type: 'auto', ...serial }
                        : undefined;
              assert.deepEqual(json['tool_choice'], expected);
              assert.equal(losses.includes('tool-choice'), forced && always);
              const thinks = ['enabled', 'adaptive'].includes(json['thinking']?.type);
              if (forced && !always) assert.equal(thinks, false);
              const couldThink = model !== 'claude-3-5-haiku-20241022';
              if (reasoning?.mode === 'on' && !(forced && !always)) assert.equal(thinks, couldThink);
              if (reasoning?.mode === 'on' && !thinks) assert.ok(losses.includes('reasoning-effort'));
            }
    });
  it('a forced tool that is not offered is none', () => {
    const { json, losses } = write({ tools: [TOOL], toolChoice: { name: 'gone' } });
    assert.equal(json['tool_choice'], undefined);
    assert.deepEqual(losses, ['tool-choice']);
  });
});

describe('writeRequest anthropic-messages: how much to think', () => {
  const said = (model: string, wish: Partial<ReasoningWish>, call: Partial<Call> = {}) => {
    const { json, losses } = write({ model, reasoning: { mode: 'on', shown: true, ...wish }, ...call });
    assert.equal(faultOf(json), undefined, JSON.stringify(json));
    return [json['thinking'], json['output_config']?.effort, losses.includes('reasoning-effort')];
  };
  const adaptive = { type: 'adaptive', display: 'summarized' };
  const enabled = (budget_tokens: number) => ({ type: 'enabled', budget_tokens });
  it('by effort', () => {
    const table: readonly [string, Effort | undefined, string | undefined, boolean][] = [
      ['claude-opus-5-5', undefined, undefined, false],
      ['claude-opus-5-5', 'none', 'low', true],
      ['claude-opus-5-5', 'minimal', 'low', true],
      ['claude-opus-5-5', 'low', 'low', false],
      ['claude-opus-5-5', 'medium', 'medium', false],
      ['claude-opus-5-5', 'high', 'high', false],
      ['claude-opus-5-5', 'xhigh', 'xhigh', false],
      ['claude-opus-5-5', 'max', 'max', false],
      ['claude-sonnet-4-6', 'xhigh', 'high', true],
      ['claude-sonnet-4-6', 'max', 'max', false],
      ['anthropic/claude-fable-5', 'xhigh', 'xhigh', false],
    ];
    for (const [model, effort, expected, lost] of table)
      assert.deepEqual(said(model, effort === undefined ? {} : { effort }), [adaptive, expected, lost], `${model} ${effort}`);
    assert.deepEqual(said('claude-opus-4-8', { budgetTokens: 12_000, shown: false }), [
      { type: 'adaptive', display: 'omitted' },
      'medium',
      false,
    ]);
  });
  it('by budget', () => {
    const limit = (maxOutputTokens: number) => ({ maxOutputTokens });
    assert.deepEqual(said('claude-sonnet-4-5', {}), [enabled(10_240), undefined, false]);
    assert.deepEqual(said('claude-sonnet-4-5', { effort: 'low' }), [enabled(4096), undefined, false]);
    assert.deepEqual(said('claude-sonnet-4-5', { effort: 'high' }), [enabled(24_576), undefined, false]);
    assert.deepEqual(said('claude-sonnet-4-5', { effort: 'max' }), [enabled(28_000), undefined, true]);
    assert.deepEqual(said('claude-sonnet-4-5', { budgetTokens: 31_999 }), [enabled(31_999), undefined, false]);
    assert.deepEqual(said('claude-sonnet-4-5', { budgetTokens: 31_999 }, limit(2000)), [enabled(1999), undefined, true]);
    assert.deepEqual(said('claude-sonnet-4-5', { budgetTokens: 100 }), [enabled(1024), undefined, true]);
    assert.deepEqual(said('claude-sonnet-4-5', { effort: 'low' }, limit(1025)), [enabled(1024), undefined, true]);
    assert.deepEqual(said('claude-sonnet-4-5', { effort: 'low' }, limit(1024)), [undefined, undefined, true]);
    assert.deepEqual(said('claude-sonnet-4-5', { shown: false }), [{ ...enabled(10_240), display: 'omitted' }, undefined, false]);
    assert.deepEqual(said('kimi-k2', { shown: false, effort: 'low' }), [enabled(4096), undefined, false]);
  });
  it('not at all, or not to be prevented', () => {
    const off = { mode: 'off', shown: false } as const;
    assert.deepEqual(said('claude-3-5-haiku-20241022', {}), [undefined, undefined, true]);
    assert.deepEqual(said('claude-3-5-haiku-20241022', off), [undefined, undefined, false]);
    assert.deepEqual(said('claude-sonnet-4-5', off), [undefined, undefined, false]);
    assert.deepEqual(said('claude-opus-4-8', off), [undefined, undefined, false]);
    assert.deepEqual(said('claude-opus-5', off), [{ type: 'disabled' }, undefined, false]);
    assert.deepEqual(said('kimi-k2', off), [{ type: 'disabled' }, undefined, false]);
    assert.deepEqual(said('claude-opus-5-5', off), [{ type: 'adaptive', display: 'omitted' }, 'low', true]);
    assert.deepEqual(said('claude-mythos-5', off), [{ type: 'adaptive', display: 'omitted' }, 'low', true]);
  });
  it('a tool round that began without thinking goes on without it where a budget is set', () => {
    const round = (...first: readonly object[]): readonly Turn[] => [
      ...CALL.turns,
      { role: 'assistant', content: [...first, called('1')] } as Turn,
      { role: 'user', content: [result('1')] },
    ];
    const wish: ReasoningWish = { mode: 'on', shown: true };
    const bare = write({ reasoning: wish, turns: round() });
    assert.equal(bare.json['thinking'], undefined);
    assert.deepEqual(bare.losses, ['reasoning-effort']);
    const own = write({ reasoning: wish, turns: round(thought('hm', 'sig')) });
    assert.equal(own.json['thinking'].type, 'enabled');
    assert.deepEqual(own.json['messages'][1].content[0], { type: 'thinking', thinking: 'hm', signature: 'sig' });
    assert.equal(faultOf(own.json, new Map([['sig', 'hm']])), undefined);
    assert.equal(write({ model: 'claude-opus-5-5', reasoning: wish, turns: round() }).json['thinking'].type, 'adaptive');
    const foreign = write({ turns: round(thought('hm', 'sig')) }, { issuer: 'anthropic-messages@other' });
    assert.equal(foreign.body.includes('sig'), false);
    assert.deepEqual(foreign.losses, ['dropped-reasoning']);
  });
});

describe('writeRequest anthropic-messages: sampling and the rest', () => {
  const sampled = (model: string, sampling: Call['sampling'], call: Partial<Call> = {}) => {
    const { json, losses } = write({ model, sampling: sampling ?? {}, ...call });
    assert.equal(faultOf(json), undefined);
    return [json['temperature'], json['top_p'], json['top_k'], [...losses].toSorted()];
  };
  it('stays in range, and gives way to thinking and to later models', () => {
    const all = { temperature: 1.4, topP: 0.9, topK: 40 };
    assert.deepEqual(sampled('claude-3-5-haiku-20241022', all), [1, 0.9, 40, ['clamped-sampling']]);
    assert.deepEqual(sampled('claude-sonnet-4-5', all), [1, undefined, 40, ['clamped-sampling', 'field:top_p']]);
    assert.deepEqual(sampled('claude-sonnet-4-5', { topP: 0.5 }), [undefined, 0.5, undefined, []]);
    const none = ['field:temperature', 'field:top_k', 'field:top_p'];
    assert.deepEqual(sampled('claude-opus-5-5', all), [undefined, undefined, undefined, none]);
    assert.deepEqual(sampled('claude-opus-5-5', { temperature: 1, topP: 1 }), [undefined, undefined, undefined, []]);
    assert.deepEqual(sampled('claude-sonnet-4-5', all, { reasoning: { mode: 'on', shown: true } }), [
      undefined,
      undefined,
      undefined,
      none,
    ]);
    assert.deepEqual(sampled('m', { seed: 1, presencePenalty: 0.5, frequencyPenalty: 0 })[3], [
      'field:presence_penalty',
      'field:seed',
    ]);
  });
  it('limits, stops, user, tiers, verbosity', () => {
    const of = (call: Partial<Call>, options: Partial<WriteOptions> = {}) => write(call, options);
    assert.deepEqual(of({ maxOutputTokens: 99_000 }, { maxOutputTokens: 64_000 }).losses, ['clamped-max-tokens']);
    assert.equal(of({}, { servedBy: 'claude-3-haiku-20240307' }).json['max_tokens'], 4096);
    assert.equal(defaultMaxTokens('kimi-k2', undefined), 8192);
    const stops = of({ stop: ['END', ' \n'] });
    assert.deepEqual([stops.json['stop_sequences'], stops.losses], [['END'], ['stop-sequences']]);
    assert.deepEqual(of({ user: 'u' }).json['metadata'], { user_id: 'u' });
    assert.deepEqual(of({ user: 'u'.repeat(300) }).losses, ['field:user']);
    const tier = (serviceTier: string) => {
      const { json, losses } = of({ serviceTier });
      return [json['service_tier'], losses];
    };
    assert.deepEqual(tier('auto'), [undefined, []]);
    assert.deepEqual(tier('priority'), ['auto', []]);
    assert.deepEqual(tier('default'), ['standard_only', []]);
    assert.deepEqual(tier('standard_only'), ['standard_only', []]);
    assert.deepEqual(tier('flex'), [undefined, ['field:service_tier']]);
    assert.deepEqual(of({ verbosity: 'low', cacheKey: 'k' }).losses, ['field:verbosity']);
  });
  it('an answer that is begun is continued, where the model does that', () => {
    const turns: readonly Turn[] = [...CALL.turns, { role: 'assistant', content: [said('One, \n')] }];
    const old = write({ turns });
    assert.deepEqual(old.json['messages'].at(-1), { role: 'assistant', content: [{ type: 'text', text: 'One,' }] });
    for (const call of [{ model: 'claude-opus-5-5' }, { reasoning: { mode: 'on', shown: true } }] as const) {
      const { json, losses } = write({ turns, ...call });
      assert.equal(json['messages'].at(-1).role, 'user');
      assert.ok(losses.includes('field:prefill'));
    }
    const thoughtful = write({ turns: [...CALL.turns, { role: 'assistant', content: [thought('hm', 's')] }] });
    assert.equal(thoughtful.json['messages'].length, 1);
    assert.deepEqual(thoughtful.losses, ['dropped-reasoning']);
  });
});

describe('writeRequest anthropic-messages: any call is one that the provider takes', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 6 }), fc.constantFrom('', ' ', '\n\t', 'Hallo '));
  const cache = fc.constantFrom(undefined, undefined, '5m' as const, '1h' as const);
  const textPart = fc.record({ text, cache }).map((each) => withMark(said(each.text), each.cache));
  const id = fc.constantFrom('a', 'b', 'call|x', 'c'.repeat(60), '');
  const media = fc.constantFrom(
    { kind: 'image', mediaType: 'image/jpg', base64: 'aGk=' } as const,
    { kind: 'image', mediaType: 'image/bmp', base64: 'aGk=' } as const,
    { kind: 'document', mediaType: 'application/pdf', base64: 'aGk=', cache: '1h' } as const,
    { kind: 'document', mediaType: 'text/plain', base64: 'aGk=' } as const,
    { kind: 'audio', mediaType: 'audio/mp3', base64: 'aGk=' } as const,
    { kind: 'remote', what: 'document', url: 'https://example.org' } as const,
  );
  const tool = fc
    .record({
      id,
      json: fc.constantFrom('', '{}', '{"path":"x"}', '{"pa', '[1]', 'null'),
      cache,
      name: fc.constantFrom('read', 'a b'),
    })
    .map((each) => withMark({ ...called(each.id, each.json), name: each.name }, each.cache));
  const reasoning = fc.constantFrom(
    thought('hm', 'sig'),
    { kind: 'reasoning', text: 'foreign', carry: { issuer: 'gemini@google', token: 'x' } } as const,
    { kind: 'reasoning', text: 'bare' } as const,
    { kind: 'reasoning', text: 'broken', carry: { issuer: ISSUER, token: 'no block' } } as const,
  );
  const results = fc
    .record({ id, content: fc.array(fc.oneof(textPart, media), { maxLength: 2 }), isError: fc.boolean(), cache })
    .map((each) => withMark({ ...result(each.id), content: each.content, isError: each.isError }, each.cache));
  const turn = fc.oneof(
    fc.array(fc.oneof(textPart, tool, reasoning), { maxLength: 4 }).map((content) => ({ role: 'assistant' as const, content })),
    fc.array(fc.oneof(textPart, media, results), { maxLength: 4 }).map((content) => ({ role: 'user' as const, content })),
    fc.array(textPart, { maxLength: 2 }).map((content) => ({ role: 'system' as const, content })),
  );
  const effort = fc.constantFrom(undefined, 'none' as const, 'minimal' as const, 'high' as const, 'xhigh' as const, 'max' as const);
  const wish = fc
    .record({
      mode: fc.constantFrom('off' as const, 'on' as const, 'adaptive' as const),
      effort,
      budgetTokens: fc.constantFrom(undefined, 0, 500, 5000, 40_000),
      shown: fc.boolean(),
    })
    .map(defined);
  const call = fc
    .record({
      model: fc.constantFrom(
        'claude-3-5-haiku-20241022',
        'claude-sonnet-4-5',
        'claude-opus-4-8',
        'claude-opus-5',
        'claude-opus-5-5',
        'kimi',
      ),
      system: fc.array(textPart, { maxLength: 3 }),
      turns: fc.array(turn, { maxLength: 6 }),
      tools: fc.constantFrom<readonly Tool[]>(
        [],
        [TOOL],
        [
          { ...TOOL, name: 'x'.repeat(200), cache: '1h' },
          { ...TOOL, parameters: { oneOf: [{}] } },
        ],
      ),
      toolChoice: fc.constantFrom<ToolChoice>('auto', 'none', 'required', { name: 'read' }),
      maxOutputTokens: fc.constantFrom(undefined, 1, 1024, 1025, 50_000),
      parallelToolCalls: fc.constantFrom(undefined, true, false),
      reasoning: fc.option(wish, { nil: undefined }),
      sampling: fc
        .record({
          temperature: fc.constantFrom(undefined, -1, 0, 0.5, 1, 2),
          topP: fc.constantFrom(undefined, 0, 0.95, 1, 3),
          topK: fc.constantFrom(undefined, 0, 40, 2.5),
        })
        .map(defined),
      stop: fc.constantFrom(undefined, [], ['a', ' ']),
      format: fc.constantFrom(undefined, { kind: 'json' } as const),
      user: fc.constantFrom(undefined, '', 'u'),
    })
    .map((each) => defined(each) as unknown as Call);
  it('checked against the strict rules', () => {
    fc.assert(
      fc.property(call, fc.boolean(), (random, own) => {
        const { json } = write({ ...random, maxOutputTokens: random.maxOutputTokens }, { cacheBreakpoints: own });
        assert.equal(faultOf(json, new Map([['sig', 'hm']])), undefined, JSON.stringify(json));
        // The rules do not know these, but the provider does.
        if (json['thinking']?.type === 'enabled' || json['thinking']?.type === 'adaptive') {
          assert.equal(json['temperature'] ?? json['top_p'] ?? json['top_k'], undefined);
          assert.equal(json['messages'].at(-1).role, 'user');
        }
        assert.deepEqual(Object.keys(json).includes('metadata'), (random.user ?? '') !== '');
      }),
      { numRuns: 1500 },
    );
  });
});

function withMark<Content extends object>(content: Content, cache: '5m' | '1h' | undefined): Content {
  return cache === undefined ? content : { ...content, cache };
}

function defined<Fields extends object>(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
}
