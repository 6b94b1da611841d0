import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import OpenAI from 'openai';
import { hasEmbeddings, type EmbedCall, type EmbeddingDialect } from '../../../src/core/dialects/embeddings/embed-call.ts';
import {
  readEmbedding,
  readEmbeddingAnswer,
  renderEmbeddingAnswer,
  writeEmbedding,
} from '../../../src/core/dialects/embeddings/embeddings.ts';
import { asRecord, type JsonRecord } from '../../../src/core/dialects/read-json.ts';
import { isGatewayError } from '../../../src/core/ir/error.ts';
import { FAKE_GEMINI } from '../../support/fake-providers/gemini.ts';
import { checkEmbedding, embeddings } from '../../support/fake-providers/openai-embeddings.ts';
import type { FakeRequest } from '../../support/fake-providers/script.ts';

const ASKED = { model: 'asked', stream: false };

function read(dialect: EmbeddingDialect, body: JsonRecord): { call: EmbedCall; losses: readonly string[] } {
  const result = readEmbedding(dialect, body, ASKED);
  assert.ok(!isGatewayError(result), JSON.stringify(result));
  return result;
}

function refused(dialect: EmbeddingDialect, body: JsonRecord): string {
  const result = readEmbedding(dialect, body, ASKED);
  assert.ok(isGatewayError(result));
  assert.deepEqual([result.code, result.status, result.retryable], ['bad-request', 400, false]);
  return result.message;
}

function written(dialect: EmbeddingDialect, call: EmbedCall) {
  const { path, body, losses } = writeEmbedding(dialect, call);
  return { path, body: JSON.parse(body) as Record<string, unknown>, losses };
}

/** What the strict fakes answer to a written request, or refuse. */
function answered(dialect: EmbeddingDialect, call: EmbedCall): JsonRecord {
  const { body } = written(dialect, call);
  if (dialect === 'openai-chat') {
    checkEmbedding(body);
    return embeddings(body);
  }
  const request = { path: '/v1beta/models/m:batchEmbedContents', body, headers: {} } as unknown as FakeRequest;
  assert.equal(FAKE_GEMINI.check(request, 'embed', { issued: new Map(), stored: new Map() }), undefined);
  return FAKE_GEMINI.embed(request);
}

function vectorsOf(dialect: EmbeddingDialect, body: JsonRecord, call: EmbedCall) {
  const answer = readEmbeddingAnswer(dialect, body, call);
  assert.ok(!isGatewayError(answer), JSON.stringify(answer));
  return answer;
}

const CALL: EmbedCall = { model: 'm', inputs: [{ text: 'a' }, { text: 'b' }], encoding: 'float', single: false };

