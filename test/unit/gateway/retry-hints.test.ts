import assert from 'node:assert/strict';
import { retryHints } from '../../../src/core/gateway/translate/retry-hints.ts';

describe('when to come again, across dialects', () => {
  const google = (retryDelay: string) => ({
    error: { code: 429, status: 'RESOURCE_EXHAUSTED', details: [{ '@type': 'Help' }, { '@type': 'RetryInfo', retryDelay }] },
  });

  it('hints that every dialect knows pass, the rate limits of one vendor do not', () => {
    const headers = {
      'retry-after': '7',
      'retry-after-ms': '6500',
      'x-should-retry': 'true',
      'request-id': 'req_1',
      'anthropic-ratelimit-tokens-remaining': '0',
      'x-ratelimit-reset-requests': '1s',
      'set-cookie': 'a=b',
    };
    assert.deepEqual(retryHints(headers, undefined), {
      'retry-after': '7',
      'retry-after-ms': '6500',
      'x-should-retry': 'true',
      'request-id': 'req_1',
    });
  });

  it("Google's delay is in the body, and becomes whole seconds", () => {
    assert.deepEqual(retryHints({}, google('34.4s')), { 'retry-after': '35' });
    assert.deepEqual(retryHints({}, google('3s')), { 'retry-after': '3' });
    assert.deepEqual(retryHints({ 'retry-after': '9' }, google('3s')), { 'retry-after': '9' });
    assert.deepEqual(retryHints({}, google('soon')), {});
    assert.deepEqual(retryHints({}, { error: 'x' }), {});
  });
});
