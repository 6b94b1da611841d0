import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { createPriceBook, type CostQuestion } from '../../../src/core/ledger/price-book.ts';
import { findPriceRule, type PriceRule } from '../../../src/core/ledger/price-rules.ts';
import { NOON, usageOf } from './ledger-kit.ts';

const book = createPriceBook();
const flat = (usd: number) => ({ input: usd, output: usd });
const rule = (usd: number, where: Omit<PriceRule, 'prices'>): PriceRule => ({ ...where, prices: flat(usd) });
const asked = { agent: 'codex', provider: 'work', model: 'gpt-5' };

describe('price rules', () => {
  /** From the one that goes before all others to the one that comes last. */
  const ORDER: readonly Omit<PriceRule, 'prices'>[] = [
    { agent: 'codex', provider: 'work', model: 'gpt-5' },
    { agent: 'codex', provider: 'work', model: 'gpt-*' },
    { agent: 'codex', provider: 'work' },
    { agent: 'codex', provider: 'wo*', model: 'gpt-5' },
    { agent: 'codex', model: 'gpt-5' },
    { agent: 'codex', model: '*-5' },
    { agent: 'codex' },
    { agent: 'co*', provider: 'work', model: 'gpt-5' },
    { agent: 'co*' },
    { provider: 'work', model: 'gpt-5' },
    { provider: 'work', model: 'gpt-*' },
    { provider: 'work' },
    { provider: '*rk', model: 'gpt-5' },
    { model: 'gpt-5' },
    { model: 'gpt*' },
    { model: '*' },
  ];

  it('hold in one fixed order, however they are written down', () => {
    const rules = ORDER.map((where, index) => rule(index, where));
    fc.assert(
      fc.property(fc.shuffledSubarray(rules, { minLength: 1 }), (some) => {
        const first = Math.min(...some.map(({ prices }) => prices.input));
        assert.equal(findPriceRule(some, undefined, asked)?.input, first);
      }),
      { numRuns: 300 },
    );
  });

  it("of one rank the first holds, and a rule before the provider's own price", () => {
    const rules = [rule(1, { provider: 'work', model: 'gpt-5' }), rule(2, { provider: 'work', model: 'gpt-5' })];
    assert.equal(findPriceRule(rules, { 'gpt-5': flat(3) }, asked)?.input, 1);
    assert.equal(findPriceRule([], { 'gpt-*': flat(3), 'g*': flat(4) }, asked)?.input, 3);
    assert.equal(findPriceRule([rule(1, { provider: 'work' })], { 'gpt-*': flat(3) }, asked)?.input, 3);
    assert.equal(findPriceRule([rule(1, { agent: 'codex' })], { 'gpt-5': flat(3) }, asked)?.input, 1);
    assert.equal(findPriceRule([], { 'gpt-*': flat(3), 'gpt-5': flat(4) }, asked)?.input, 4);
  });

  it('hold only where all that they name is so', () => {
    for (const where of [
      { agent: 'claude-code' },
      { provider: 'play' },
      { model: 'gpt-5-mini' },
      { agent: 'codex', model: 'o3' },
    ]) {
      assert.equal(findPriceRule([rule(1, where)], undefined, asked), undefined, JSON.stringify(where));
    }
    const unnamed = { agent: undefined, provider: undefined, model: 'gpt-5' };
    assert.equal(findPriceRule([rule(1, { agent: '*' }), rule(1, { provider: '*' })], undefined, unnamed), undefined);
  });
});

