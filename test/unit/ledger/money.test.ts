import assert from 'node:assert/strict';
import fc from 'fast-check';
import { globMatches } from '../../../src/core/ir/glob.ts';
import { firstIdAt, newRequestIds, timeOf } from '../../../src/core/ledger/ids.ts';
import { nanoFromUsd, shortUsd, usdString } from '../../../src/core/ledger/money.ts';
import { random } from './ledger-kit.ts';

describe('money', () => {
  it('writes nine places and never a float', () => {
    assert.equal(usdString(54_399_000), '0.054399000');
    assert.equal(usdString(0), '0.000000000');
    assert.equal(usdString(-1), '-0.000000001');
    assert.equal(usdString(-1_500_000_000), '-1.500000000');
    assert.equal(usdString(Number.MAX_SAFE_INTEGER), '9007199.254740991');
  });

  it('loses no nano-dollar of any amount', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (nano) => {
        const text = usdString(nano);
        assert.match(text, /^-?\d+\.\d{9}$/);
        assert.equal(Number(BigInt(text.replace('.', ''))), nano);
      }),
    );
  });

  it('is short for people and does not call a little nothing', () => {
    assert.equal(shortUsd(0), '$0.00');
    assert.equal(shortUsd(1), '<$0.01');
    assert.equal(shortUsd(9_999_999), '<$0.01');
    assert.equal(shortUsd(10_000_000), '$0.01');
    assert.equal(shortUsd(54_399_000), '$0.05');
    assert.equal(shortUsd(12_295_000_000), '$12.30');
    assert.equal(shortUsd(999_995_000_000), '$1000.00');
    assert.equal(shortUsd(-54_399_000), '-$0.05');
  });

  it('refuses what is no amount', () => {
    assert.equal(nanoFromUsd(0.1 + 0.2), 300_000_000);
    for (const usd of [Number.NaN, -0.01, Number.POSITIVE_INFINITY, 9_100_000]) assert.equal(nanoFromUsd(usd), undefined);
  });
});

describe('request ids', () => {
  it('sort by time, also within a millisecond, and follow a clock that is set back', () => {
    let now = 1_795_262_400_000;
    const nextId = newRequestIds({ now: () => now, monotonic: () => 0 }, random);
    const ids: string[] = [];
    for (let turn = 0; turn < 5_000; turn++) {
      if (turn % 700 === 0) now += 1;
      const id = nextId();
      ids.push(id);
      assert.equal(timeOf(id), now);
      assert.ok(id >= firstIdAt(now) && id < firstIdAt(now + 1));
      assert.match(id, /^[0-9a-hjkmnp-tv-z]{26}$/);
    }
    assert.deepEqual([...ids].sort(), ids);
    assert.equal(new Set(ids).size, ids.length);
    now -= 60_000;
    assert.equal(timeOf(nextId()), now);
  });

  it('draw anew when the part of chance overflows', () => {
    const full = { bytes: (size: number) => new Uint8Array(size).fill(1).fill(255, 0, 16), fraction: () => 0 };
    const nextId = newRequestIds({ now: () => 1_000, monotonic: () => 0 }, full);
    const ids = Array.from({ length: 20 }, () => nextId());
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) assert.equal(timeOf(id), 1_000);
  });
});

describe('glob', () => {
  it('knows only the star, minds case, and treats everything else as itself', () => {
    const cases: [string, string, boolean][] = [
      ['claude-*', 'claude-opus-5-5', true],
      ['claude-*', 'anthropic/claude-opus', false],
      ['*haiku*', 'claude-haiku-4-5', true],
      ['*', '', true],
      ['a*a', 'a', false],
      ['a*b*c', 'a-b-b-c', true],
      ['a*bc*c', 'abc', false],
      ['GPT-*', 'gpt-5', false],
      ['gpt-5.?', 'gpt-5.1', false],
      ['gpt-5.1', 'gpt-501', false],
    ];
    for (const [pattern, text, expected] of cases) assert.equal(globMatches(pattern, text), expected, `${pattern} on ${text}`);
  });

  it('agrees with a regular expression on any pattern', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    fc.assert(
      fc.property(letters, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 }), (pattern, text) => {
        assert.equal(globMatches(pattern, text), new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is not slowed down by a hostile pattern', () => {
    const start = performance.now();
    assert.equal(globMatches(`${'*a'.repeat(40)}b`, 'a'.repeat(5_000)), false);
    assert.ok(performance.now() - start < 100);
  });
});
