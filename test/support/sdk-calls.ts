import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { ApiError, GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';

/** What an SDK throws. */
export interface Failure {
  readonly status: number;
  readonly message: string;
  readonly headers: Headers | undefined;
  readonly name: string;
}

/** One call of each SDK, whole or streamed, without retries: what it throws. */
export const CALLS: Readonly<Record<string, (url: string, token: string, stream: boolean) => Promise<unknown>>> = {
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

export async function failureOf(call: Promise<unknown>): Promise<Failure> {
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

/** That the SDK threw the class that it has for this status. */
export function expectClass(sdk: string, failure: Failure, status: number): void {
  assert.equal(failure.status, status, failure.message);
  const overloaded = sdk === 'anthropic' && status === 529;
  assert.equal(failure.name, sdk === 'genai' ? ApiError.name : overloaded ? 'OverloadedError' : CLASS[status]);
}
