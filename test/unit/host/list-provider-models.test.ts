import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { afterEach, describe, it } from 'mocha';
import { createPriceBook } from '../../../src/core/ledger/price-book.ts';
import { resolveProvider } from '../../../src/core/providers/provider.ts';
import { describeModel, listProviderModels } from '../../../src/host/list-provider-models.ts';
import { answering, serveProvider, type ProviderServer } from './provider-server.ts';

const BOOK = createPriceBook();

describe('listProviderModels', () => {
  let server: ProviderServer | undefined;
  afterEach(() => server?.close());
  const serve = async (answer: RequestListener) => (server = await serveProvider(answer));

  async function namesFrom(answer: RequestListener, models?: string[]): Promise<string[]> {
    const { dialer, provider } = await serve(answer);
    const choices = await listProviderModels(
      dialer,
      provider({ kind: 'openai-compatible', ...(models && { models }) }),
      undefined,
      BOOK,
    );
    return choices.map(({ reference }) => reference);
  }

  for (const [what, body, names] of [
    ['OpenAI’s list', { data: [{ id: 'a' }, { id: 'meta/llama' }] }, ['p/a', 'p/meta/llama']],
    ['Gemini’s list', { models: [{ name: 'models/gemini-x' }] }, ['p/gemini-x']],
    ['a model that is listed twice', { data: [{ id: 'a' }, { id: 'a' }] }, ['p/a']],
    ['entries that are no models', { data: [null, 7, {}, { id: 5 }, { id: '' }, { name: 'models/' }, { id: 'a' }] }, ['p/a']],
    [
      'models named like methods of every object',
      { data: [{ id: '__proto__' }, { id: 'constructor' }] },
      ['p/__proto__', 'p/constructor'],
    ],
    ['a name in another script', { data: [{ id: '模型🦊' }] }, ['p/模型🦊']],
    ['an empty list', { data: [] }, []],
  ] as const) {
    it(`reads ${what}`, async () => assert.deepEqual(await namesFrom(answering(200, body)), names));
  }

  for (const [what, answer] of [
    ['an error', answering(500)],
    ['a page', answering(200, '<html>')],
    ['null', answering(200, 'null')],
    ['a list that is none', answering(200, { data: 'a' })],
    ['a closed connection', ((_request, response) => response.destroy()) as RequestListener],
  ] as const) {
    it(`keeps the configured models when it gets ${what}`, async () => {
      assert.deepEqual(await namesFrom(answer, ['own']), ['p/own']);
    });
  }

  it('lists configured models first and once', async () => {
    assert.deepEqual(await namesFrom(answering(200, { data: [{ id: 'a' }, { id: 'b' }] }), ['b']), ['p/b', 'p/a']);
  });

  it('offers what the price book knows when the provider does not answer', async () => {
    const { dialer, provider } = await serve(answering(401));
    const choices = await listProviderModels(dialer, provider({ kind: 'anthropic' }), undefined, BOOK);
    assert.ok(choices.length > 3);
    assert.ok(choices.every(({ reference }) => reference.startsWith('p/claude')));
  });

  it('dials nobody for the demo provider', async () => {
    const { dialer, asked, provider } = await serve(answering(200));
    const choices = await listProviderModels(dialer, provider({ kind: 'demo' }), undefined, BOOK);
    assert.deepEqual(
      choices.map(({ reference }) => reference),
      ['p/echo'],
    );
    assert.equal(asked.length, 0);
  });
});

describe('describeModel', () => {
  it('calls a model on this machine free', () => {
    const { inputUsd, outputUsd } = describeModel(resolveProvider('l', { kind: 'ollama' }), 'anything', BOOK);
    assert.deepEqual([inputUsd, outputUsd], [0, 0]);
  });

  for (const name of ['nobody-knows-this', '__proto__', 'constructor', '']) {
    it(`leaves ${JSON.stringify(name)} unpriced, which is not free`, () => {
      const { inputUsd, outputUsd } = describeModel(resolveProvider('o', { kind: 'openai' }), name, BOOK);
      assert.deepEqual([inputUsd, outputUsd], [undefined, undefined]);
    });
  }
});
