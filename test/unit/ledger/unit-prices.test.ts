import assert from 'node:assert/strict';
import { calcPrice } from '@pydantic/genai-prices';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Usage } from '../../../src/core/ir/usage.ts';
import { createPriceBook } from '../../../src/core/ledger/price-book.ts';
import { tokensByUnits, probeUnitPrices } from '../../../src/core/ledger/unit-prices.ts';

const AT = Date.UTC(2026, 9, 1, 12);
const MODELS = [
  ['anthropic', 'claude-opus-5-5'],
  ['anthropic', 'claude-sonnet-4-5'],
  ['openai', 'gpt-5.5'],
  ['openai', 'gpt-4o-mini'],
  ['google', 'gemini-2.5-pro'],
  ['google', 'gemini-2.5-flash'],
  ['deepseek', 'deepseek-chat'],
  ['x-ai', 'grok-4'],
  ['mistral', 'mistral-small-latest'],
  ['groq', 'llama-3.3-70b-versatile'],
] as const;

const tokens = fc.integer({ min: 0, max: 150_000 });
const usages = fc.record({ input: tokens, cacheRead: tokens, cacheWrite5m: tokens, cacheWrite1h: tokens, output: tokens });

const whole = (counts: Pick<Usage, 'input' | 'cacheRead' | 'cacheWrite5m' | 'cacheWrite1h' | 'output'>): Usage => ({
  ...counts,
  reasoningWithinOutput: 0,
  units: {},
  source: 'reported',
});

describe('unit prices', () => {
  const book = createPriceBook();
  for (const [provider, model] of MODELS) {
    it(`give ${model} the package's own price to the nano, on both sides of every tier`, () => {
      fc.assert(
        fc.property(usages, (counts) => {
          const nano = book.cost({
            priceProvider: provider,
            model,
            usage: whole(counts),
            at: AT,
            overrides: {},
            free: false,
          })?.nano;
          const { input, cacheRead, cacheWrite5m, cacheWrite1h, output } = counts;
          const package_ = calcPrice(
            {
              input_tokens: input + cacheRead + cacheWrite5m + cacheWrite1h,
              cache_read_tokens: cacheRead,
              cache_write_tokens: cacheWrite5m + cacheWrite1h,
              cache_write_1h_tokens: cacheWrite1h,
              output_tokens: output,
            },
            model,
            { providerId: provider, timestamp: new Date(AT) },
          );
          assert.ok(package_);
          // A sum of floats may miss the half of a nano-dollar that a sum of products hits.
          assert.ok(Math.abs((nano ?? NaN) - package_.total_price * 1e9) <= 0.51, `${nano} against ${package_.total_price * 1e9}`);
        }),
        { numRuns: 200 },
      );
    });
  }

  it('are not used where a price is no plain product', () => {
    assert.equal(
      probeUnitPrices((usage) => usage.input ** 2, Infinity),
      undefined,
    );
    assert.equal(
      probeUnitPrices((usage) => (usage.output > 0 ? undefined : 0), Infinity),
      undefined,
    );
    assert.equal(
      probeUnitPrices((usage) => usage.input, 5_000),
      undefined,
    );
  });

  it('end where the first tier begins', () => {
    const prices = probeUnitPrices((usage) => usage.input * 3, 200_000);
    assert.ok(prices);
    const usage = whole({ input: 199_999, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 0 });
    assert.deepEqual(tokensByUnits(prices, usage), { request: 0, tokens: 599_997 });
    assert.equal(tokensByUnits(prices, { ...usage, cacheRead: 1 }), undefined);
  });
});
