import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { type FakeProvider, startFakeProvider } from '../../support/fake-providers/server.ts';
import { type BrokenRule, post, refuses } from './rules.ts';

const KEY = 'sk-proj-right-key';
const HEADERS = { authorization: `Bearer ${KEY}` };
const PARAMETERS = { type: 'object', properties: { q: { type: 'string' } } };
const TOOL = { type: 'function', function: { name: 'lookup', parameters: PARAMETERS } } as const;
const CALL = { id: 'call_1', type: 'function', function: { name: 'lookup', arguments: '{}' } } as const;
const USER = { role: 'user', content: 'hello' } as const;
const base = { model: 'gpt-4.1', messages: [USER], tools: [TOOL] };
const called = { role: 'assistant', content: null, tool_calls: [CALL] };
const answered = { role: 'tool', tool_call_id: 'call_1', content: 'found' };
const withTool = (more: object): object => ({ ...base, tools: [{ type: 'function', function: { name: 'lookup', ...more } }] });
const strict = (parameters: object): object => withTool({ strict: true, parameters });

const RULES: readonly BrokenRule[] = [
  ['no model', { ...base, model: undefined }, /must provide a model parameter/],
  ['no messages', { ...base, messages: undefined }, /Missing required parameter: 'messages'/],
  ['an empty conversation', { ...base, messages: [] }, /Invalid 'messages': empty array/],
  ['an unknown role', { ...base, messages: [{ role: 'model', content: 'x' }] }, /Invalid value: 'model'/],
  ['a user message without content', { ...base, messages: [{ role: 'user', content: null }] }, /expected a string, got null/],
  [
    'a content object',
    { ...base, messages: [{ role: 'user', content: { text: 'x' } }] },
    /Invalid type for 'messages\[0\].content'/,
  ],
  [
    'an Anthropic image part',
    { ...base, messages: [{ role: 'user', content: [{ type: 'image', source: {} }] }] },
    /Invalid value: 'image'/,
  ],
  [
    'a cache mark on a part',
    { ...base, messages: [{ role: 'user', content: [{ type: 'text', text: 'x', cache_control: {} }] }] },
    /Unknown parameter: 'messages\[0\].content\[0\].cache_control'/,
  ],
  [
    'an image in a tool result',
    { ...base, messages: [USER, called, { ...answered, content: [{ type: 'image_url', image_url: { url: 'data:' } }] }] },
    /Invalid value: 'image_url'/,
  ],
  ['a tool message that answers nothing', { ...base, messages: [USER, answered] }, /must be a response to a preceeding message/],
  [
    'a tool message of another call',
    { ...base, messages: [USER, called, answered, { ...answered, tool_call_id: 'call_2' }] },
    /must be a response to a preceeding message/,
  ],
  ['an unanswered tool call', { ...base, messages: [USER, called, USER] }, /did not have response messages: call_1/],
  [
    'one of two calls unanswered',
    { ...base, messages: [USER, { ...called, tool_calls: [CALL, { ...CALL, id: 'call_2' }] }, answered, USER] },
    /did not have response messages: call_2/,
  ],
  [
    'arguments as an object',
    { ...base, messages: [USER, { ...called, tool_calls: [{ ...CALL, function: { name: 'lookup', arguments: {} } }] }, answered] },
    /expected a string, but got an object/,
  ],
  [
    'a call id over 40 characters',
    {
      ...base,
      messages: [USER, { ...called, tool_calls: [{ ...CALL, id: 'x'.repeat(41) }] }, { ...answered, tool_call_id: 'x'.repeat(41) }],
    },
    /maximum length 40/,
  ],
  [
    'an empty list of calls',
    { ...base, messages: [USER, { role: 'assistant', content: 'x', tool_calls: [] }] },
    /Invalid 'messages\[1\].tool_calls': empty array/,
  ],
  ['an empty list of tools', { ...base, tools: [] }, /Invalid 'tools': empty array/],
  [
    'a tool in Responses shape',
    { ...base, tools: [{ type: 'function', name: 'lookup' }] },
    /Missing required parameter: 'tools\[0\].function.name'/,
  ],
  ['a tool name over 64 characters', withTool({ name: 'x'.repeat(65) }) as Record<string, unknown>, /maximum length 64/],
  ['a tool name with a dot', withTool({ name: 'a.b' }) as Record<string, unknown>, /does not match pattern/],
  [
    'parameters that are no object',
    withTool({ parameters: { type: 'string' } }) as Record<string, unknown>,
    /schema must be a JSON Schema of 'type: "object"'/,
  ],
  ['strict parameters left open', strict(PARAMETERS) as Record<string, unknown>, /'additionalProperties' is required/],
  [
    'strict parameters that are optional',
    strict({ ...PARAMETERS, additionalProperties: false }) as Record<string, unknown>,
    /Missing 'q'/,
  ],
  ['a tool choice without tools', { ...base, tools: undefined, tool_choice: 'auto' }, /'tool_choice' is only allowed when 'tools'/],
  [
    'a parallel flag without tools',
    { ...base, tools: undefined, parallel_tool_calls: false },
    /'parallel_tool_calls' is only allowed/,
  ],
  ['Anthropic words in tool_choice', { ...base, tool_choice: { type: 'any' } }, /Invalid value: 'any'/],
  [
    'a choice of an unknown tool',
    { ...base, tool_choice: { type: 'function', function: { name: 'nope' } } },
    /Tool choice 'nope' not found/,
  ],
  [
    'stream options without a stream',
    { ...base, stream_options: { include_usage: true } },
    /only allowed when 'stream' is enabled/,
  ],
  ['max_tokens for a reasoning model', { ...base, model: 'gpt-5.5', max_tokens: 10 }, /Use 'max_completion_tokens' instead/],
  ['max_tokens for an o model', { ...base, model: 'o3', max_tokens: 10 }, /Use 'max_completion_tokens' instead/],
  ['temperature for a reasoning model', { ...base, model: 'gpt-5.5', temperature: 0.2 }, /'temperature' does not support 0.2/],
  ['stop for a reasoning model', { ...base, model: 'o3', stop: 'x' }, /'stop' is not supported/],
  ['both kinds of maximum', { ...base, max_tokens: 1, max_completion_tokens: 1 }, /at the same time/],
  ['a maximum of nothing', { ...base, max_tokens: 0 }, /integer below minimum value/],
  ['temperature above 2', { ...base, temperature: 3 }, /decimal above maximum/],
  ['five stop sequences', { ...base, stop: ['a', 'b', 'c', 'd', 'e'] }, /maximum length 4/],
  ['a field of another dialect', { ...base, thinking: {} }, /Unrecognized request argument supplied: thinking/],
];