describe('embeddings', () => {
  it('are what two dialects have', () => {
    assert.deepEqual((['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const).filter(hasEmbeddings), [
      'openai-chat',
      'gemini',
    ]);
  });

  describe('asked in OpenAI form', () => {
    it('become a batch for Gemini', () => {
      const { call, losses } = read('openai-chat', { model: 'x', input: ['a', 'b'], dimensions: 256, user: 'u', extra: 1 });
      assert.deepEqual(losses, ['field:extra']);
      assert.deepEqual(written('gemini', { ...call, model: 'gemini-embedding-001' }), {
        path: '/v1beta/models/{model}:batchEmbedContents',
        body: {
          requests: ['a', 'b'].map((text) => ({
            model: 'models/gemini-embedding-001',
            content: { parts: [{ text }] },
            outputDimensionality: 256,
          })),
        },
        losses: ['field:user'],
      });
    });

    it('take a single text and nulls for what is not set', () => {
      const { call, losses } = read('openai-chat', { input: 'a', dimensions: null, encoding_format: null, user: null });
      assert.deepEqual(call, { model: 'asked', inputs: [{ text: 'a' }], encoding: 'float', single: false });
      assert.deepEqual(losses, []);
    });

    for (const [what, body, names] of [
      ['token numbers', { input: [1, 2] }, /^input holds token numbers/],
      ['lists of token numbers', { input: [[1, 2], [3]] }, /^input holds token numbers/],
      ['no input', {}, /^input is missing/],
      ['an empty list', { input: [] }, /^input is an empty list/],
      ['an empty text', { input: ['a', ''] }, /^input\[1\] is empty/],
      ['something else', { input: ['a', {}] }, /^input\[1\] must be a text/],
      ['a fraction of a dimension', { input: 'a', dimensions: 1.5 }, /^dimensions/],
      ['an unknown encoding', { input: 'a', encoding_format: 'int8' }, /^encoding_format/],
      ['a user that is no text', { input: 'a', user: 1 }, /^user/],
    ] as const) {
      it(`refuse ${what}`, () => assert.match(refused('openai-chat', body), names));
    }

    it('are answered as the official SDK reads them, in numbers and in base64', async () => {
      for (const encoding of [undefined, 'float', 'base64'] as const) {
        const client = new OpenAI({
          apiKey: 'k',
          baseURL: 'http://127.0.0.1:9/v1',
          fetch: async (_url, init) => {
            const { call } = read('openai-chat', asRecord(JSON.parse(init?.body as string)) ?? {});
            const answer = vectorsOf('gemini', answered('gemini', call), call);
            return Response.json(renderEmbeddingAnswer('openai-chat', answer, call));
          },
        });
        const { data, model, usage } = await client.embeddings.create({
          model: 'x',
          input: ['aaa', 'b'],
          ...(encoding === undefined ? {} : { encoding_format: encoding }),
        });
        const values = data.map(({ embedding }) => (typeof embedding === 'string' ? decoded(embedding) : embedding));
        assert.deepEqual(values, [
          [0, 1, 0, 0, 0, 0, 0, 0],
          [0, 0, 1, 0, 0, 0, 0, 0],
        ]);
        assert.deepEqual([data.map(({ index }) => index), model], [[0, 1], 'asked']);
        // Gemini said nothing of usage.
        assert.deepEqual(usage, { prompt_tokens: 2, total_tokens: 2 });
      }
    });

    it('lose in base64 only what float32 cannot hold', () => {
      fc.assert(
        fc.property(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }), (vector) => {
          const call: EmbedCall = { ...CALL, inputs: [{ text: 'a' }], encoding: 'base64' };
          const body = renderEmbeddingAnswer('openai-chat', { vectors: [vector], usage: undefined }, call);
          assert.deepEqual(vectorsOf('openai-chat', body, call).vectors, [vector]);
        }),
      );
      const body = renderEmbeddingAnswer('openai-chat', { vectors: [[1]], usage: undefined }, { ...CALL, encoding: 'base64' });
      assert.deepEqual(asRecord((body['data'] as unknown[])[0])?.['embedding'], 'AACAPw==');
    });
  });

  describe('asked in Gemini form', () => {
    it('become one request for OpenAI', () => {
      const request = (text: string) => ({
        model: 'models/x',
        content: { parts: [{ text }, { text: 'end' }] },
        outputDimensionality: 8,
      });
      const { call, losses } = read('gemini', {
        requests: [
          { ...request('a'), taskType: 'FACT' },
          { ...request('b'), title: 'T' },
        ],
      });
      assert.deepEqual(losses, []);
      assert.deepEqual(written('openai-chat', { ...call, model: 'm' }), {
        path: '/embeddings',
        body: { model: 'm', input: ['a\nend', 'b\nend'], dimensions: 8 },
        losses: ['field:taskType', 'field:title'],
      });
    });

    it('keep what only Gemini knows when they go to Gemini', () => {
      const requests = [{ model: 'models/asked', content: { parts: [{ text: 'a' }] }, taskType: 'FACT', title: 'T' }];
      assert.deepEqual(written('gemini', read('gemini', { requests }).call).body, { requests });
    });

    it('take both spellings, and the options in an object of their own', () => {
      const content = { parts: [{ text: 'a' }] };
      const expected = {
        model: 'asked',
        inputs: [{ text: 'a', taskType: 'FACT' }],
        dimensions: 8,
        encoding: 'float',
        single: true,
      };
      assert.deepEqual(read('gemini', { content, task_type: 'FACT', output_dimensionality: 8 }), { call: expected, losses: [] });
      const config = { taskType: 'FACT', outputDimensionality: 8, autoTruncate: true };
      assert.deepEqual(read('gemini', { content, embedContentConfig: config }), { call: expected, losses: ['field:autoTruncate'] });
    });

    for (const [what, body, names] of [
      ['no content', {}, /^content is missing/],
      ['an empty batch', { requests: [] }, /^requests must be a list/],
      ['a request without content', { requests: [{}] }, /^requests\[0\]\.content is missing/],
      ['a picture', { content: { parts: [{ inlineData: {} }] } }, /^content\.parts\[0\] holds no text/],
      ['no parts', { content: { parts: [] } }, /^content holds no text/],
      ['a wrong dimension', { content: { parts: [{ text: 'a' }] }, outputDimensionality: 0 }, /^outputDimensionality/],
      ['a wrong task', { content: { parts: [{ text: 'a' }] }, taskType: 7 }, /^taskType/],
      ['a wrong title', { content: { parts: [{ text: 'a' }] }, title: 7 }, /^title/],
      [
        'dimensions that differ',
        { requests: [8, 9].map((outputDimensionality) => ({ content: { parts: [{ text: 'a' }] }, outputDimensionality })) },
        /^requests\[1\]\.outputDimensionality differs/,
      ],
    ] as const) {
      it(`refuse ${what}`, () => assert.match(refused('gemini', body), names));
    }

    it('are answered alone or in a list, as they were asked', () => {
      const content = { parts: [{ text: 'aaa' }] };
      for (const [body, shape] of [
        [{ content }, { embedding: { values: [0, 1, 0, 0, 0, 0, 0, 0] } }],
        [{ requests: [{ content }] }, { embeddings: [{ values: [0, 1, 0, 0, 0, 0, 0, 0] }] }],
      ] as const) {
        const { call } = read('gemini', body);
        const answer = vectorsOf('openai-chat', answered('openai-chat', call), call);
        const rendered = renderEmbeddingAnswer('gemini', answer, call);
        assert.deepEqual(rendered, { ...shape, usageMetadata: { promptTokenCount: 1 } });
        assert.deepEqual(vectorsOf('gemini', rendered, call), answer);
      }
    });
  });

  describe('an answer', () => {
    const data = (index: number | undefined, embedding: unknown) => ({ object: 'embedding', index, embedding });

    it('is put in order by its indexes', () => {
      const usage = { prompt_tokens: 6, total_tokens: 6 };
      const answer = vectorsOf('openai-chat', { data: [data(1, [2]), data(0, [1])], usage }, CALL);
      assert.deepEqual(answer.vectors, [[1], [2]]);
      assert.deepEqual([answer.usage?.input, answer.usage?.source], [6, 'reported']);
      assert.deepEqual(vectorsOf('openai-chat', { data: [data(undefined, [1]), data(undefined, [2])] }, CALL).vectors, [[1], [2]]);
    });

    for (const [what, dialect, body] of [
      ['too few vectors', 'openai-chat', { data: [data(0, [1])] }],
      ['too many vectors', 'openai-chat', { data: [data(0, [1]), data(1, [1]), data(2, [1])] }],
      ['an index that comes twice', 'openai-chat', { data: [data(0, [1]), data(0, [2])] }],
      ['a vector without numbers', 'openai-chat', { data: [data(0, [1]), data(1, [])] }],
      ['a vector with a null', 'openai-chat', { data: [data(0, [1]), data(1, [null])] }],
      ['half a float', 'openai-chat', { data: [data(0, [1]), data(1, 'AACA')] }],
      ['no data', 'openai-chat', {}],
      ['one vector for two texts', 'gemini', { embedding: { values: [1] } }],
      ['no values', 'gemini', { embeddings: [{ values: [1] }, {}] }],
    ] as const) {
      it(`is none with ${what}`, () => {
        const answer = readEmbeddingAnswer(dialect, body, CALL);
        assert.ok(isGatewayError(answer));
        assert.equal(answer.code, 'upstream-broken');
      });
    }

    it('may be an error under a good status', () => {
      for (const dialect of ['openai-chat', 'gemini'] as const) {
        const answer = readEmbeddingAnswer(dialect, { error: { code: 429, message: 'Slow down.' } }, CALL);
        assert.ok(isGatewayError(answer));
        assert.deepEqual([answer.status, answer.retryable], [429, true]);
        assert.match(answer.message, /Slow down\./);
      }
    });
  });
});

function decoded(base64: string): number[] {
  const bytes = Buffer.from(base64, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4));
}
