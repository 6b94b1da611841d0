import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { isLocalToken, newLocalToken } from '../../../src/host/local-token.ts';

describe('local tokens', () => {
  it('hold 256 bits and are never the same', () => {
    const tokens = new Set(Array.from({ length: 200 }, newLocalToken));
    assert.equal(tokens.size, 200);
    for (const token of tokens) assert.equal(Buffer.from(token.slice(3), 'base64url').length, 32);
  });

  it('can stand in a header, a variable and a URL without quoting, and are known again', () => {
    for (let n = 0; n < 200; n++) {
      const token = newLocalToken();
      assert.equal(encodeURIComponent(token), token);
      assert.ok(isLocalToken(token));
    }
  });

  for (const value of [
    '',
    'gh-',
    'gh-short',
    ` ${newLocalToken()}`,
    `${newLocalToken()}\n`,
    `${newLocalToken()}x`,
    7,
    null,
    undefined,
    {},
  ]) {
    it(`do not look like ${JSON.stringify(value)?.slice(0, 14)}`, () => assert.equal(isLocalToken(value), false));
  }
});
