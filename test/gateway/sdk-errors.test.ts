import assert from 'node:assert/strict';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { APICallError, generateText, type LanguageModel } from 'ai';
import { describe, it } from 'mocha';
import OpenAI from 'openai';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { KEY, startGateway, type TestGateway, TOKEN } from '../support/gateway.ts';
import { CALLS, expectClass, failureOf } from '../support/sdk-calls.ts';

describe('errors as the official SDKs see them', () => {
  let fake: FakeProvider;
  let gateway: TestGateway;
  beforeEach(async () => {
    fake = await startFakeProvider({ key: KEY });
    gateway = await startGateway({ provider: fake.url });
  });
  afterEach(async () => {
    await gateway.close();
    await fake.close();
  });

  for (const [sdk, call] of Object.entries(CALLS)) {
    it(`${sdk}: a provider's refusals keep their status, words and hints, cost nothing, and are booked`, async () => {
      const headers = { 'retry-after': '7', 'x-should-retry': 'true' };
      for (const status of [400, 401, 429, 500, 529]) {
        for (const stream of [false, true]) {
          // Each on a gateway of its own: after some of these the next request would not be sent.
          await gateway.close();
          gateway = await startGateway({ provider: fake.url });
          fake.script({ error: { status, message: `words of ${status}`, headers } });
          const failure = await failureOf(call(gateway.url, TOKEN, stream));
          expectClass(sdk, failure, status);
          assert.match(failure.message, new RegExp(`words of ${status}`));
          if (sdk !== 'genai') assert.equal(failure.headers?.get('retry-after'), '7');
          // Nobody gets through with a key that was refused, whatever its provider says.
          if (sdk !== 'genai') assert.equal(failure.headers?.get('x-should-retry'), status === 401 ? 'false' : 'true');
          const row = await gateway.row();
          assert.deepEqual(
            [row.settled, row.status, row.costNano, row.estimated, row.error],
            ['error', status, 0, false, `upstream-${status}`],
          );
        }
      }
    });

    it(`${sdk}: the gateway's own errors are of the class that fits`, async () => {
      expectClass(sdk, await failureOf(call(gateway.url, 'gh-wrong-token', false)), 401);
      const dead = await startFakeProvider({ key: KEY });
      await dead.close();
      const other = await startGateway({ provider: dead.url });
      try {
        for (const stream of [false, true]) {
          const failure = await failureOf(call(other.url, TOKEN, stream));
          expectClass(sdk, failure, 502);
          assert.match(failure.message, /Nothing answers at 127\.0\.0\.1/);
        }
        for (const row of await other.rows(2)) {
          assert.deepEqual(
            [row.settled, row.status, row.costNano, row.estimated],
            ['error', 502, 0, false],
            'nobody worked, nobody is paid',
          );
        }
      } finally {
        await other.close();
      }
      assert.equal(fake.requests.length, 0);
    });

    it(`${sdk}: a stream that the provider cuts is an error, never an answer`, async () => {
      fake.script({ cut: 'reset', afterEvents: 3 }, { cut: 'eof', afterEvents: 3 });
      for (let n = 0; n < 2; n++) await assert.rejects(call(gateway.url, TOKEN, true));
      for (const row of await gateway.rows(2)) assert.deepEqual([row.settled, row.estimated], ['truncated', true]);
    });
  }

  it('openai repeats a 429 once the wait is over, and obeys the gateway when it says that repeating is useless', async () => {
    fake.script({ error: { status: 429, headers: { 'retry-after-ms': '20' } } }, { text: 'second time' });
    const client = new OpenAI({ apiKey: TOKEN, baseURL: `${gateway.url}/v1`, maxRetries: 2 });
    const ask = (model: string) => client.chat.completions.create({ model, messages: [{ role: 'user', content: 'x' }] });
    assert.equal((await ask('gpt-4.1')).choices[0]?.message.content, 'second time');
    assert.equal(fake.requests.length, 2);
    const impatient = new OpenAI({ apiKey: 'gh-wrong', baseURL: `${gateway.url}/v1`, maxRetries: 2 });
    const started = performance.now();
    await assert.rejects(impatient.models.list());
    assert.ok(performance.now() - started < 400, 'x-should-retry: false was not obeyed');
  });

  const aiModels: Readonly<Record<string, () => LanguageModel>> = {
    '@ai-sdk/anthropic': () => createAnthropic({ apiKey: TOKEN, baseURL: `${gateway.url}/v1` })('claude-opus-5-5'),
    '@ai-sdk/openai': () => createOpenAI({ apiKey: TOKEN, baseURL: `${gateway.url}/v1` })('gpt-5.5'),
    '@ai-sdk/google': () => createGoogle({ apiKey: TOKEN, baseURL: `${gateway.url}/v1beta` })('gemini-3-pro'),
  };
  for (const [name, model] of Object.entries(aiModels)) {
    it(`${name} parses the error body and knows what may be repeated`, async () => {
      for (const [status, retryable] of [
        [400, false],
        [401, false],
        [429, true],
        [500, true],
      ] as const) {
        await gateway.close();
        gateway = await startGateway({ provider: fake.url });
        fake.script({ error: { status, message: `words of ${status}` } });
        const error = await generateText({ model: model(), prompt: 'x', maxRetries: 0 }).catch((thrown: unknown) => thrown);
        assert.ok(APICallError.isInstance(error));
        assert.deepEqual([error.statusCode, error.isRetryable, error.message], [status, retryable, `words of ${status}`]);
      }
    });
  }
});
