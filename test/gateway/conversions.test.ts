import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { describe, it } from 'mocha';
import OpenAI from 'openai';
import { tagOf } from '../../src/core/ir/carry.ts';
import type { DialectId } from '../../src/core/ir/dialect.ts';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import { jsonOf, KEY, send, startGateway, type TestGateway, TOKEN } from '../support/gateway.ts';

describe('token counts, embeddings and completions between forms', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function start(to: DialectId): Promise<{ fake: FakeProvider; gateway: TestGateway }> {
    const fake = await startFakeProvider({ key: KEY, dialect: to });
    const gateway = await startGateway({ provider: fake.url, dialects: [to], agent: { model: 'fake/some-model' } });
    closing.push(
      () => fake.close(),
      () => gateway.close(),
    );
    return { fake, gateway };
  }

  const headers = { 'x-api-key': TOKEN, 'anthropic-version': '2023-06-01' };
  const question = { model: 'claude-opus-5-5', messages: [{ role: 'user' as const, content: 'How long is a mile?' }] };

  it('a count for a provider that counts nothing is an estimate, and says so', async () => {
    const { fake, gateway } = await start('openai-chat');
    const answer = await send(gateway.url, { path: '/v1/messages/count_tokens?beta=true', headers, body: question });
    assert.equal(answer.status, 200, answer.text);
    assert.ok(jsonOf(answer).input_tokens > 4 && jsonOf(answer).input_tokens < 20);
    assert.equal(answer.headers['x-gatehouse-estimated'], 'true');
    assert.equal(fake.requests.length, 0);
  });

  it('a count for a provider that counts in its own dialect is its count', async () => {
    const { fake, gateway } = await start('gemini');
    const anthropic = new Anthropic({ apiKey: TOKEN, baseURL: gateway.url, maxRetries: 0 });
    assert.ok((await anthropic.messages.countTokens(question)).input_tokens > 0);
    assert.match(fake.requests[0]!.path, /\/v1beta\/models\/some-model:countTokens$/);
    assert.equal(fake.requests[0]!.refusal, undefined);
    const other = await start('anthropic-messages');
    const google = new GoogleGenAI({ apiKey: TOKEN, httpOptions: { baseUrl: other.gateway.url } });
    const { totalTokens } = await google.models.countTokens({ model: 'gemini-3-pro', contents: 'How long is a mile?' });
    assert.ok((totalTokens ?? 0) > 0);
    assert.equal(other.fake.requests[0]!.refusal, undefined);
    assert.equal(gateway.running.ledger.requests({}).length, 0, 'counting is not booked');
  });

  it('what is counted by a provider in its own dialect holds no state of another one either', async () => {
    const tag = tagOf({ issuer: 'openai-responses@elsewhere', token: '{}' });
    const thought = { type: 'thinking', thinking: 'Hm.', signature: tag };
    const messages = [...question.messages, { role: 'assistant', content: [thought, { type: 'text', text: '1609 m.' }] }];
    const { fake, gateway } = await start('anthropic-messages');
    const counted = await send(gateway.url, { path: '/v1/messages/count_tokens', headers, body: { ...question, messages } });
    assert.equal(counted.status, 200, counted.text);
    assert.equal(fake.requests[0]!.raw.includes(tag), false);

    const contents = [{ role: 'model', parts: [{ text: 'x', thoughtSignature: tag }] }];
    const user = { role: 'user', parts: [{ text: 'y' }] };
    const google = await start('gemini');
    const path = '/v1beta/models/gemini-3-pro:countTokens';
    for (const body of [{ contents: [user, ...contents] }, { generateContentRequest: { contents: [user, ...contents] } }]) {
      const answer = await send(google.gateway.url, { path, headers: { 'x-goog-api-key': TOKEN }, body });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(google.fake.requests.at(-1)!.raw.includes(tag), false);
    }
  });

  it('embeddings of Gemini for an OpenAI client, and the other way round', async () => {
    const { fake, gateway } = await start('gemini');
    const openai = new OpenAI({ apiKey: TOKEN, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
    const { data } = await openai.embeddings.create({ model: 'text-embedding-3-small', input: ['one', 'two'] });
    assert.deepEqual(
      data.map(({ index, embedding }) => [index, embedding.length > 0]),
      [
        [0, true],
        [1, true],
      ],
    );
    assert.equal(fake.requests[0]!.refusal, undefined);
    const row = await gateway.row();
    assert.deepEqual([row.operation, row.mode, row.settled], ['embed', 'translate', 'done']);

    const other = await start('openai-chat');
    const google = new GoogleGenAI({ apiKey: TOKEN, httpOptions: { baseUrl: other.gateway.url } });
    const { embeddings } = await google.models.embedContent({ model: 'gemini-embedding-001', contents: ['one', 'two'] });
    assert.equal(embeddings?.length, 2);
    assert.ok((embeddings[0]?.values?.length ?? 0) > 0);
    assert.equal(other.fake.requests[0]!.refusal, undefined);
  });

  it("an editor's completion in OpenAI's form from Mistral's, whole and streamed, is booked", async () => {
    const heard: { path: string; body: Record<string, unknown> }[] = [];
    const usage = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };
    const mistral = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const body = JSON.parse(text) as Record<string, unknown>;
        heard.push({ path: request.url ?? '', body });
        if (body['stream'] !== true) {
          response.setHeader('content-type', 'application/json');
          const choices = [{ index: 0, message: { role: 'assistant', content: 'a + b' }, finish_reason: 'stop' }];
          return response.end(JSON.stringify({ id: 'x', object: 'chat.completion', model: 'codestral', choices, usage }));
        }
        response.setHeader('content-type', 'text/event-stream');
        for (const content of ['a ', '+ b'])
          response.write(
            `data: ${JSON.stringify({ id: 'x', model: 'codestral', choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`,
          );
        const last = { id: 'x', model: 'codestral', choices: [{ index: 0, delta: { content: '' }, finish_reason: 'stop' }], usage };
        return response.end(`data: ${JSON.stringify(last)}\n\ndata: [DONE]\n\n`);
      });
    });
    await new Promise<void>((resolve) => mistral.listen(0, '127.0.0.1', resolve));
    closing.push(
      () =>
        new Promise((resolve) => {
          mistral.close(() => resolve());
          mistral.closeAllConnections();
        }),
    );
    const gateway = await startGateway({
      provider: `http://127.0.0.1:${(mistral.address() as AddressInfo).port}`,
      dialects: ['openai-chat'],
      providerConfig: { kind: 'mistral' },
      agent: { model: 'fake/codestral-latest' },
    });
    closing.push(() => gateway.close());
    const openai = new OpenAI({ apiKey: TOKEN, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
    const ask = { model: 'any', prompt: 'const sum = (a, b) => ', suffix: ';', max_tokens: 20 };
    assert.equal((await openai.completions.create(ask)).choices[0]?.text, 'a + b');
    let text = '';
    for await (const chunk of await openai.completions.create({ ...ask, stream: true })) text += chunk.choices[0]?.text ?? '';
    assert.equal(text, 'a + b');
    for (const { path, body } of heard) {
      assert.equal(path, '/v1/fim/completions');
      assert.deepEqual([body['model'], body['prompt'], body['suffix']], ['codestral-latest', ask.prompt, ';']);
    }
    for (const row of await gateway.rows(2))
      assert.deepEqual(
        [row.operation, row.mode, row.settled, row.usage.input, row.usage.output],
        ['complete', 'translate', 'done', 9, 3],
      );
    // In Mistral's own form bytes pass.
    const own = await send(gateway.url, { path: '/v1/fim/completions', headers: { authorization: `Bearer ${TOKEN}` }, body: ask });
    assert.equal(own.headers['x-gatehouse-mode'], 'relay');
  });
});
