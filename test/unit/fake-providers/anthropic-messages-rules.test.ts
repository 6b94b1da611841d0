import assert from 'node:assert/strict';
import { type FakeProvider, startFakeProvider } from '../../support/fake-providers/server.ts';
import { type BrokenRule, post, refuses } from './rules.ts';

const KEY = 'sk-ant-api03-right-key';
const WITH_VERSION = { 'anthropic-version': '2023-06-01' };
const HEADERS = { 'x-api-key': KEY, ...WITH_VERSION };
const CLAUDE_CODE = { ...HEADERS, 'anthropic-beta': 'claude-code-20250219,per-turn-control-2026-07-01' };
const TOOL = { name: 'lookup', description: 'Looks up', input_schema: { type: 'object', properties: { q: { type: 'string' } } } };
const USE = { type: 'tool_use', id: 'toolu_1', name: 'lookup', input: { q: 'x' } };
const RESULT = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'found' };
const MARK = { cache_control: { type: 'ephemeral' } };
const say = (role: string, ...content: unknown[]): object => ({
  role,
  content: content.length === 1 && typeof content[0] === 'string' ? content[0] : content,
});
const text = (words: string, more: object = {}): object => ({ type: 'text', text: words, ...more });
const base = { model: 'claude-opus-5-5', max_tokens: 2048, messages: [say('user', 'hello')], tools: [TOOL] };
const looped = [say('user', 'go'), say('assistant', USE), say('user', RESULT)];

