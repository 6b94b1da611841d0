import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { headersToAgent, headersToProvider } from '../../../src/core/wire/headers.ts';

describe('headersToProvider', () => {
  it('passes what agents send to providers byte for byte and in order', () => {
    const raw = [
      ['Accept', 'application/json'],
      ['anthropic-beta', 'claude-code-20250219,interleaved-thinking-2025-05-14'],
      ['anthropic-version', '2026-10-21'],
      ['anthropic-dangerous-direct-browser-access', 'true'],
      ['User-Agent', 'claude-cli/2.1 (external, cli)'],
      ['X-Stainless-Retry-Count', '0'],
      ['X-Claude-Code-Session-Id', 'a b  c'],
      ['session-id', '1'],
      ['session-id', '2'],
      ['originator', 'codex_exec'],
      ['x-goog-api-client', 'google-genai-sdk/1.30.0'],
      ['sec-fetch-mode', 'cors'],
      ['X-Empty', ''],
      ['content-type', 'application/json; charset=utf-8'],
    ].flat();
    assert.deepEqual(headersToProvider(raw), [...raw, 'accept-encoding', 'identity']);
  });

  for (const name of [
    'Authorization',
    'x-api-key',
    'X-Goog-Api-Key',
    'api-key',
    'cf-aig-authorization',
    'Cookie',
    'Proxy-Authorization',
    'OpenAI-Organization',
    'openai-project',
  ]) {
    it(`keeps the credential ${name} here`, () => {
      assert.deepEqual(headersToProvider([name, 'secret', name.toUpperCase(), 'secret']), ['accept-encoding', 'identity']);
    });
  }

  for (const name of [
    'Host',
    'Connection',
    'Keep-Alive',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'Content-Length',
    'Content-Encoding',
    'Expect',
    'Accept-Encoding',
    'Origin',
    'Referer',
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Anything',
    'Via',
    'X-Real-IP',
    'X-Gatehouse-Anything',
  ]) {
    it(`does not send on ${name}`, () => {
      assert.deepEqual(headersToProvider([name, 'value', 'x-kept', 'yes']), ['x-kept', 'yes', 'accept-encoding', 'identity']);
    });
  }

  it('takes off what Connection names, wherever it stands', () => {
    const raw = ['X-Hop', '1', 'Connection', 'close, x-hop', 'x-kept', '2', 'connection', ' X-Other '];
    assert.deepEqual(headersToProvider([...raw, 'x-other', '3']), ['x-kept', '2', 'accept-encoding', 'identity']);
  });

  it('drops what could break a header line open', () => {
    for (const bad of ['a\r\nx-api-key: 1', 'a\n', 'a\r', 'a\0b']) {
      assert.deepEqual(headersToProvider(['x-a', bad, `x${bad}`, 'v']), ['accept-encoding', 'identity']);
    }
  });
});

describe('headersToAgent', () => {
  it('keeps what agents act on', () => {
    const headers = {
      'content-type': 'text/event-stream; charset=utf-8',
      'content-encoding': 'gzip',
      'retry-after': '7',
      'retry-after-ms': '7000',
      'x-should-retry': 'false',
      'x-request-id': 'req_1',
      'request-id': 'req_2',
      'anthropic-ratelimit-tokens-remaining': '9',
      'x-ratelimit-reset-requests': '1s',
      'openai-processing-ms': '12',
      'x-two': ['1', '2'],
    };
    assert.deepEqual(headersToAgent(headers), headers);
  });

  for (const name of [
    'set-cookie',
    'OpenAI-Organization',
    'openai-project',
    'anthropic-organization-id',
    'x-acme-organization-id',
    'server',
    'cf-ray',
    'CF-Cache-Status',
    'alt-svc',
    'strict-transport-security',
    'access-control-allow-origin',
    'report-to',
    'nel',
    'connection',
    'keep-alive',
    'transfer-encoding',
    'upgrade',
    'x-gatehouse-target',
  ]) {
    it(`keeps ${name} from the agent`, () => {
      assert.deepEqual(headersToAgent({ [name]: ['a', 'b'], 'X-Kept': 'yes' }), { 'x-kept': 'yes' });
    });
  }

  it('takes off what Connection names, absent values, and broken ones', () => {
    const headers = { 'x-hop': '1', connection: 'X-Hop', 'x-none': undefined, 'x-bad': 'a\r\nb', 'x-worse': ['a', 'b\n'] };
    assert.deepEqual(headersToAgent(headers), {});
  });
});
