import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { ApiError, GoogleGenAI } from '@google/genai';
import { APICallError, generateText, type LanguageModel } from 'ai';
import { describe, it } from 'mocha';
import OpenAI from 'openai';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { KEY, startGateway, type TestGateway, TOKEN } from '../support/gateway.ts';

interface Failure {
  readonly status: number;
  readonly message: string;
  readonly headers: Headers | undefined;
  readonly name: string;
}

/** One call of each SDK, whole or streamed, without retries: what it throws. */
const CALLS: Readonly<Record<string, (url: string, token: string, stream: boolean) => Promise<unknown>>> = {
  'openai chat': (url, token, stream) =>
    new OpenAI({ apiKey: token, baseURL: `${url}/v1`, maxRetries: 0 }).chat.completions
      .create({ model: 'gpt-4.1', stream, messages: [{ role: 'user', content: 'x' }] })
      .then(drain),
  'openai responses': (url, token, stream) =>
    new OpenAI({ apiKey: token, baseURL: `${url}/v1`, maxRetries: 0 }).responses
      .create({ model: 'gpt-5.5', stream, input: 'x' })
      .then(drain),
  anthropic: (url, token, stream) =>
    new Anthropic({ apiKey: token, baseURL: url, maxRetries: 0 }).messages
      .create({ model: 'claude-opus-5-5', stream, max_tokens: 9, messages: [{ role: 'user', content: 'x' }] })
      .then(drain),
  genai: async (url, token, stream) => {
    const { models } = new GoogleGenAI({ apiKey: token, httpOptions: { baseUrl: url } });
    const request = { model: 'gemini-3-pro', contents: 'x' };
    await drain(stream ? await models.generateContentStream(request) : await models.generateContent(request));
  },
};

async function drain(answer: object): Promise<void> {
  if (!(Symbol.asyncIterator in answer)) return;
  for await (const event of answer as AsyncIterable<{ type?: string }>) {
    // The one SDK that hands a failure over as an event instead of throwing it.
    if (event.type === 'response.failed') throw new Error('response.failed');
  }
}

async function failureOf(call: Promise<unknown>): Promise<Failure> {
  try {
    await call;
  } catch (error) {
    const { status, message, headers } = error as Failure;
    return { status, message, headers, name: (error as Error).constructor.name };
  }
  return assert.fail('the call should have failed');
}

const CLASS: Readonly<Record<number, string>> = {
  400: 'BadRequestError',
  401: 'AuthenticationError',
  404: 'NotFoundError',
  429: 'RateLimitError',
  500: 'InternalServerError',
  501: 'InternalServerError',
  502: 'InternalServerError',
  529: 'InternalServerError',
};

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
    const expectClass = (failure: Failure, status: number): void => {
      assert.equal(failure.status, status);
      const overloaded = sdk === 'anthropic' && status === 529;
      assert.equal(failure.name, sdk === 'genai' ? ApiError.name : overloaded ? 'OverloadedError' : CLASS[status]);
    };

    it(`${sdk}: a provider's refusals keep their status, words and hints, cost nothing, and are booked`, async () => {
      const headers = { 'retry-after': '7', 'x-should-retry': 'true' };
      for (const status of [400, 401, 429, 500, 529]) {
        for (const stream of [false, true]) {
          fake.script({ error: { status, message: `words of ${status}`, headers } });
          const failure = await failureOf(call(gateway.url, TOKEN, stream));
          expectClass(failure, status);
          assert.match(failure.message, new RegExp(`words of ${status}`));
          if (sdk !== 'genai') assert.equal(failure.headers?.get('retry-after'), '7');
          if (sdk !== 'genai') assert.equal(failure.headers?.get('x-should-retry'), 'true');
        }
      }
      const rows = await gateway.rows(10);
      assert.deepEqual(
        rows.map((row) => [row.settled, row.status, row.costNano, row.estimated, row.error]),
        [400, 401, 429, 500, 529].flatMap((status) => [1, 2].map(() => ['error', status, 0, false, `upstream-${status}`])),
      );
    });

    it(`${sdk}: the gateway's own errors are of the class that fits`, async () => {
      expectClass(await failureOf(call(gateway.url, 'gh-wrong-token', false)), 401);
      const dead = await startFakeProvider({ key: KEY });
      await dead.close();
      const other = await startGateway({ provider: dead.url });
      try {
        for (const stream of [false, true]) {
          const failure = await failureOf(call(other.url, TOKEN, stream));
          expectClass(failure, 502);
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
        fake.script({ error: { status, message: `words of ${status}` } });
        const error = await generateText({ model: model(), prompt: 'x', maxRetries: 0 }).catch((thrown: unknown) => thrown);
        assert.ok(APICallError.isInstance(error));
        assert.deepEqual([error.statusCode, error.isRetryable, error.message], [status, retryable, `words of ${status}`]);
      }
    });
  }
});