const RULES: readonly BrokenRule[] = [
  ['no model', { ...base, model: undefined }, /^model: Field required/],
  ['no max_tokens', { ...base, max_tokens: undefined }, /^max_tokens: Field required/],
  ['no messages', { ...base, messages: undefined }, /^messages: Field required/],
  ['an empty conversation', { ...base, messages: [] }, /at least one message/],
  ['max_tokens of nothing', { ...base, max_tokens: 0 }, /greater than or equal to 1/],
  ['an unknown role', { ...base, messages: [say('tool', 'x')] }, /Unexpected role "tool"/],
  ['a system role without its beta', { ...base, messages: [say('user', 'x'), say('system', 'y')] }, /Unexpected role "system"/],
  [
    'a conversation that the assistant begins',
    { ...base, messages: [say('assistant', 'x'), say('user', 'y')] },
    /first message must use the "user" role/,
  ],
  ['an empty message', { ...base, messages: [say('user', ''), say('assistant', 'x'), say('user', 'y')] }, /non-empty content/],
  ['an empty text block', { ...base, messages: [say('user', text(''), text('x'))] }, /must be non-empty/],
  ['a blank text block', { ...base, messages: [say('user', text(' '), text('x'))] }, /non-whitespace text/],
  [
    'an answer begun with trailing space',
    { ...base, messages: [say('user', 'x'), say('assistant', 'so ')] },
    /trailing whitespace/,
  ],
  ['an unknown block', { ...base, messages: [say('user', { type: 'image_url', image_url: {} })] }, /Input tag 'image_url'/],
  [
    'a tool call without its result',
    { ...base, messages: [say('user', 'go'), say('assistant', USE), say('user', 'and?')] },
    /without `tool_result` blocks immediately after: toolu_1/,
  ],
  ['a tool call at the end', { ...base, messages: looped.slice(0, 2) }, /without `tool_result` blocks/],
  [
    'results spread over two user messages',
    {
      ...base,
      messages: [
        say('user', 'go'),
        say('assistant', USE, { ...USE, id: 'toolu_2' }),
        say('user', RESULT),
        say('user', { ...RESULT, tool_use_id: 'toolu_2' }),
      ],
    },
    /immediately after: toolu_2/,
  ],
  [
    'text before a tool result',
    { ...base, messages: [...looped.slice(0, 2), say('user', text('hm'), RESULT)] },
    /without `tool_result` blocks/,
  ],
  [
    'a result that nobody asked for',
    { ...base, messages: [say('user', RESULT)] },
    /unexpected `tool_use_id` found in `tool_result` blocks: toolu_1/,
  ],
  [
    'two results of one call',
    { ...base, messages: [...looped.slice(0, 2), say('user', RESULT, RESULT)] },
    /multiple `tool_result` blocks/,
  ],
  ['a reused tool_use id', { ...base, messages: [...looped, ...looped.slice(1)] }, /ids must be unique/],
  [
    'a tool_use id of foreign form',
    {
      ...base,
      messages: [say('user', 'go'), say('assistant', { ...USE, id: 'call:1' }), say('user', { ...RESULT, tool_use_id: 'call:1' })],
    },
    /should match pattern/,
  ],
  [
    'tool input as text',
    { ...base, messages: [say('user', 'go'), say('assistant', { ...USE, input: '{}' }), say('user', RESULT)] },
    /Input should be a valid dictionary/,
  ],
  ['a tool call by the user', { ...base, messages: [say('user', USE)] }, /can only be in `assistant`/],
  [
    'a forged signature',
    {
      ...base,
      messages: [
        say('user', 'x'),
        say('assistant', { type: 'thinking', thinking: 't', signature: 'forged' }, text('y')),
        say('user', 'z'),
      ],
    },
    /Invalid `signature` in `thinking` block/,
  ],
  [
    'thinking without a signature',
    { ...base, messages: [say('user', 'x'), say('assistant', { type: 'thinking', thinking: 't' }, text('y')), say('user', 'z')] },
    /signature: Field required/,
  ],
  [
    'forged redacted thinking',
    {
      ...base,
      messages: [say('user', 'x'), say('assistant', { type: 'redacted_thinking', data: 'x' }, text('y')), say('user', 'z')],
    },
    /Invalid `data`/,
  ],
  [
    'five cache breakpoints',
    {
      ...base,
      system: [text('a', MARK), text('b', MARK)],
      messages: [say('user', text('c', MARK), text('d', MARK))],
      tools: [{ ...TOOL, ...MARK }],
    },
    /maximum of 4 blocks with cache_control may be provided. Found 5/,
  ],
  [
    'a long breakpoint after a short one',
    { ...base, system: [text('a', MARK)], messages: [say('user', text('c', { cache_control: { type: 'ephemeral', ttl: '1h' } }))] },
    /must not come after a ttl='5m'/,
  ],
  ['an unknown cache ttl', { ...base, system: [text('a', { cache_control: { type: 'ephemeral', ttl: '2h' } })] }, /'5m' or '1h'/],
  [
    'a thinking budget as large as max_tokens',
    { ...base, thinking: { type: 'enabled', budget_tokens: 2048 } },
    /`max_tokens` must be greater than `thinking.budget_tokens`/,
  ],
  ['a thinking budget under 1024', { ...base, thinking: { type: 'enabled', budget_tokens: 512 } }, /greater than or equal to 1024/],
  [
    'thinking with a forced tool',
    { ...base, thinking: { type: 'adaptive' }, tool_choice: { type: 'any' } },
    /Thinking may not be enabled when tool_choice forces tool use/,
  ],
  ['temperature above 1', { ...base, temperature: 1.5 }, /temperature: range: 0..1/],
  ['a blank stop sequence', { ...base, stop_sequences: [' '] }, /non-whitespace/],
  [
    'a tool choice without tools',
    { ...base, tools: undefined, tool_choice: { type: 'auto' } },
    /only be specified while providing tools/,
  ],
  ['OpenAI words in tool_choice', { ...base, tool_choice: { type: 'required' } }, /Input tag 'required'/],
  ['a choice of an unknown tool', { ...base, tool_choice: { type: 'tool', name: 'nope' } }, /not found in provided tools/],
  [
    'no tools and a serial order at once',
    { ...base, tool_choice: { type: 'none', disable_parallel_tool_use: true } },
    /Extra inputs are not permitted/,
  ],
  ['a tool without a schema', { ...base, tools: [{ name: 'x' }] }, /input_schema: Field required/],
  ['a tool in OpenAI shape', { ...base, tools: [{ type: 'function', function: { name: 'x' } }] }, /Input tag 'function'/],
  ['a tool name with a dot', { ...base, tools: [{ ...TOOL, name: 'a.b' }] }, /should match pattern/],
  [
    'a union at the top of a schema',
    { ...base, tools: [{ ...TOOL, input_schema: { type: 'object', anyOf: [] } }] },
    /does not support oneOf/,
  ],
  ['two tools of one name', { ...base, tools: [TOOL, TOOL] }, /must be unique/],
  ['an empty system block', { ...base, system: [text('')] }, /must be non-empty/],
  [
    'an image of an unknown type',
    { ...base, messages: [say('user', { type: 'image', source: { type: 'base64', media_type: 'image/jpg', data: 'AA' } })] },
    /media_type: Input should be 'image\/jpeg'/,
  ],
  ['an unknown field without a beta', { ...base, reasoning_effort: 'low' }, /^reasoning_effort: Extra inputs are not permitted/],
  [
    'an unknown block field without a beta',
    { ...base, messages: [say('user', text('x', { id: 'msg_1' }))] },
    /content.0.text.id: Extra inputs are not permitted/,
  ],
  ['an unknown metadata field', { ...base, metadata: { team: 'x' } }, /metadata.team: Extra inputs/],
];

