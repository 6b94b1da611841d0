import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { GoogleGenAI } from '@google/genai';
import { generateText, jsonSchema, type LanguageModel, stepCountIs, streamText, tool } from 'ai';
import { describe, it } from 'mocha';
import OpenAI from 'openai';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { toolLoop } from '../support/fake-providers/tool-loop.ts';
import { KEY, startGateway, type TestGateway, TOKEN, USED, USED_NANO } from '../support/gateway.ts';

const SCHEMA = { type: 'object', properties: { q: { type: 'string' } }, required: ['q'], additionalProperties: false } as const;

describe('official SDKs through the gateway', () => {
  let fake: FakeProvider;
  let gateway: TestGateway;
  beforeEach(async () => {
    const loop = toolLoop({ tool: 'lookup', args: { q: 'ä' }, final: 'All done.' });
    fake = await startFakeProvider({ key: KEY, script: (request) => ({ usage: USED, ...loop(request) }) });
    gateway = await startGateway({ provider: fake.url });
  });
  afterEach(async () => {
    await gateway.close();
    await fake.close();
  });

  /** Every request of the SDK reached the provider unrefused and was booked to the token and the nano-dollar. */
  async function booked(count: number): Promise<void> {
    const rows = await gateway.rows(count);
    assert.equal(fake.requests.length, count);
    for (const { refusal } of fake.requests) assert.equal(refusal, undefined);
    for (const row of rows) {
      const { input, cacheRead, output, source } = row.usage;
      assert.deepEqual({ input, cacheRead, output }, USED);
      assert.deepEqual(
        [row.settled, row.status, row.costNano, row.estimated, source, row.attempts, row.agent, row.key, row.error],
        ['done', 200, USED_NANO, false, 'reported', 1, 'tester', 'fake/key', undefined],
      );
    }
  }

  describe('openai', () => {
    const client = () => new OpenAI({ apiKey: TOKEN, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
    const tools = [{ type: 'function' as const, function: { name: 'lookup', parameters: SCHEMA } }];
    const messages = [{ role: 'user' as const, content: 'hello' }];

    it('chat, whole and as a stream that nobody asked to carry usage', async () => {
      const whole = await client().chat.completions.create({ model: 'gpt-4.1', messages });
      assert.equal(whole.choices[0]?.message.content, 'All done.');
      let text = '';
      for await (const chunk of await client().chat.completions.create({ model: 'gpt-4.1', stream: true, messages })) {
        assert.ok(chunk.choices.length > 0 && !chunk.usage, 'the usage that the gateway asked for is not for the agent');
        text += chunk.choices[0]?.delta.content ?? '';
      }
      assert.equal(text, 'All done.');
      await booked(2);
    });

    it('chat with a tool, whole and streamed', async () => {
      const whole = await client().chat.completions.create({ model: 'gpt-4.1', messages, tools });
      const [call] = whole.choices[0]?.message.tool_calls ?? [];
      assert.deepEqual(call?.type === 'function' && JSON.parse(call.function.arguments), { q: 'ä' });
      const streamed = await client().chat.completions.stream({ model: 'gpt-4.1', messages, tools }).finalChatCompletion();
      const [again] = streamed.choices[0]?.message.tool_calls ?? [];
      assert.deepEqual(again?.type === 'function' && JSON.parse(again.function.arguments), { q: 'ä' });
      await booked(2);
    });

    it('responses, whole, streamed and with a tool', async () => {
      assert.equal((await client().responses.create({ model: 'gpt-5.5', input: 'hello' })).output_text, 'All done.');
      const final = await client().responses.stream({ model: 'gpt-5.5', input: 'hello' }).finalResponse();
      assert.equal(final.output_text, 'All done.');
      const lookup = { type: 'function' as const, name: 'lookup', parameters: SCHEMA, strict: true };
      const called = await client()
        .responses.stream({ model: 'gpt-5.5', input: 'hello', tools: [lookup] })
        .finalResponse();
      const call = called.output.find((item) => item.type === 'function_call');
      assert.deepEqual(JSON.parse(call?.arguments ?? ''), { q: 'ä' });
      await booked(3);
    });
  });

  it('@anthropic-ai/sdk: whole, streamed and with a tool', async () => {
    const client = new Anthropic({ apiKey: TOKEN, baseURL: gateway.url, maxRetries: 0 });
    const base = { model: 'claude-opus-5-5', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hello' }] };
    const tools = [{ name: 'lookup', input_schema: SCHEMA as never }];
    const whole = await client.messages.create(base);
    assert.deepEqual(
      whole.content.map((block) => block.type === 'text' && block.text),
      ['All done.'],
    );
    assert.equal(await client.messages.stream(base).finalText(), 'All done.');
    for (const message of [
      await client.messages.create({ ...base, tools }),
      await client.messages.stream({ ...base, tools }).finalMessage(),
    ]) {
      const call = message.content.find((block) => block.type === 'tool_use');
      assert.deepEqual(call?.input, { q: 'ä' });
    }
    await booked(4);
  });

  it('@google/genai: whole, streamed and with a tool', async () => {
    const client = new GoogleGenAI({ apiKey: TOKEN, httpOptions: { baseUrl: gateway.url } });
    const model = 'gemini-3-pro';
    assert.equal((await client.models.generateContent({ model, contents: 'hello' })).text, 'All done.');
    let text = '';
    for await (const chunk of await client.models.generateContentStream({ model, contents: 'hello' })) text += chunk.text ?? '';
    assert.equal(text, 'All done.');
    const config = { tools: [{ functionDeclarations: [{ name: 'lookup', parametersJsonSchema: SCHEMA }] }] };
    const called = await client.models.generateContent({ model, contents: 'hello', config });
    assert.deepEqual(called.functionCalls?.[0]?.args, { q: 'ä' });
    let args: unknown;
    for await (const chunk of await client.models.generateContentStream({ model, contents: 'hello', config })) {
      args ??= chunk.functionCalls?.[0]?.args;
    }
    assert.deepEqual(args, { q: 'ä' });
    await booked(4);
  });

  const models: Readonly<Record<string, () => LanguageModel>> = {
    '@ai-sdk/anthropic': () => createAnthropic({ apiKey: TOKEN, baseURL: `${gateway.url}/v1` })('claude-opus-5-5'),
    '@ai-sdk/openai chat': () => createOpenAI({ apiKey: TOKEN, baseURL: `${gateway.url}/v1` }).chat('gpt-4.1'),
    '@ai-sdk/openai responses': () => createOpenAI({ apiKey: TOKEN, baseURL: `${gateway.url}/v1` })('gpt-5.5'),
    '@ai-sdk/openai-compatible': () =>
      createOpenAICompatible({ name: 'g', apiKey: TOKEN, baseURL: `${gateway.url}/v1` })('some-model'),
    '@ai-sdk/google': () => createGoogle({ apiKey: TOKEN, baseURL: `${gateway.url}/v1beta` })('gemini-3-pro-preview'),
  };
  for (const [name, model] of Object.entries(models)) {
    it(`ai with ${name}: whole, and a streamed tool loop of two calls`, async () => {
      const whole = await generateText({ model: model(), prompt: 'go', maxRetries: 0 });
      assert.equal(whole.text, 'All done.');
      const asked: unknown[] = [];
      const result = streamText({
        model: model(),
        prompt: 'go',
        maxRetries: 0,
        stopWhen: stepCountIs(3),
        onError: ({ error }) => {
          throw error;
        },
        tools: {
          lookup: tool({
            inputSchema: jsonSchema<{ q: string }>(SCHEMA as never),
            execute: (input) => {
              asked.push(input);
              return 'found';
            },
          }),
        },
      });
      assert.equal(await result.text, 'All done.');
      assert.deepEqual(asked, [{ q: 'ä' }]);
      await booked(3);
    });
  }
});
