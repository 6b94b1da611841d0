import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { AUTH_STYLES, type AuthStyle } from '../../../src/core/config/kinds.ts';
import { Secret } from '../../../src/core/providers/secret.ts';
import { signHeaders } from '../../../src/core/providers/sign.ts';

const HEADERS: Readonly<Record<AuthStyle, readonly string[]>> = {
  bearer: ['authorization', 'Bearer k'],
  'cf-aig-authorization': ['cf-aig-authorization', 'Bearer k'],
  'x-api-key': ['x-api-key', 'k'],
  'x-goog-api-key': ['x-goog-api-key', 'k'],
  'api-key': ['api-key', 'k'],
  none: [],
};

describe('signHeaders', () => {
  for (const style of AUTH_STYLES) {
    it(`${style}: shows the key in this header and no other`, () =>
      assert.deepEqual(signHeaders(style, new Secret('k')), HEADERS[style]));
    it(`${style}: sends no empty header without a key`, () => assert.deepEqual(signHeaders(style, undefined), []));
  }
});
