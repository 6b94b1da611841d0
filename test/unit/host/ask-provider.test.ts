import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { afterEach, describe, it } from 'mocha';
import { Secret } from '../../../src/core/providers/secret.ts';
import { resolveProvider } from '../../../src/core/providers/provider.ts';
import { askProvider } from '../../../src/host/ask-provider.ts';
import { answering, serveProvider, type ProviderServer } from './provider-server.ts';

describe('askProvider', () => {
  let server: ProviderServer | undefined;
  afterEach(() => server?.close());
  const serve = async (answer: RequestListener) => (server = await serveProvider(answer));

  for (const [kind, path, url, header] of [
    ['openai', '/v1', '/v1/models', 'authorization'],
    ['openrouter', '/api/v1', '/api/v1/models', 'authorization'],
    ['anthropic', '', '/v1/models?limit=1000', 'x-api-key'],
    ['anthropic', '/v1', '/v1/models?limit=1000', 'x-api-key'],
    ['google', '', '/v1beta/models?pageSize=1000', 'x-goog-api-key'],
    ['azure-openai', '/openai/v1', '/openai/v1/models', 'api-key'],
  ] as const) {
    it(`asks ${kind} at "${path}" for ${url} and shows the key in ${header}`, async () => {
      const { dialer, provider, asked } = await serve(answering(200));
      await askProvider(dialer, provider({ kind }, path), new Secret('k123'));
      const [request] = asked;
      assert.equal(request?.url, url);
      assert.match(String(request?.headers[header]), /k123$/);
      assert.equal(JSON.stringify(request?.rawHeaders).split('k123').length, 2, 'the key is sent once');
      assert.equal('anthropic-version' in (request?.headers ?? {}), kind === 'anthropic');
    });
  }

  it('asks without any credential where there is no key', async () => {
    const { dialer, provider, asked } = await serve(answering(200));
    await askProvider(dialer, provider({ kind: 'openai' }), undefined);
    assert.equal(asked[0]?.headers.authorization, undefined);
  });

  it('hands an error answer over as an answer', async () => {
    const { dialer, provider } = await serve(answering(503, 'later'));
    const reply = await askProvider(dialer, provider({ kind: 'openai' }), undefined);
    assert.deepEqual(reply, { status: 503, body: Buffer.from('later') });
  });

  it('does not follow a redirect, which could take the key elsewhere', async () => {
    const { dialer, provider, asked } = await serve((_request, response) =>
      response.writeHead(302, { location: '/elsewhere' }).end(),
    );
    const reply = await askProvider(dialer, provider({ kind: 'openai' }), new Secret('k123'));
    assert.equal('status' in reply && reply.status, 302);
    assert.equal(asked.length, 1);
  });

  it('gives up on an answer that never ends, instead of reading it for ever', async () => {
    const cut = Promise.withResolvers<void>();
    const { dialer, provider } = await serve((_request, response) => {
      const piece = Buffer.alloc(256 * 1024, 'x');
      const more = (): void =>
        void (!response.destroyed && response.write(piece) ? setImmediate(more) : response.once('drain', more));
      response.writeHead(200);
      response.on('close', () => cut.resolve());
      more();
    });
    assert.deepEqual(await askProvider(dialer, provider({ kind: 'openai' }), undefined), { failure: 'protocol' });
    await cut.promise;
  });

  it('says that a provider without an address cannot be reached, and dials nothing', async () => {
    const { dialer } = await serve(answering(200));
    assert.deepEqual(await askProvider(dialer, resolveProvider('p', { kind: 'azure-openai' }), new Secret('k')), {
      failure: 'unreachable',
    });
  });
});
