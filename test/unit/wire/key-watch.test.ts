import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { KeyWatch } from '../../../src/core/wire/key-watch.ts';

const KEY = 'sk-sk-watch-0123456789';

/** What passes of a text that comes in two pieces, for every place at which it can be cut. */
function passed(text: string): ReadonlySet<string> {
  const bytes = Buffer.from(text);
  const results = new Set<string>();
  for (let cut = 0; cut <= bytes.length; cut++) {
    const watch = new KeyWatch([KEY]);
    results.add(Buffer.concat([watch.pass(bytes.subarray(0, cut)), watch.pass(bytes.subarray(cut)), watch.rest()]).toString());
  }
  return results;
}

describe('KeyWatch', () => {
  for (const [what, text, clean] of [
    ['a key', `a ${KEY} b`, `a ${'*'.repeat(KEY.length)} b`],
    ['two keys', `${KEY}${KEY}`, '*'.repeat(2 * KEY.length)],
    ['a key after its own beginning', `sk-${KEY}!`, `sk-${'*'.repeat(KEY.length)}!`],
    ['only a beginning', KEY.slice(0, -1), KEY.slice(0, -1)],
    ['a beginning that goes on differently', `${KEY.slice(0, -1)}x and more`, `${KEY.slice(0, -1)}x and more`],
    ['nothing', 'data: {"a":"ü"}\n\n', 'data: {"a":"ü"}\n\n'],
  ] as const) {
    it(`says the same of ${what}, wherever it is cut`, () => assert.deepEqual([...passed(text)], [clean]));
  }

  it('passes the very bytes where there is nothing to hide, and never writes into those that came', () => {
    const plain = Buffer.from('data: x\n\n');
    assert.equal(new KeyWatch([KEY]).pass(plain), plain);
    const holding = Buffer.from(`x ${KEY}`);
    new KeyWatch([KEY]).pass(holding);
    assert.equal(holding.toString(), `x ${KEY}`);
  });

  it('has nothing to do without a key, or with a placeholder for one', () => {
    for (const secrets of [[], ['none']]) assert.equal(new KeyWatch(secrets).pass(Buffer.from('none')).toString(), 'none');
  });
});
