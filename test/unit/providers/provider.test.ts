import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { ProviderConfig } from '../../../src/core/config/schema.ts';
import { originsOf, resolveProvider } from '../../../src/core/providers/provider.ts';

function endpointsOf(config: ProviderConfig): Record<string, string> {
  const provider = resolveProvider('p', config);
  return Object.fromEntries(
    [...provider.endpoints].map(([dialect, { origin, basePath, auth }]) => [dialect, `${origin} ${basePath} ${auth}`]),
  );
}

describe('resolveProvider', () => {
  it('has the addresses of its preset', () => {
    assert.deepEqual(endpointsOf({ kind: 'openrouter' }), {
      'openai-chat': 'https://openrouter.ai /api/v1 bearer',
      'openai-responses': 'https://openrouter.ai /api/v1 bearer',
      'anthropic-messages': 'https://openrouter.ai /api bearer',
    });
  });

  for (const [why, baseUrl, chat, messages] of [
    ['with the version', 'https://gw.example/api/v1', 'https://gw.example /api/v1', 'https://gw.example /api'],
    ['with slashes at the end', 'https://gw.example/api/v1//', 'https://gw.example /api/v1', 'https://gw.example /api'],
    ['without a path', 'https://gw.example', 'https://gw.example ', 'https://gw.example '],
    ['with a beta version', 'https://gw.example/v1beta', 'https://gw.example /v1beta', 'https://gw.example '],
    ['with blanks around it', ' https://gw.example/v1 ', 'https://gw.example /v1', 'https://gw.example '],
    ['with an empty query', 'https://gw.example/v1?', 'https://gw.example /v1', 'https://gw.example '],
    ['with a version in the middle', 'https://gw.example/v1/team', 'https://gw.example /v1/team', 'https://gw.example /v1/team'],
    [
      'with a word that only ends like a version',
      'https://gw.example/dev1',
      'https://gw.example /dev1',
      'https://gw.example /dev1',
    ],
    ['with a host that looks like a version', 'https://v1/', 'https://v1 ', 'https://v1 '],
    ['with the default port', 'https://gw.example:443/v1', 'https://gw.example /v1', 'https://gw.example '],
    ['with a port', 'https://gw.example:8443/v1', 'https://gw.example:8443 /v1', 'https://gw.example:8443 '],
    ['with capitals', 'HTTPS://GW.Example/V', 'https://gw.example /V', 'https://gw.example /V'],
    ['with an umlaut', 'https://bücher.example/v1', 'https://xn--bcher-kva.example /v1', 'https://xn--bcher-kva.example '],
    ['on IPv6', 'http://[::1]:8000/v1', 'http://[::1]:8000 /v1', 'http://[::1]:8000 '],
  ] as const) {
    it(`serves both styles from one base URL ${why}`, () => {
      const endpoints = endpointsOf({ kind: 'litellm', baseUrl, auth: 'none' });
      assert.equal(endpoints['openai-chat'], `${chat} none`);
      assert.equal(endpoints['anthropic-messages'], `${messages} none`);
    });
  }

  it('takes the version off for Gemini too', () => {
    assert.deepEqual(endpointsOf({ kind: 'gemini-compatible', baseUrl: 'https://g.example/v1beta' }), {
      gemini: 'https://g.example  x-goog-api-key',
    });
  });

  it('shows the key in the way of a dialect that its kind does not have', () => {
    const config: ProviderConfig = {
      kind: 'openai-compatible',
      baseUrl: 'https://gw.example',
      dialects: ['anthropic-messages', 'gemini'],
    };
    assert.deepEqual(endpointsOf(config), {
      'anthropic-messages': 'https://gw.example  x-api-key',
      gemini: 'https://gw.example  x-goog-api-key',
    });
  });

  it('speaks only the dialects that were named', () => {
    assert.deepEqual(Object.keys(endpointsOf({ kind: 'openrouter', dialects: ['anthropic-messages'] })), ['anthropic-messages']);
  });

  for (const [config, needsKey] of [
    [{ kind: 'openai' }, true],
    [{ kind: 'openai', auth: 'none' }, false],
    [{ kind: 'ollama' }, false],
    [{ kind: 'ollama', auth: 'bearer' }, true],
    [{ kind: 'demo' }, false],
    [{ kind: 'ollama', baseUrl: 'http://127.0.0.1:1', dialects: ['gemini'] }, true],
  ] as const) {
    it(`${JSON.stringify(config)} ${needsKey ? 'needs a key' : 'needs no key'}`, () => {
      const { dialects, ...rest } = { dialects: undefined, ...config };
      assert.equal(resolveProvider('p', { ...rest, ...(dialects && { dialects: [...dialects] }) }).needsKey, needsKey);
    });
  }

  it('lists an origin once, however many dialects share it', () => {
    assert.deepEqual([...originsOf(resolveProvider('p', { kind: 'google' }))], ['https://generativelanguage.googleapis.com']);
  });

  it('knows no other origin once the base URL is the user’s', () => {
    const provider = resolveProvider('p', { kind: 'openai', baseUrl: 'https://proxy.example/v1' });
    assert.deepEqual([...originsOf(provider)], ['https://proxy.example']);
  });
});
