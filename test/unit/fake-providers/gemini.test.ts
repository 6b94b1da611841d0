import assert from 'node:assert/strict';
import { ApiError, type Content, GoogleGenAI } from '@google/genai';
import { type FakeProvider, startFakeProvider } from '../../support/fake-providers/server.ts';
import { type BrokenRule, post, refuses } from './rules.ts';

const KEY = 'AIzaRightKey';
const HEADERS = { 'x-goog-api-key': KEY };
const SCHEMA = { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] };
const USER = { role: 'user', parts: [{ text: 'hello' }] };
const CALL = { functionCall: { name: 'lookup', args: { q: 'x' } }, thoughtSignature: 'skip_thought_signature_validator' };
const CALLED = { role: 'model', parts: [CALL] };
const RESULT = { functionResponse: { name: 'lookup', response: { output: 'found' } } };
const ANSWERED = { role: 'user', parts: [RESULT] };
const declare = (...functionDeclarations: object[]): Record<string, unknown> => ({
  contents: [USER],
  tools: [{ functionDeclarations }],
});
const withSchema = (parameters: unknown): Record<string, unknown> => declare({ name: 'lookup', parameters });
const withProperty = (schema: object): Record<string, unknown> => withSchema({ type: 'object', properties: { q: schema } });
const withContents = (...contents: object[]): Record<string, unknown> => ({
  ...declare({ name: 'lookup', parameters: SCHEMA }),
  contents,
});
const good = withContents(USER, CALLED, ANSWERED);

const RULES: readonly BrokenRule[] = [
  ['no contents', { contents: [] }, /contents is not specified/],
  ['an unknown field', { ...good, messages: [] }, /Unknown name "messages": Cannot find field/],
  ['an OpenAI role', withContents({ role: 'assistant', parts: [{ text: 'x' }] }), /valid role: user, model/],
  ['a conversation that the model begins', withContents({ role: 'model', parts: [{ text: 'x' }] }, USER), /start with a user turn/],
  ['two user turns in a row', withContents(USER, USER), /alternate between user and model/],
  ['a turn without parts', withContents({ role: 'user', parts: [] }), /parts must not be empty/],
  ['a part without data', withContents({ role: 'user', parts: [{}] }), /must have one initialized field/],
  ['a part of two kinds', withContents({ role: 'user', parts: [{ text: 'x', ...RESULT }] }), /oneof field 'data' is already set/],
  [
    'a call id beside the call',
    withContents(USER, { role: 'model', parts: [{ ...CALL, toolCallId: 'x' }] }, ANSWERED),
    /Unknown name "toolCallId"/,
  ],
  ['an unanswered call', withContents(USER, CALLED, USER), /number of function response parts is equal/],
  ['an answer to no call', withContents(ANSWERED), /immediately after a function call turn/],
  [
    'an answer under another name',
    withContents(USER, CALLED, { role: 'user', parts: [{ functionResponse: { name: 'other', response: {} } }] }),
    /function response "other"/,
  ],
  [
    'a tool answer as text',
    withContents(USER, CALLED, { role: 'user', parts: [{ functionResponse: { name: 'lookup', response: 'found' } }] }),
    /protobuf.Struct/,
  ],
  [
    'a call without a thought signature',
    withContents(USER, { role: 'model', parts: [{ functionCall: CALL.functionCall }] }, ANSWERED),
    /missing a thought_signature in functionCall parts/,
  ],
  [
    'a forged thought signature',
    withContents(USER, { role: 'model', parts: [{ ...CALL, thoughtSignature: 'forged' }] }, ANSWERED),
    /Corrupted thought signature/,
  ],
  [
    'additionalProperties',
    withSchema({ ...SCHEMA, additionalProperties: false }),
    /Unknown name "additionalProperties" at 'tools\[0\].function_declarations\[0\].parameters'/,
  ],
  ['$schema', withSchema({ ...SCHEMA, $schema: 'x' }), /Unknown name "\$schema"/],
  ['a deep $ref', withProperty({ $ref: '#/x' }), /Unknown name "\$ref" at '.*properties\[q\]'/],
  ['oneOf in items', withProperty({ type: 'array', items: { oneOf: [] } }), /Unknown name "oneOf"/],
  [
    'propertyNames, uniqueItems and their kind',
    withProperty({ type: 'array', items: { type: 'string' }, uniqueItems: true }),
    /Unknown name "uniqueItems"/,
  ],
  ['a list of types', withProperty({ type: ['string', 'null'] }), /cannot start list/],
  ['a numeric enum', withProperty({ type: 'string', enum: [1] }), /\(TYPE_STRING\), 1/],
  ['an enum of integers', withProperty({ type: 'integer', enum: ['1'] }), /only allowed for STRING type/],
  ['a foreign format', withProperty({ type: 'string', format: 'uri' }), /only 'enum' and 'date-time'/],
  ['an array without items', withProperty({ type: 'array' }), /items: missing field/],
  ['an object without properties', withSchema({ type: 'object', properties: {} }), /should be non-empty for OBJECT type/],
  ['required names that do not exist', withSchema({ ...SCHEMA, required: ['q', 'z'] }), /required\[1\]: property is not defined/],
  ['a tool name that begins with a digit', declare({ name: '1x' }), /Invalid function name/],
  ['a tool name over 64 characters', declare({ name: 'x'.repeat(65) }), /Invalid function name/],
  ['two tools of one name', declare({ name: 'x' }, { name: 'x' }), /Duplicate function declaration/],
  ['both kinds of schema', declare({ name: 'x', parameters: SCHEMA, parametersJsonSchema: SCHEMA }), /only one of parameters/],
  ['a foreign tool field', declare({ name: 'x', strict: true }), /Unknown name "strict"/],
  ['an OpenAI tool', { contents: [USER], tools: [{ type: 'function' }] }, /Unknown name "type" at 'tools\[0\]'/],
  [
    'an unknown calling mode',
    { ...good, toolConfig: { functionCallingConfig: { mode: 'REQUIRED' } } },
    /Invalid value at 'tool_config/,
  ],
  [
    'allowed names without ANY',
    { ...good, toolConfig: { functionCallingConfig: { allowedFunctionNames: ['lookup'] } } },
    /without function calling mode ANY/,
  ],
  ['an unknown setting', { ...good, generationConfig: { max_tokens: 1 } }, /Unknown name "max_tokens" at 'generation_config'/],
  [
    'a budget and a level at once',
    { ...good, generationConfig: { thinkingConfig: { thinkingBudget: 1, thinkingLevel: 'LOW' } } },
    /only one of thinking budget/,
  ],
  [
    'six stop sequences',
    { ...good, generationConfig: { stopSequences: ['a', 'b', 'c', 'd', 'e', 'f'] } },
    /too many stop sequences/,
  ],
];

