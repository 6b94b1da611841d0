import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Usage } from '../../../../src/core/ir/usage.ts';
import { worstCase, type RequestSize } from '../../../../src/core/ledger/budgets/worst-case.ts';
import { createPriceBook } from '../../../../src/core/ledger/price-book.ts';

const price = (usage: Usage) => 5 * usage.input + 6 * usage.cacheWrite5m + 10 * usage.cacheWrite1h + 25 * usage.output;

describe('budgets: worst case', () => {
  const size: RequestSize = { tokens: 3_000, bytes: 12_000, outputLimit: 100, model: 'claude-opus-5-5' };

  it('is all of the input written to the cache for an hour, at three bytes a token, and all of the output', () => {
    assert.equal(worstCase(size, price), 10 * 4_000 + 25 * 100);
    assert.equal(worstCase({ ...size, tokens: 0 }, price), 10 * 4_000 + 25 * 100, 'of a body that could not be read, its bytes');
    assert.equal(worstCase({ ...size, answers: 3 }, price), 10 * 4_000 + 25 * 300);
    assert.equal(worstCase({ ...size, outputLimit: 0 }, price), 10 * 4_000, 'embeddings');
  });

  it('takes the limit of the model where the request has none, or one that no model keeps', () => {
    const output = (values: Partial<RequestSize>) => (worstCase({ ...size, tokens: 0, bytes: 0, ...values }, price) ?? 0) / 25;
    assert.equal(output({ outputLimit: undefined }), 128_000);
    assert.equal(output({ outputLimit: 1_000_000 }), 128_000);
    assert.equal(output({ outputLimit: undefined, model: 'of-ones-own' }), 65_536);
    for (const outputLimit of [Number.NaN, -1, Infinity]) assert.equal(output({ outputLimit }), 128_000);
  });

  it('is not known where the price is not, and does without prices of writes', () => {
    assert.equal(
      worstCase(size, () => undefined),
      undefined,
    );
    const noWrites = (usage: Usage) => (usage.cacheWrite5m + usage.cacheWrite1h > 0 ? undefined : price(usage));
    assert.equal(worstCase(size, noWrites), 5 * 4_000 + 25 * 100);
  });

  it('is never less than what the same tokens cost in whatever buckets, over the tiers of the book as well', () => {
    const book = createPriceBook();
    const models = [
      ['anthropic', 'claude-opus-5-5'],
      ['anthropic', 'claude-sonnet-4-5'],
      ['openai', 'gpt-5.5'],
      ['google', 'gemini-2.5-pro'],
    ] as const;
    const part = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(...models), fc.nat(500_000), part, part, part, (which, tokens, a, b, c) => {
        const [priceProvider, model] = which;
        const cost = (usage: Usage) =>
          book.cost({ priceProvider, model, usage, at: Date.UTC(2026, 8, 1), overrides: undefined, free: false })?.nano;
        const worst = worstCase({ tokens, bytes: 4 * tokens, outputLimit: 8_000, model }, cost);
        const cacheRead = Math.floor(tokens * a);
        const cacheWrite1h = Math.floor((tokens - cacheRead) * b);
        const cacheWrite5m = Math.floor((tokens - cacheRead - cacheWrite1h) * c);
        const input = tokens - cacheRead - cacheWrite1h - cacheWrite5m;
        const usage = {
          input,
          cacheRead,
          cacheWrite5m,
          cacheWrite1h,
          output: 8_000,
          reasoningWithinOutput: 0,
          units: {},
          source: 'reported' as const,
        };
        const actual = cost(usage);
        assert.ok(worst !== undefined && actual !== undefined && actual <= worst, `${actual} > ${worst}`);
      }),
      { numRuns: 150 },
    );
  });
});
