import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { priceRules, tokenPrices } from '../../../src/core/config/schema-money.ts';

describe('price rules in the configuration', () => {
  const faults = (rules: unknown) =>
    priceRules.safeParse(rules).error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`);

  it('name an agent, a provider or a model, and have two prices', () => {
    const rule = { agent: 'codex', provider: 'work', model: 'gpt-*', input: 1, output: 2, cacheRead: 0, searches: 10 };
    assert.deepEqual(priceRules.parse([rule]), [rule]);
    assert.deepEqual(priceRules.parse(undefined), []);
    assert.deepEqual(faults([{ input: 1, output: 1 }]), ['0 must name an agent, a provider or a model']);
    assert.equal(faults([{ model: 'a', input: 1 }])?.length, 1);
    assert.equal(faults([{ model: '', input: 1, output: 1 }])?.length, 1);
  });

  it('refuse what is no price', () => {
    for (const usd of [-1, Number.NaN, Infinity, 10_001, '1', null]) {
      assert.equal(tokenPrices.safeParse({ input: usd, output: 1 }).success, false, String(usd));
    }
    assert.equal(tokenPrices.safeParse({ input: 1, output: 1, cached: 1 }).success, false);
    assert.match(faults([{ model: 'a', input: 3e6, output: 1 }])?.[0] ?? '', /per million tokens/);
  });
});