describe('fake Anthropic', () => {
  let fake: FakeProvider;
  before(async () => (fake = await startFakeProvider({ dialect: 'anthropic-messages', key: KEY })));
  after(() => fake.close());
  const send = (body: unknown, headers: Record<string, string> = HEADERS): ReturnType<typeof post> =>
    post(fake, '/v1/messages?beta=true', headers, body);

  describe('rules', () => {
    refuses(send, () => ({ ...base, messages: looped, system: [text('be kind', MARK)] }), RULES);

    it('echoes a wrong key, as a redaction must be able to catch', async () => {
      const { status, json } = await send(base, { ...WITH_VERSION, 'x-api-key': 'sk-ant-wrong' });
      assert.equal(status, 401);
      assert.deepEqual(json.error, { type: 'authentication_error', message: 'invalid x-api-key: sk-ant-wrong' });
    });

    it('takes the key as bearer, and refuses a stranger beside the right key', async () => {
      assert.equal((await send(base, { ...WITH_VERSION, authorization: `Bearer ${KEY}` })).status, 200);
      assert.equal((await send(base, { ...HEADERS, authorization: 'Bearer local-token' })).status, 401);
      assert.equal((await send(base, WITH_VERSION)).status, 401);
    });

    it('wants a version that it knows', async () => {
      assert.match((await send(base, { 'x-api-key': KEY })).json.error.message, /anthropic-version: header is required/);
      assert.match((await send(base, { ...HEADERS, 'anthropic-version': '2024-01-01' })).json.error.message, /not a valid version/);
    });

    it('refuses sampling parameters in the newest version only', async () => {
      assert.equal((await send({ ...base, temperature: 0.5 })).status, 200);
      assert.match(
        (await send({ ...base, temperature: 0.5 }, { ...HEADERS, 'anthropic-version': '2026-10-21' })).json.error.message,
        /^temperature: Extra/,
      );
    });

    it('wants JSON, by header and in fact', async () => {
      assert.equal((await send('{"model":')).status, 400);
      assert.equal((await send('[]')).status, 400);
      assert.equal((await send(base, { ...HEADERS, 'content-type': 'text/plain' })).status, 400);
    });

    it('takes what Claude Code sends with its betas: system turns, a deferred tool, fields it does not know', async () => {
      const { status, json } = await send(
        {
          ...base,
          max_tokens: 128000,
          messages: [
            say('user', text('<system-reminder>'), text('the task')),
            { role: 'system', content: '# Environment', output_config: { effort: 'medium' } },
          ],
          tools: [TOOL, { name: 'DeferredToolPlaceholder', description: 'd', input_schema: {}, defer_loading: true }],
          thinking: { type: 'adaptive', display: 'omitted' },
          context_management: { edits: [] },
          safeguards: [],
        },
        CLAUDE_CODE,
      );
      assert.equal(status, 200, JSON.stringify(json));
    });

    it('knows no other address and, when told so, no other model', async () => {
      assert.equal((await post(fake, '/v1/complete', HEADERS, base)).status, 404);
      const strict = await startFakeProvider({
        dialect: 'anthropic-messages',
        key: KEY,
        models: ['claude-a'],
        onlyListedModels: true,
      });
      const { status, json } = await post(strict, '/v1/messages', HEADERS, base);
      await strict.close();
      assert.deepEqual([status, json.error], [404, { type: 'not_found_error', message: 'model: claude-opus-5-5' }]);
    });
  });
});
