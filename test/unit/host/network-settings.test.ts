import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { networkFromEnvironment } from '../../../src/host/network-settings.ts';

describe('networkFromEnvironment', () => {
  for (const [why, env, http, https, none] of [
    ['nothing is set', {}, '', '', ''],
    [
      'lower case goes before upper case',
      { http_proxy: 'a', HTTP_PROXY: 'b', https_proxy: 'c', HTTPS_PROXY: 'd', no_proxy: 'e', NO_PROXY: 'f' },
      'a',
      'c',
      'e',
    ],
    ['upper case alone counts', { HTTP_PROXY: 'b', HTTPS_PROXY: 'd', NO_PROXY: 'f' }, 'b', 'd', 'f'],
    ['one for all', { ALL_PROXY: 'x' }, 'x', 'x', ''],
    ['one for all fills in only what is missing', { all_proxy: 'x', HTTPS_PROXY: 'd' }, 'x', 'd', ''],
    [
      'an empty lower-case variable switches the upper-case one off',
      { http_proxy: '', HTTP_PROXY: 'b', no_proxy: '', NO_PROXY: 'f' },
      '',
      '',
      '',
    ],
  ] as const) {
    it(why, () =>
      assert.deepEqual(networkFromEnvironment(env), { httpProxy: http, httpsProxy: https, noProxy: none, strictTls: true }),
    );
  }

  it('never relaxes TLS because of a variable', () => {
    assert.equal(networkFromEnvironment({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }).strictTls, true);
  });
});