describe('fake Gemini', () => {
  let fake: FakeProvider;
  before(async () => (fake = await startFakeProvider({ dialect: 'gemini', key: KEY })));
  after(() => fake.close());
  const send = (
    body: unknown,
    headers: Record<string, string> = HEADERS,
    model = 'gemini-3-pro-preview',
  ): ReturnType<typeof post> => post(fake, `/v1beta/models/${model}:generateContent`, headers, body);

  describe('rules', () => {
    refuses(send, () => good, RULES);

    it('asks for signatures only in the running turn, and only from Gemini 3', async () => {
      const unsigned = { role: 'model', parts: [{ functionCall: CALL.functionCall }] };
      const over = { role: 'model', parts: [{ text: 'found it' }] };
      assert.equal((await send(withContents(USER, unsigned, ANSWERED, over, USER))).status, 200);
      assert.equal((await send(withContents(USER, unsigned, ANSWERED), HEADERS, 'gemini-2.5-flash')).status, 200);
    });

    it('names the faulty field in a google.rpc detail', async () => {
      const { json } = await send(withSchema({ ...SCHEMA, $id: 'x' }));
      assert.equal(json.error.status, 'INVALID_ARGUMENT');
      assert.equal(json.error.details[0]['@type'], 'type.googleapis.com/google.rpc.BadRequest');
      assert.equal(json.error.details[0].fieldViolations[0].field, 'tools[0].function_declarations[0].parameters');
    });

    it('answers a wrong key with 400 and an echo, no key with 403, a bearer with 401', async () => {
      const wrong = await send(good, { 'x-goog-api-key': 'AIzaWrong' });
      assert.deepEqual([wrong.status, wrong.json.error.details[0].reason], [400, 'API_KEY_INVALID']);
      assert.match(wrong.json.error.message, /AIzaWrong/);
      assert.equal((await send(good, {})).status, 403);
      assert.equal((await send(good, { authorization: `Bearer ${KEY}` })).status, 401);
    });

    it('takes the key from the address, a slash in a model name, both spellings and free JSON schemas', async () => {
      const { status, json } = await post(
        fake,
        `/v1/models/gw/my-model:generateContent?key=${KEY}`,
        {},
        {
          contents: [USER],
          system_instruction: { parts: [{ text: 'be kind' }] },
          tools: [{ function_declarations: [{ name: 'x', parameters_json_schema: { $ref: '#/x' } }] }],
          generationConfig: { max_output_tokens: 5 },
        },
      );
      assert.equal(status, 200, JSON.stringify(json));
      assert.equal(json.modelVersion, 'gw/my-model');
    });
  });

  it('streams CRLF-ended data lines without event names, and a JSON array without alt=sse', async () => {
    const read = async (query: string): Promise<string> => {
      const url = `${fake.url}/v1beta/models/gemini-2.5-flash:streamGenerateContent${query}`;
      return (
        await fetch(url, {
          method: 'POST',
          headers: { ...HEADERS, 'content-type': 'application/json' },
          body: JSON.stringify({ contents: [USER] }),
        })
      ).text();
    };
    const sse = await read('?alt=sse');
    assert.ok(sse.startsWith('data: {') && sse.endsWith('}\r\n\r\n') && !sse.includes('event:'));
    const chunks = JSON.parse(await read('')) as { candidates: { finishReason?: string }[] }[];
    assert.equal(chunks.at(-1)?.candidates[0]?.finishReason, 'STOP');
  });

  describe('with the official SDK', () => {
    const client = (apiKey = KEY): GoogleGenAI => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: fake.url } });
    const tools = [{ functionDeclarations: [{ name: 'lookup', parametersJsonSchema: SCHEMA }, { name: 'clock' }] }];
    const ask = { model: 'gemini-3-pro-preview', contents: [USER] as Content[], config: { tools } };

    it('streams thoughts, text and parallel tool calls with a signature, and takes them back', async () => {
      fake.script({
        thinking: 'Let me think.',
        text: 'Zwölf Bäume 🌳',
        toolCalls: [{ name: 'lookup', args: { q: 'ä"\\n' } }, { name: 'clock' }],
        pieces: 9,
      });
      const parts: NonNullable<Content['parts']> = [];
      const stream = await client().models.generateContentStream({
        ...ask,
        config: { tools, thinkingConfig: { includeThoughts: true } },
      });
      for await (const chunk of stream) parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []));
      const join = (thought: boolean): string =>
        parts.flatMap((part) => ((part.thought ?? false) === thought && part.text !== undefined ? [part.text] : [])).join('');
      assert.deepEqual([join(true), join(false)], ['Let me think.', 'Zwölf Bäume 🌳']);
      const calls = parts.filter((part) => part.functionCall !== undefined);
      assert.deepEqual(
        calls.map((part) => [part.functionCall?.name, part.functionCall?.args]),
        [
          ['lookup', { q: 'ä"\\n' }],
          ['clock', {}],
        ],
      );
      const results: Content = {
        role: 'user',
        parts: calls.map((part) => ({ functionResponse: { name: part.functionCall?.name ?? '', response: { output: 'ok' } } })),
      };
      const next = await client().models.generateContent({ ...ask, contents: [USER, { role: 'model', parts: calls }, results] });
      assert.equal(next.candidates?.[0]?.finishReason, 'STOP');
      const stripped = calls.map(({ functionCall }) => (functionCall === undefined ? {} : { functionCall }));
      await assert.rejects(
        client().models.generateContent({ ...ask, contents: [USER, { role: 'model', parts: stripped }, results] }),
        /thought_signature/,
      );
    });

    it('signs a call even where no thought is scripted, for Gemini 3 asks for it', async () => {
      fake.script({ toolCalls: [{ name: 'lookup', args: { q: 'x' } }] });
      const { candidates } = await client().models.generateContent(ask);
      assert.ok((candidates?.[0]?.content?.parts?.[0]?.thoughtSignature ?? '').length > 20);
    });

    it("gives scripted usage in the vendor's way: cached inside the prompt, thoughts beside the candidates", async () => {
      fake.script({ usage: { input: 7, cacheRead: 100, output: 11, reasoningWithinOutput: 4 } });
      const { usageMetadata: usage } = await client().models.generateContent(ask);
      assert.deepEqual(
        [
          usage?.promptTokenCount,
          usage?.cachedContentTokenCount,
          usage?.candidatesTokenCount,
          usage?.thoughtsTokenCount,
          usage?.totalTokenCount,
        ],
        [107, 100, 7, 4, 118],
      );
    });

    it('raises the typed errors', async () => {
      const rejects = (call: Promise<unknown>, status: number, says: RegExp): Promise<void> =>
        assert.rejects(call, (error) => error instanceof ApiError && error.status === status && says.test(error.message));
      await rejects(client('AIzaWrong').models.generateContent(ask), 400, /API_KEY_INVALID/);
      fake.script({ error: { status: 429 } }, { errorEvent: { status: 503 }, afterEvents: 1 });
      await rejects(client().models.generateContent(ask), 429, /RetryInfo/);
      const stream = await client().models.generateContentStream(ask);
      await rejects(
        (async () => {
          for await (const _ of stream);
        })(),
        503,
        /UNAVAILABLE/,
      );
    });

    it('counts tokens, embeds and lists models', async () => {
      assert.ok(((await client().models.countTokens({ model: ask.model, contents: 'hello there' })).totalTokens ?? 0) > 0);
      assert.equal(
        (await client().models.embedContent({ model: 'gemini-embedding-001', contents: ['a', 'b'] })).embeddings?.length,
        2,
      );
      const names: unknown[] = [];
      for await (const model of await client().models.list()) names.push(model.name);
      assert.deepEqual(names, ['models/fake-large', 'models/fake-small']);
    });
  });
});
