import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { findEndpoint, upstreamPathFor } from '../../../src/core/dialects/endpoints.ts';

const find = (method: string, target: string, headers: Record<string, string> = {}) => findEndpoint(method, target, headers);

function found(method: string, target: string, headers: Record<string, string> = {}) {
  const endpoint = find(method, target, headers);
  assert.equal(endpoint.kind, 'found', `${method} ${target}`);
  if (endpoint.kind !== 'found') throw new Error('unreachable');
  return endpoint;
}

const FIXED = [
  ['messages', 'anthropic-messages', 'generate', '/v1/messages'],
  ['messages/count_tokens', 'anthropic-messages', 'count', '/v1/messages/count_tokens'],
  ['responses', 'openai-responses', 'generate', '/responses'],
  ['chat/completions', 'openai-chat', 'generate', '/chat/completions'],
  ['embeddings', 'openai-chat', 'embed', '/embeddings'],
  ['completions', 'openai-chat', 'complete', '/completions'],
  ['fim/completions', 'openai-chat', 'complete', '/fim/completions'],
] as const;

describe('findEndpoint', () => {
  for (const [path, dialect, operation, upstreamPath] of FIXED) {
    it(`serves /v1/${path} and its careless spellings`, () => {
      const doubled = path.replaceAll('/', '//');
      for (const target of [`/v1/${path}`, `/${path}`, `/v1/${path}/`, `//v1//${doubled}//`, `/v1/${path}?`]) {
        assert.deepEqual(found('POST', target), {
          kind: 'found',
          dialect,
          operation,
          model: undefined,
          stream: undefined,
          upstreamPath,
        });
      }
      assert.equal(found('POST', `/v1/${path}?beta=true&x=%20`).upstreamPath, `${upstreamPath}?beta=true&x=%20`);
      assert.deepEqual(find('GET', `/v1/${path}`), { kind: 'method-not-allowed', dialect, allow: 'POST' });
      assert.deepEqual(find('POST', `/v1beta/${path}`).kind, 'not-found');
      assert.deepEqual(find('POST', `/v1/${path}/x`), { kind: 'not-found', dialect });
    });
  }

  for (const [action, operation, stream] of [
    ['generateContent', 'generate', false],
    ['streamGenerateContent', 'generate', true],
    ['countTokens', 'count', false],
    ['embedContent', 'embed', false],
    ['batchEmbedContents', 'embed', false],
  ] as const) {
    it(`serves Gemini's :${action} in both versions`, () => {
      for (const version of ['v1', 'v1beta']) {
        assert.deepEqual(found('POST', `/${version}/models/gemini-3-pro:${action}?alt=sse`), {
          kind: 'found',
          dialect: 'gemini',
          operation,
          model: 'gemini-3-pro',
          stream,
          upstreamPath: `/${version}/models/{model}:${action}?alt=sse`,
        });
      }
      assert.deepEqual(find('GET', `/v1beta/models/m:${action}`), { kind: 'method-not-allowed', dialect: 'gemini', allow: 'POST' });
    });
  }

  it('takes for the model everything between /models/ and the last colon, escapes undone', () => {
    for (const [path, model] of [
      ['gw/my-model', 'gw/my-model'],
      ['gw%2Fmy-model', 'gw/my-model'],
      ['qwen3%3A8b', 'qwen3:8b'],
      ['qwen3:8b', 'qwen3:8b'],
      ['a//b', 'a/b'],
      ['w%C3%A9ird%20name', 'wéird name'],
      ['50%25', '50%'],
    ]) {
      assert.equal(found('POST', `/v1beta/models/${path}:generateContent`).model, model);
    }
  });

  it('does not know other actions, nor a call without a model', () => {
    for (const name of ['m:predict', 'm', 'm:', ':generateContent', 'm:generateContent:x', 'm:toString']) {
      assert.deepEqual(find('POST', `/v1beta/models/${name}`), { kind: 'not-found', dialect: 'gemini' });
    }
  });

  it('keeps the key parameter here, however it is written', () => {
    const { upstreamPath } = found('POST', '/v1beta/models/m:generateContent?key=local&alt=sse&%6bey=x&keys=1&key&&b=key%3D1');
    assert.equal(upstreamPath, '/v1beta/models/{model}:generateContent?alt=sse&keys=1&b=key%3D1');
    assert.equal(found('POST', '/v1/messages?key=local').upstreamPath, '/v1/messages');
  });

  it('tells from headers and query whose list of models is asked for', () => {
    for (const [target, headers, dialect, upstreamPath] of [
      ['/v1/models', {}, 'openai-chat', '/models'],
      ['/models/', {}, 'openai-chat', '/models'],
      ['/v1/models?limit=1000', { 'anthropic-version': '2023-06-01' }, 'anthropic-messages', '/v1/models?limit=1000'],
      ['/v1/models', { 'x-goog-api-key': 'k' }, 'gemini', '/v1/models'],
      ['/v1/models', { 'x-goog-api-client': 'google-genai-sdk/3.1' }, 'gemini', '/v1/models'],
      ['/v1beta/models?pageSize=5&key=k', {}, 'gemini', '/v1beta/models?pageSize=5'],
      ['/v1/models?client_version=0.169.0', {}, 'openai-responses', '/models?client_version=0.169.0'],
    ] as const) {
      const endpoint = found('GET', target, headers);
      assert.deepEqual([endpoint.dialect, endpoint.operation, endpoint.upstreamPath], [dialect, 'models', upstreamPath]);
    }
    assert.deepEqual(find('POST', '/v1/models'), { kind: 'method-not-allowed', dialect: 'openai-chat', allow: 'GET' });
  });

  for (const target of [
    '/v1/../v1/messages',
    '/v1/./messages',
    '/v1/messages/..',
    '/v1/%2e%2e/messages',
    '/v1/%2E./messages',
    '/v1/%252e%252e/messages',
    '/v1/x%2f..%2fmessages',
    '/v1\\messages',
    '/v1/messages#x',
    '/v1/mess%00ages',
    '/v1/%zz/messages',
    '/v1beta/models/../../x:generateContent',
    '/v1beta/models/..%2f..%2fx:generateContent',
    '/v1beta/models/%252e%252e/x:generateContent',
    '/v1beta/models/a%5C..%5Cb:generateContent',
    '/v1beta/models/a%0d%0ab:generateContent',
    'http://evil.example/v1/messages',
    'v1/messages',
    '*',
    '',
    '/',
    '/v1',
    '/v2/messages',
    '/V1/messages',
    '/v1/constructor',
  ]) {
    it(`finds nothing at ${JSON.stringify(target)}`, () => assert.equal(find('POST', target).kind, 'not-found'));
  }

  it('takes a prefix for the protocol that is meant, where nothing else tells', () => {
    assert.equal(found('GET', '/anthropic/v1/models').dialect, 'anthropic-messages');
    assert.equal(found('GET', '/gemini/v1/models').dialect, 'gemini');
    assert.equal(found('GET', '/openai/v1/models', { 'anthropic-version': '2023-06-01' }).dialect, 'openai-chat');
    const { dialect, upstreamPath } = found('POST', '/anthropic/v1/messages?beta=true');
    assert.deepEqual([dialect, upstreamPath], ['anthropic-messages', '/v1/messages?beta=true']);
    assert.equal(found('POST', '/gemini/v1beta/models/a/b:generateContent').model, 'a/b');
    assert.deepEqual(find('POST', '/anthropic/nothing'), { kind: 'not-found', dialect: 'anthropic-messages' });
    assert.equal(find('POST', '/other/v1/messages').kind, 'not-found');
  });

  it('gives an unknown path the error shape of the agent that most likely asked', () => {
    for (const [target, headers, dialect] of [
      ['/v1/messages/batches', {}, 'anthropic-messages'],
      ['/v1/responses/compact', {}, 'openai-responses'],
      ['/v1beta/files', {}, 'gemini'],
      ['/v1/audio/speech', {}, 'openai-chat'],
      ['/v1/files', { 'anthropic-version': '2023-06-01' }, 'anthropic-messages'],
    ] as const) {
      assert.deepEqual(find('POST', target, headers), { kind: 'not-found', dialect });
    }
  });
});

describe('upstreamPathFor', () => {
  const path = '/v1beta/models/{model}:generateContent?q={model}';

  it('puts a model in, slashes kept and the rest escaped', () => {
    assert.equal(upstreamPathFor(path, 'gemini-3-pro'), '/v1beta/models/gemini-3-pro:generateContent?q={model}');
    assert.equal(upstreamPathFor(path, 'a/b c?d#e$&'), '/v1beta/models/a/b%20c%3Fd%23e%24%26:generateContent?q={model}');
  });

  it('leaves the path of other dialects alone', () => {
    assert.equal(upstreamPathFor('/chat/completions?q={model}', '../x'), '/chat/completions?q={model}');
  });

  for (const model of ['..', '../x', 'a/../../b', './x', '/x', 'a//b', '', 'a\\..\\b', 'a\r\nb', '\uD800']) {
    it(`refuses ${JSON.stringify(model)}`, () => assert.equal(upstreamPathFor(path, model), undefined));
  }
});
