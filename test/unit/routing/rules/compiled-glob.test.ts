import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { globMatches } from '../../../../src/core/ir/glob.ts';
import { compileGlob, matchesGlob } from '../../../../src/core/routing/rules/compiled-glob.ts';

describe('a compiled pattern', () => {
  for (const [pattern, form] of [
    ['', 'exact'],
    ['a', 'exact'],
    ['*', 'any'],
    ['a*', 'prefix'],
    ['*a', 'suffix'],
    ['*a*', 'contains'],
    ['a*b', 'mixed'],
    ['a*b*', 'mixed'],
    ['*a*b', 'mixed'],
    ['*a*b*', 'mixed'],
    ['**', 'contains'],
    ['a**', 'mixed'],
  ] as const) {
    it(`${JSON.stringify(pattern)} is ${form}`, () => assert.equal(compileGlob(pattern).form, form));
  }

  it('gives the answer that the pattern itself gives', () => {
    const letters = (from: readonly string[]) => fc.array(fc.constantFrom(...from), { maxLength: 6 }).map((all) => all.join(''));
    fc.assert(
      fc.property(letters(['a', 'b', '*', '*']), letters(['a', 'b', '*']), (pattern, text) => {
        assert.equal(matchesGlob(compileGlob(pattern), text), globMatches(pattern, text));
      }),
      { numRuns: 2000 },
    );
  });
});
