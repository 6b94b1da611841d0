import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { type FakeProvider, startFakeProvider } from '../../support/fake-providers/server.ts';
import { type BrokenRule, post, refuses } from './rules.ts';

const KEY = 'sk-proj-right-key';
const HEADERS = { authorization: `Bearer ${KEY}` };
const TOOL = {
  type: 'function',
  name: 'lookup',
  strict: false,
  parameters: { type: 'object', properties: { q: { type: 'string' } } },
} as const;
const USER = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hello' }] } as const;
const CALL = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'lookup', arguments: '{}' };
const OUTPUT = { type: 'function_call_output', call_id: 'call_1', output: 'found' };
const base = { model: 'gpt-5.5', input: [USER], tools: [TOOL] };
const withInput = (...input: unknown[]): Record<string, unknown> => ({ ...base, input });

const RULES: readonly BrokenRule[] = [
  ['no model', { ...base, model: undefined }, /Missing required parameter: 'model'/],
  ['no input', { ...base, input: undefined }, /Missing required parameter: 'input'/],
  ['messages instead of input', { ...base, messages: [] }, /Unknown parameter: 'messages'/],
  ["chat's name for the maximum", { ...base, max_tokens: 10 }, /has moved to 'max_output_tokens'/],
  ["chat's response_format", { ...base, response_format: {} }, /has moved to 'text.format'/],
  [
    "chat's include_usage",
    { ...base, stream: true, stream_options: { include_usage: true } },
    /Unknown parameter: 'stream_options.include_usage'/,
  ],
  ['a maximum under 16', { ...base, max_output_tokens: 5 }, /integer below minimum value. Expected a value >= 16/],
  ['temperature for a reasoning model', { ...base, temperature: 0.2 }, /'temperature' is not supported with this model/],
  ['effort for a plain model', { ...base, model: 'gpt-4.1', reasoning: { effort: 'low' } }, /'reasoning.effort' is not supported/],
  ['an item of unknown type', withInput({ type: 'tool_use' }), /Invalid value: 'tool_use'/],
  ['an unknown role', withInput({ role: 'tool', content: 'x' }), /Invalid value: 'tool'/],
  [
    "the user's text as output",
    withInput({ role: 'user', content: [{ type: 'output_text', text: 'x' }] }),
    /Invalid value: 'output_text'/,
  ],
  [
    "the assistant's text as input",
    withInput(USER, { role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }),
    /Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'/,
  ],
  ["chat's text part", withInput({ role: 'user', content: [{ type: 'text', text: 'x' }] }), /Invalid value: 'text'/],
  [
    'a cache mark on a part',
    withInput({ role: 'user', content: [{ type: 'input_text', text: 'x', cache_control: {} }] }),
    /Unknown parameter: 'input\[0\].content\[0\].cache_control'/,
  ],
  ['an output without its call', withInput(USER, OUTPUT), /No tool call found for function call output with call_id call_1/],
  ['a call without its output', withInput(USER, CALL), /No tool output found for function call call_1/],
  [
    'a custom output without its call',
    withInput(USER, { ...OUTPUT, type: 'custom_tool_call_output' }),
    /No tool call found for custom tool call output/,
  ],
  ['arguments as an object', withInput(USER, { ...CALL, arguments: {} }, OUTPUT), /Invalid type for 'input\[1\].arguments'/],
  [
    'a call without call_id',
    withInput(USER, { ...CALL, call_id: undefined }, OUTPUT),
    /Missing required parameter: 'input\[1\].call_id'/,
  ],
  [
    'a call_id over 64 characters',
    withInput(USER, { ...CALL, call_id: 'x'.repeat(65) }, { ...OUTPUT, call_id: 'x'.repeat(65) }),
    /maximum length 64/,
  ],
  ['an item id of the wrong kind', withInput(USER, { ...CALL, id: 'toolu_1' }, OUTPUT), /Expected an ID that begins with 'fc'/],
  [
    'forged encrypted reasoning',
    withInput(USER, { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAAforged' }, CALL, OUTPUT),
    /encrypted content gAAA...rged could not be verified/,
  ],
  [
    'reasoning without a summary',
    withInput(USER, { type: 'reasoning', id: 'rs_1' }, CALL, OUTPUT),
    /Missing required parameter: 'input\[1\].summary'/,
  ],
  [
    'reasoning that was never stored',
    withInput(USER, { type: 'reasoning', id: 'rs_1', summary: [] }, CALL, OUTPUT),
    /Item with id 'rs_1' not found/,
    404,
  ],
  ['an unknown previous response', { ...base, previous_response_id: 'resp_0' }, /Previous response with id 'resp_0' not found/],
  [
    "a tool in chat's shape",
    { ...base, tools: [{ type: 'function', function: { name: 'lookup' } }] },
    /Missing required parameter: 'tools\[0\].name'/,
  ],
  ['a tool of unknown type', { ...base, tools: [{ type: 'bash_20250124', name: 'bash' }] }, /Invalid value: 'bash_20250124'/],
  ['a forced choice without tools', { ...base, tools: [], tool_choice: 'required' }, /must be specified with 'tools'/],
];

describe('fake OpenAI Responses', () => {
  let fake: FakeProvider;
  before(async () => (fake = await startFakeProvider({ dialect: 'openai-responses', key: KEY })));
  after(() => fake.close());
  const send = (body: unknown, headers: Record<string, string> = HEADERS): ReturnType<typeof post> =>
    post(fake, '/v1/responses', headers, body);

  describe('rules', () => {
    refuses(send, () => withInput({ role: 'developer', content: 'be kind' }, USER, CALL, OUTPUT), RULES);

    it('echoes a wrong key, as a redaction must be able to catch', async () => {
      assert.match((await send(base, { authorization: 'Bearer sk-wrong' })).json.error.message, /sk-wrong/);
    });

    it('takes what Codex sends: custom, namespace, search and lite tools', async () => {
      const exec = { type: 'custom', name: 'exec', format: { type: 'grammar', syntax: 'lark', definition: 'start: /.+/' } };
      const codex = {
        ...withInput(
          { type: 'additional_tools', role: 'developer', tools: [{ type: 'namespace', name: 'functions', tools: [exec] }] },
          { ...USER, id: 'msg_1' },
        ),
        tools: [
          TOOL,
          exec,
          { type: 'tool_search', execution: 'client', description: 'd', parameters: {} },
          { type: 'web_search', external_web_access: true },
        ],
        store: false,
        include: ['reasoning.encrypted_content'],
        prompt_cache_key: 'thread',
        client_metadata: {},
        reasoning: { effort: 'low' },
        text: { verbosity: 'low' },
      };
      const { status, json } = await send(codex);
      assert.equal(status, 200, JSON.stringify(json));
    });
  });

  it('numbers every event and names every item, from response.created to response.completed', async () => {
    fake.script({
      thinking: 'hm',
      text: 'hello there',
      toolCalls: [{ name: 'lookup' }, { name: 'exec', custom: true, namespace: 'functions', args: 'ls' }],
    });
    const body = JSON.stringify({ ...base, stream: true });
    const response = await fetch(`${fake.url}/v1/responses`, {
      method: 'POST',
      headers: { ...HEADERS, 'content-type': 'application/json' },
      body,
    });
    const events = (await response.text())
      .trim()
      .split('\n\n')
      .map((event) => {
        const [name = '', data = ''] = event.split('\n');
        const parsed = JSON.parse(data.slice(6)) as Record<string, any>;
        assert.equal(name, `event: ${parsed['type']}`);
        return parsed;
      });
    assert.deepEqual(
      events.map((event) => event['sequence_number']),
      events.map((_, at) => at),
    );
    assert.deepEqual(
      events.slice(0, 2).map((event) => event['type']),
      ['response.created', 'response.in_progress'],
    );
    const last = events.at(-1);
    assert.equal(last?.['type'], 'response.completed');
    assert.deepEqual(
      last?.['response'].output.map((item: any) => item.type),
      ['reasoning', 'message', 'function_call', 'custom_tool_call'],
    );
    const added = events.filter((event) => event['type'] === 'response.output_item.added');
    const done = events.filter((event) => event['type'] === 'response.output_item.done');
    assert.deepEqual(
      added.map((event) => [event['output_index'], event['item'].id]),
      done.map((event) => [event['output_index'], event['item'].id]),
    );
    assert.deepEqual(
      done.map((event) => event['item']),
      last?.['response'].output,
    );
    assert.equal(last?.['response'].output[0].encrypted_content, undefined, 'nobody asked for encrypted reasoning');
  });

  describe('with the official SDK', () => {
    const client = (apiKey = KEY): OpenAI => new OpenAI({ apiKey, baseURL: `${fake.url}/v1`, maxRetries: 0 });
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'hello' }];
    const tools: OpenAI.Responses.Tool[] = [TOOL];
    const ask = { model: 'gpt-5.5', input, tools };
    const outputsOf = (response: OpenAI.Responses.Response): OpenAI.Responses.ResponseInput =>
      response.output.flatMap((item) =>
        item.type === 'function_call' ? [{ type: 'function_call_output' as const, call_id: item.call_id, output: 'ok' }] : [],
      );

    it('streams encrypted reasoning, text and parallel tool calls, and takes them back', async () => {
      fake.script({
        thinking: 'Let me think.',
        text: 'Zwölf Bäume 🌳',
        toolCalls: [{ name: 'lookup', args: { q: 'ä"\\n' } }, { name: 'lookup' }],
        pieces: 9,
      });
      const sealed = { ...ask, store: false, include: ['reasoning.encrypted_content' as const] };
      const response = await client().responses.stream(sealed).finalResponse();
      assert.equal(response.output_text, 'Zwölf Bäume 🌳');
      const [reasoning] = response.output;
      assert.equal(reasoning?.type === 'reasoning' && reasoning.summary[0]?.text, 'Let me think.');
      assert.deepEqual(
        response.output.flatMap((item) => (item.type === 'function_call' ? [JSON.parse(item.arguments)] : [])),
        [{ q: 'ä"\\n' }, {}],
      );
      const history = [...input, ...(response.output as OpenAI.Responses.ResponseInput), ...outputsOf(response)];
      assert.equal((await client().responses.create({ ...sealed, input: history })).status, 'completed');
      const changed = JSON.parse(
        JSON.stringify(history).replace(/"encrypted_content":"./, '"encrypted_content":"_'),
      ) as OpenAI.Responses.ResponseInput;
      await assert.rejects(client().responses.create({ ...sealed, input: changed }), /could not be verified/);
    });

    it('goes on from a stored response, and not from one that was not stored', async () => {
      fake.script({ thinking: 'hm', toolCalls: [{ name: 'lookup' }] }, {}, { toolCalls: [{ name: 'lookup' }] });
      const first = await client().responses.create(ask);
      await assert.rejects(
        client().responses.create({ ...ask, previous_response_id: first.id, input: 'on' }),
        /No tool output found/,
      );
      const bare = first.output.filter((item) => item.type === 'function_call') as OpenAI.Responses.ResponseInput;
      await assert.rejects(
        client().responses.create({ ...ask, input: [...ask.input, ...bare, ...outputsOf(first)] }),
        /without its required 'reasoning' item/,
      );
      await client().responses.create({ ...ask, previous_response_id: first.id, input: outputsOf(first) });
      const unstored = await client().responses.create({ ...ask, store: false });
      await assert.rejects(
        client().responses.create({ ...ask, previous_response_id: unstored.id, input: outputsOf(unstored) }),
        /Previous response/,
      );
    });

    it('gives scripted usage and an incomplete end', async () => {
      fake.script({ usage: { input: 7, cacheRead: 100, output: 11, reasoningWithinOutput: 4 }, stop: 'max-tokens' });
      const { usage, status, incomplete_details: why } = await client().responses.stream(ask).finalResponse();
      assert.deepEqual(
        [
          usage?.input_tokens,
          usage?.input_tokens_details.cached_tokens,
          usage?.output_tokens_details.reasoning_tokens,
          usage?.total_tokens,
        ],
        [107, 100, 4, 118],
      );
      assert.deepEqual([status, why?.reason], ['incomplete', 'max_output_tokens']);
    });

    it('raises the typed errors', async () => {
      await assert.rejects(client('sk-wrong').responses.create(ask), OpenAI.AuthenticationError);
      await assert.rejects(client().responses.create({ ...ask, max_output_tokens: 1 }), OpenAI.BadRequestError);
      fake.script({ error: { status: 429 } }, { errorEvent: { status: 429, message: 'slow down' }, afterEvents: 3 });
      await assert.rejects(client().responses.create(ask), OpenAI.RateLimitError);
      await assert.rejects(
        client().responses.stream(ask).finalResponse(),
        (error) => error instanceof OpenAI.APIError && error.code === 'rate_limit_exceeded',
      );
    });

    it('counts input tokens', async () => {
      assert.ok((await client().responses.inputTokens.count({ model: 'gpt-5.5', input: 'hello there' })).input_tokens > 0);
    });
  });
});
