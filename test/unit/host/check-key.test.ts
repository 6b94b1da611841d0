import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { afterEach, describe, it } from 'mocha';
import type { Upstream, UpstreamFailure } from '../../../src/core/ports.ts';
import { resolveProvider } from '../../../src/core/providers/provider.ts';
import { checkKey } from '../../../src/host/check-key.ts';
import { answering, serveProvider, type ProviderServer } from './provider-server.ts';

const KEY = 'sk-geheim-1234';

describe('checkKey', () => {
  let server: ProviderServer | undefined;
  afterEach(() => server?.close());
  const serve = async (answer: RequestListener) => (server = await serveProvider(answer));

  for (const [status, body, verdict] of [
    [200, { data: [] }, 'good'],
    [204, '', 'good'],
    [401, { error: 'no' }, 'wrong-key'],
    [
      400,
      { error: { message: 'API key not valid. Please pass a valid API key.', details: [{ reason: 'API_KEY_INVALID' }] } },
      'wrong-key',
    ],
    [400, { error: 'Incorrect API key provided' }, 'wrong-key'],
    [400, { error: 'unknown field "foo"' }, 'unclear'],
    [402, {}, 'no-credit'],
    [400, { error: { message: 'Your credit balance is too low to access the API.' } }, 'no-credit'],
    [429, { error: { code: 'insufficient_quota', message: 'You exceeded your current quota' } }, 'no-credit'],
    [403, {}, 'no-access'],
    [404, '<html>', 'unclear'],
    [429, {}, 'good'],
    [302, '', 'unclear'],
    [500, {}, 'unclear'],
    [503, {}, 'unclear'],
  ] as const) {
    it(`${status} ${JSON.stringify(body)} is ${verdict}`, async () => {
      const { dialer, provider } = await serve(answering(status, body));
      assert.equal((await checkKey(dialer, provider({ kind: 'openai' }), KEY)).verdict, verdict);
    });
  }

  for (const status of [200, 400, 401, 402, 403, 404, 429, 500]) {
    it(`${status}: does not repeat the key, though the provider does`, async () => {
      const { dialer, provider } = await serve(answering(status, `API key ${KEY}`));
      assert.doesNotMatch(JSON.stringify(await checkKey(dialer, provider({ kind: 'openai' }), KEY)), /geheim/);
    });
  }

  it('asks OpenRouter for what only a right key may see', async () => {
    const { dialer, provider, asked } = await serve(answering(200));
    await checkKey(dialer, provider({ kind: 'openrouter' }, '/api/v1'), KEY);
    assert.equal(asked[0]?.url, '/api/v1/key');
  });

  for (const [what, key] of [
    ['a line break', `${KEY}\nx-evil: 1`],
    ['a carriage return', `${KEY}\r`],
    ['a blank', `Bearer ${KEY}`],
    ['an ellipsis from a web page', 'sk-…1234'],
    ['a no-break space', `${KEY}\u00a0`],
    ['a zero-width space', `\u200b${KEY}`],
    ['an umlaut, which a header may carry', 'schlüssel'],
  ] as const) {
    it(`calls a key with ${what} wrong without sending it`, async () => {
      const { dialer, provider, asked } = await serve(answering(200));
      const { verdict, sentence } = await checkKey(dialer, provider({ kind: 'openai' }), key);
      assert.equal(verdict, 'wrong-key');
      assert.match(sentence, /Copy it again/);
      assert.equal(asked.length, 0);
    });
  }

  const sentences: Readonly<Record<UpstreamFailure, RegExp>> = {
    dns: /host could not be found/,
    refused: /nothing answers/,
    unreachable: /cannot be reached/,
    tls: /certificate is not trusted/,
    proxy: /http\.proxy/,
    'private-address': /"network": "local"/,
    'forbidden-address': /no provider can be/,
    'connect-timeout': /did not answer in time/,
    'first-byte-timeout': /did not answer in time/,
    'idle-timeout': /did not answer in time/,
    reset: /closed the connection/,
    protocol: /does not speak HTTP/,
    aborted: /stopped/,
  };
  for (const [failure, sentence] of Object.entries(sentences)) {
    it(`explains ${failure} and does not blame the key`, async () => {
      const failing: Upstream = {
        send(_request, sink) {
          setImmediate(() => sink.fail(failure as UpstreamFailure));
          return { sent: true, pause() {}, resume() {}, abort() {} };
        },
      };
      const diagnosis = await checkKey(failing, resolveProvider('p', { kind: 'openai' }), KEY);
      assert.equal(diagnosis.verdict, 'no-network');
      assert.match(diagnosis.sentence, sentence);
    });
  }
});
