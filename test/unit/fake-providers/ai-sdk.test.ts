import assert from 'node:assert/strict';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { jsonSchema, type LanguageModel, stepCountIs, streamText, tool } from 'ai';
import { type FakeProvider, startFakeProvider } from '../../support/fake-providers/server.ts';
import { toolLoop } from '../../support/fake-providers/tool-loop.ts';

const KEY = 'fake-key';

describe('fake providers under the AI SDK, whose readers stop at an event they do not know', () => {
  let fake: FakeProvider;
  before(async () => {
    const loop = toolLoop({ tool: 'lookup', args: { q: 'ä' }, final: 'All done.' });
    fake = await startFakeProvider({ key: KEY, script: (request) => ({ thinking: 'hm', ...loop(request) }) });
  });
  after(() => fake.close());

  const models: Readonly<Record<string, () => LanguageModel>> = {
    anthropic: () => createAnthropic({ apiKey: KEY, baseURL: `${fake.url}/v1` })('claude-opus-5-5'),
    'openai chat': () => createOpenAI({ apiKey: KEY, baseURL: `${fake.url}/v1` }).chat('gpt-4.1'),
    'openai responses': () => createOpenAI({ apiKey: KEY, baseURL: `${fake.url}/v1` })('gpt-5.5'),
    'openai-compatible': () => createOpenAICompatible({ name: 'fake', apiKey: KEY, baseURL: `${fake.url}/v1` })('m'),
    google: () => createGoogle({ apiKey: KEY, baseURL: `${fake.url}/v1beta` })('gemini-3-pro-preview'),
  };

  for (const [name, model] of Object.entries(models)) {
    it(`runs a tool loop: ${name}`, async () => {
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
            inputSchema: jsonSchema<{ q: string }>({
              type: 'object',
              properties: { q: { type: 'string' } },
              required: ['q'],
              additionalProperties: false,
            }),
            execute: (input) => {
              asked.push(input);
              return 'found';
            },
          }),
        },
      });
      assert.equal(await result.text, 'All done.');
      assert.deepEqual(asked, [{ q: 'ä' }]);
    });
  }
});