describe('prices of the user', () => {
  const cost = (more: Partial<CostQuestion>) =>
    book.cost({
      priceProvider: 'openai',
      model: 'gpt-5',
      usage: usageOf({ input: 1_000_000 }),
      at: NOON,
      overrides: undefined,
      free: false,
      ...more,
    });

  it('go before the book, and before what is free', () => {
    const rules = [rule(3, { agent: 'codex' })];
    assert.deepEqual(cost({ rules, agent: 'codex' }), { nano: 3_000_000_000, from: 'rule' });
    assert.deepEqual(cost({ rules, agent: 'claude-code' }), { nano: 1_250_000_000, from: 'bundled' });
    assert.deepEqual(cost({ free: true }), { nano: 0, from: 'free' });
    assert.deepEqual(cost({ free: true, rules, agent: 'codex' }), { nano: 3_000_000_000, from: 'rule' });
  });

  it('of 0 are a price: a subscription costs nothing more', () => {
    assert.deepEqual(cost({ rules: [rule(0, { provider: 'max' })], provider: 'max' }), { nano: 0, from: 'rule' });
  });

  it('follow the service tier where its factor is known, and hold as they are where not', () => {
    const rules = [rule(4, { model: 'gpt-5*' })];
    assert.equal(cost({ rules, tier: 'flex' })?.nano, 2_000_000_000);
    assert.equal(cost({ rules, tier: 'priority' })?.nano, 8_000_000_000);
    assert.equal(cost({ rules, tier: 'priority', model: 'gpt-5-nano' })?.nano, 4_000_000_000);
  });

  it('take the price of a search from the book where they have none', () => {
    const usage = usageOf({ units: { webSearches: 2 } });
    const prices = { model: '*', prices: flat(1) };
    assert.equal(cost({ usage, rules: [prices] })?.nano, 20_000_000);
    assert.equal(cost({ usage, rules: [{ ...prices, prices: { ...flat(1), searches: 25 } }] })?.nano, 50_000_000);
    assert.equal(cost({ usage, priceProvider: undefined, rules: [prices] }), undefined);
  });

  it('price sound and pictures apart, or as text', () => {
    const units = { audioInput: 100_000, imageInput: 200_000, audioOutput: 10_000, imageOutput: 20_000 };
    const usage = usageOf({ input: 500_000, output: 50_000, units });
    assert.equal(cost({ usage, rules: [rule(2, { model: '*' })] })?.nano, 1_100_000_000);
    const prices = { input: 2, output: 4, audioInput: 10, imageInput: 3, audioOutput: 20, imageOutput: 30 };
    // 200,000 x 2 + 100,000 x 10 + 200,000 x 3 + 20,000 x 4 + 10,000 x 20 + 20,000 x 30 = 2,880,000 dollars a million
    assert.equal(cost({ usage, rules: [{ prices }] })?.nano, 2_880_000_000);
  });
});

describe('what is billed by the piece or by its kind, from the book', () => {
  const nano = (priceProvider: string, model: string, usage: Parameters<typeof usageOf>[0]) =>
    book.cost({ priceProvider, model, usage: usageOf(usage), at: NOON, overrides: undefined, free: false })?.nano;

  it('sound costs more than text', () => {
    // gemini-2.5-flash: text 0.30, sound 1.00, cached sound 0.10 dollars a million
    const units = { audioInput: 1_000, audioCacheRead: 500 };
    assert.equal(nano('google', 'gemini-2.5-flash', { input: 3_000, cacheRead: 500, units }), 600_000 + 1_000_000 + 50_000);
    // No price of its own: as text.
    assert.equal(nano('anthropic', 'claude-opus-5-5', { input: 1_000, units: { audioInput: 400 } }), 4_000_000);
  });

  it('a picture made costs more than text', () => {
    // gemini-2.5-flash-image: text 2.50, pictures 30 dollars a million
    assert.equal(nano('google', 'gemini-2.5-flash-image', { output: 1_390, units: { imageOutput: 1_290 } }), 250_000 + 38_700_000);
  });

  it('searches of Gemini: by the query since 3, by the prompt before', () => {
    const units = { webSearches: 3, groundedPrompts: 1 };
    assert.equal(nano('google', 'gemini-3.1-pro-preview', { units }), 42_000_000);
    assert.equal(nano('google', 'gemini-2.5-pro', { units }), 35_000_000);
  });

  it('a request of its own costs, whatever it holds', () => {
    assert.equal(nano('perplexity', 'sonar', { input: 1_000 }), 12_000_000 + 1_000_000);
    assert.equal(nano('perplexity', 'sonar', { input: 1_000, units: { audioInput: 10 } }), 13_000_000);
  });

  it('searches in files, and pages read for nothing', () => {
    assert.equal(nano('openai', 'gpt-5', { units: { fileSearches: 4, webSearches: 1 } }), 20_000_000);
    assert.equal(nano('anthropic', 'claude-opus-5', { units: { webFetches: 9 } }), 0);
  });

  it('a piece without a known price leaves the request unpriced', () => {
    assert.equal(nano('x-ai', 'grok-4.6', { input: 10, units: { webSearches: 1 } }), undefined);
    assert.equal(nano('anthropic', 'claude-opus-5', { input: 10, units: { fileSearches: 1 } }), undefined);
    assert.equal(nano('openai', 'gpt-5', { input: 10, units: { webSearches: -1 } }), undefined);
    assert.equal(nano('openai', 'gpt-5', { input: 10, units: { webSearches: Number.NaN } }), undefined);
  });
});
