import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Usage } from '../../../src/core/ir/usage.ts';
import { createPriceBook } from '../../../src/core/ledger/price-book.ts';
import { usageOf } from './ledger-kit.ts';
import LIST from './list-prices.json' with { type: 'json' };

/**
 * `list-prices.json` holds nano-dollars worked out from the vendors' price lists, without the price package and without any code of ours:
 * what 1,000 tokens of each bucket cost on a day; under `tiers` what 1,000 of every bucket together cost in a service tier; under `long`
 * what 1,000 tokens of output cost with the last input below a threshold, and with one token more.
 */
interface Row {
  readonly provider: string;
  readonly model: string;
  readonly day: string;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly tiers?: Readonly<Record<string, number | undefined>>;
  readonly long?: { readonly last: number; readonly below: number; readonly above: number };
}

const BUCKETS = ['input', 'output', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h'] as const;
const rows: readonly Row[] = LIST;
const book = createPriceBook();

function nano({ provider, model, day }: Row, usage: Partial<Usage>, tier?: string): number | undefined {
  // Noon: DeepSeek charges more in two spans of the night.
  const at = Date.parse(`${day}T12:00:00Z`);
  return book.cost({ priceProvider: provider, model, usage: usageOf(usage), at, overrides: undefined, free: false, tier })?.nano;
}

describe('cost by list prices', () => {
  it('are those of at least 40 models', () => {
    assert.ok(new Set(rows.map(({ provider, model }) => `${provider}/${model}`)).size >= 40);
  });

  for (const row of rows) {
    it(`${row.provider}/${row.model} on ${row.day}`, () => {
      for (const bucket of BUCKETS) assert.equal(nano(row, { [bucket]: 1_000 }), row[bucket], bucket);
      const all = { input: 1_000, output: 1_000, cacheRead: 1_000, cacheWrite5m: 1_000, cacheWrite1h: 1_000 };
      const sum = BUCKETS.reduce((total, bucket) => total + row[bucket], 0);
      assert.equal(nano(row, all), sum);
      assert.equal(nano(row, all, 'default'), sum);
      for (const [tier, expected] of Object.entries(row.tiers ?? {})) assert.equal(nano(row, all, tier), expected, tier);
      if (row.long === undefined) return;
      const { last, below, above } = row.long;
      assert.equal(nano(row, { input: last, output: 1_000 }), below);
      assert.equal(nano(row, { input: last + 1, output: 1_000 }), above);
      // The threshold is one of all that went in, not of what was new.
      const cached = { input: 1, cacheRead: last - 1 };
      const more = { input: 2, cacheRead: last - 1 };
      assert.ok((nano(row, more) ?? 0) > 1.5 * (nano(row, cached) ?? Infinity));
    });
  }
});

describe('service tiers', () => {
  const priced = (priceProvider: string, model: string, tier: string) =>
    book.cost({
      priceProvider,
      model,
      usage: usageOf({ input: 1_000 }),
      at: Date.UTC(2026, 10, 21),
      overrides: {},
      free: false,
      tier,
    })?.nano;

  it('without a known price leave a request unpriced', () => {
    // OpenAI lists no priority price for these; Google tells a range; xAI, Azure and the rest tell nothing.
    for (const [provider, model, tier] of [
      ['openai', 'gpt-5-nano', 'priority'],
      ['openai', 'gpt-5-pro', 'fast'],
      ['openai', 'gpt-6-astra', 'ultrafast'],
      ['google', 'gemini-2.5-pro', 'priority'],
      ['x-ai', 'grok-4.6', 'priority'],
      ['anthropic', 'claude-haiku-4-5', 'fast'],
      ['groq', 'llama-3.3-70b-versatile', 'gold'],
      ['openai', 'gpt-5', 'constructor'],
      ['openai', 'gpt-5', 'flex+constructor'],
    ] as const) {
      assert.equal(priced(provider, model, 'standard'), priced(provider, model, ''), model);
      assert.ok((priced(provider, model, 'default') ?? 0) > 0, model);
      assert.equal(priced(provider, model, tier), undefined, `${model} ${tier}`);
    }
  });

  it('are the same in capitals', () => {
    assert.equal(priced('openai', 'gpt-5', 'FLEX'), 625_000);
  });

  it('do not touch what is billed by the piece', () => {
    const cost = (tier: string | undefined) =>
      book.cost({
        priceProvider: 'anthropic',
        model: 'claude-opus-5-5',
        usage: usageOf({ input: 1_000, units: { webSearches: 3 } }),
        at: Date.UTC(2026, 10, 21),
        overrides: {},
        free: false,
        tier,
      })?.nano;
    assert.equal(cost(undefined), 34_000_000);
    assert.equal(cost('batch'), 32_000_000);
    assert.equal(cost('fast'), 38_000_000);
  });
});