describe('fake OpenAI Chat', () => {
  let fake: FakeProvider;
  before(async () => (fake = await startFakeProvider({ dialect: 'openai-chat', key: KEY })));
  after(() => fake.close());
  const send = (body: unknown, headers: Record<string, string> = HEADERS): ReturnType<typeof post> =>
    post(fake, '/v1/chat/completions', headers, body);

  describe('rules', () => {
    refuses(send, () => ({ ...base, messages: [{ role: 'developer', content: 'be kind' }, USER, called, answered] }), RULES);

    it('echoes a wrong key, as a redaction must be able to catch', async () => {
      const { status, json } = await send(base, { authorization: 'Bearer sk-wrong' });
      assert.equal(status, 401);
      assert.equal(json.error.code, 'invalid_api_key');
      assert.match(json.error.message, /sk-wrong/);
    });

    it('wants a bearer and nothing else', async () => {
      assert.equal((await send(base, { 'x-api-key': KEY })).status, 401);
      assert.equal((await send(base, { authorization: KEY })).status, 401);
    });

    it('wants JSON, by header and in fact', async () => {
      assert.equal((await send('{"model":')).status, 400);
      assert.equal((await send(base, { ...HEADERS, 'content-type': 'text/plain' })).status, 400);
    });
  });

  it('sends the usage chunk only to those who asked', async () => {
    const stream = async (more: object): Promise<string> => {
      const body = JSON.stringify({ ...base, stream: true, ...more });
      return (
        await fetch(`${fake.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { ...HEADERS, 'content-type': 'application/json' },
          body,
        })
      ).text();
    };
    assert.doesNotMatch(await stream({}), /usage/);
    const events = (await stream({ stream_options: { include_usage: true } })).trim().split('\n\n');
    assert.equal(events.at(-1), 'data: [DONE]');
    const last = JSON.parse(events.at(-2)?.slice(6) ?? '') as { choices: unknown[]; usage: { total_tokens: number } };
    assert.deepEqual([last.choices.length, last.usage.total_tokens > 0], [0, true]);
    assert.ok(events.slice(0, -2).every((event) => event.includes('"usage":null')));
  });

  describe('with the official SDK', () => {
    const client = (apiKey = KEY): OpenAI => new OpenAI({ apiKey, baseURL: `${fake.url}/v1`, maxRetries: 0 });
    const ask = { model: 'gpt-4.1', messages: [USER], tools: [TOOL] } as {
      model: string;
      messages: OpenAI.ChatCompletionMessageParam[];
      tools: OpenAI.ChatCompletionTool[];
    };

    it('streams text and parallel tool calls, one without arguments, and takes them back', async () => {
      fake.script({ text: 'Zwölf Bäume 🌳', toolCalls: [{ name: 'lookup', args: { q: 'ä"\\n' } }, { name: 'lookup' }], pieces: 9 });
      const completion = await client()
        .chat.completions.stream({ ...ask, stream_options: { include_usage: true } })
        .finalChatCompletion();
      const message = completion.choices[0]?.message;
      assert.equal(completion.choices[0]?.finish_reason, 'tool_calls');
      assert.equal(message?.content, 'Zwölf Bäume 🌳');
      const calls = message?.tool_calls ?? [];
      assert.deepEqual(
        calls.map((call) => (call.type === 'function' ? JSON.parse(call.function.arguments) : undefined)),
        [{ q: 'ä"\\n' }, {}],
      );
      assert.ok((completion.usage?.total_tokens ?? 0) > 0);
      const messages: OpenAI.ChatCompletionMessageParam[] = [
        USER,
        { role: 'assistant', content: message?.content ?? null, tool_calls: calls },
        ...calls.map((call) => ({ role: 'tool' as const, tool_call_id: call.id, content: 'ok' })),
      ];
      assert.equal((await client().chat.completions.create({ ...ask, messages })).choices[0]?.finish_reason, 'stop');
    });

    it("gives scripted usage in the vendor's way: cached and written tokens inside the prompt", async () => {
      fake.script({ usage: { input: 7, cacheRead: 100, cacheWrite5m: 20, output: 11, reasoningWithinOutput: 4 }, thinking: 'hm' });
      const { usage, choices } = await client().chat.completions.create(ask);
      assert.equal(usage?.prompt_tokens, 127);
      assert.equal(usage?.prompt_tokens_details?.cached_tokens, 100);
      assert.equal(usage?.completion_tokens, 11);
      assert.equal(usage?.completion_tokens_details?.reasoning_tokens, 4);
      assert.equal((choices[0]?.message as { reasoning_content?: string } | undefined)?.reasoning_content, 'hm');
    });

    it('raises the typed errors', async () => {
      await assert.rejects(client('sk-wrong').chat.completions.create(ask), OpenAI.AuthenticationError);
      await assert.rejects(client().chat.completions.create({ ...ask, messages: [] }), OpenAI.BadRequestError);
      fake.script(
        { error: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' } },
        { error: { status: 500 } },
        { errorEvent: { status: 500 }, afterEvents: 2 },
      );
      await assert.rejects(
        client().chat.completions.create(ask),
        (error) => error instanceof OpenAI.RateLimitError && error.code === 'insufficient_quota',
      );
      await assert.rejects(client().chat.completions.create(ask), OpenAI.InternalServerError);
      await assert.rejects(client().chat.completions.stream(ask).finalChatCompletion(), OpenAI.APIError);
    });

    it('embeds, in numbers and in base64, and lists models', async () => {
      const embeddings = await client().embeddings.create({ model: 'text-embedding-3-small', input: ['one', 'two'] });
      const numbers = await client().embeddings.create({
        model: 'text-embedding-3-small',
        input: ['one', 'two'],
        encoding_format: 'float',
      });
      assert.equal(embeddings.data.length, 2);
      embeddings.data[1]?.embedding.forEach((value, at) =>
        assert.ok(Math.abs(value - (numbers.data[1]?.embedding[at] ?? NaN)) < 1e-6),
      );
      assert.deepEqual(
        (await client().models.list()).data.map((model) => model.id),
        ['fake-large', 'fake-small'],
      );
      await assert.rejects(client().embeddings.create({ model: 'x', input: [] }), OpenAI.BadRequestError);
    });
  });
});
