import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Usage } from '../../../src/core/ir/usage.ts';
import { createPriceBook } from '../../../src/core/ledger/price-book.ts';
import type { CostQuestion } from '../../../src/core/ledger/price-book.ts';
import { NOON, usageOf } from './ledger-kit.ts';

const book = createPriceBook();

function nano(
  priceProvider: string | undefined,
  model: string,
  usage: Partial<Usage>,
  more: Partial<CostQuestion> = {},
): number | undefined {
  return book.cost({ priceProvider, model, usage: usageOf(usage), at: NOON, overrides: undefined, free: false, ...more })?.nano;
}

describe('price book: bugs on record elsewhere', () => {
  it('LiteLLM #9812: cache writes are not billed as input on top', () => {
    assert.equal(nano('anthropic', 'claude-3-7-sonnet-20250219', { input: 3, cacheWrite5m: 12_304, output: 550 }), 54_399_000);
  });

  it('Bifrost #3451: cache creation of a stream is counted once', () => {
    assert.equal(nano('anthropic', 'claude-opus-4-5-20251101', { input: 6, cacheWrite5m: 159_217, output: 2_745 }), 1_063_761_250);
  });

  it('LiteLLM #14849: Gemini cache hits are not billed twice, and the tier holds for the whole request', () => {
    const usage = { input: 262_960 - 257_955, cacheRead: 257_955, output: 1_744 };
    assert.equal(nano('google', 'gemini-2.5-pro', usage), 103_161_250);
  });

  it('a tier is a cliff on total input: at the threshold the base price, one token over it the higher one for all', () => {
    assert.equal(nano('google', 'gemini-2.5-pro', { input: 100_000, cacheRead: 100_000 }), 137_500_000);
    assert.equal(nano('google', 'gemini-2.5-pro', { input: 100_001, cacheRead: 100_000 }), 275_002_500);
    assert.equal(nano('openai', 'gpt-5.5', { input: 271_999, output: 1_000 }), 1_389_995_000);
    assert.equal(nano('openai', 'gpt-5.5', { input: 272_000, output: 1_000 }), 2_765_000_000);
  });

  it('one-hour writes cost more than five-minute ones, and neither throws alone', () => {
    assert.equal(nano('anthropic', 'claude-opus-5-5', { cacheWrite1h: 1_000 }), 8_000_000);
    assert.equal(nano('anthropic', 'claude-opus-5-5', { cacheWrite5m: 1_000 }), 5_000_000);
    assert.equal(nano('anthropic', 'claude-opus-5-5', { cacheWrite5m: 1_000, cacheWrite1h: 1_000 }), 13_000_000);
  });

  it('more read from the cache than sent uncached is no error: the buckets are disjoint', () => {
    assert.equal(nano('anthropic', 'claude-opus-5-5', { input: 1, cacheRead: 1_000_000 }), 200_004_000);
  });

  it('reasoning is inside output and not added to it', () => {
    const plain = nano('openai', 'gpt-5', { input: 10, output: 500 });
    assert.equal(nano('openai', 'gpt-5', { input: 10, output: 500, reasoningWithinOutput: 400 }), plain);
  });

  it('web searches are billed by the piece', () => {
    assert.equal(nano('anthropic', 'claude-opus-5-5', { units: { webSearches: 3 } }), 30_000_000);
  });

  it('a price holds from its day on', () => {
    const usage = { input: 1_000_000 };
    assert.equal(nano('openai', 'gpt-5.6', usage, { at: Date.UTC(2026, 7, 20) }), 10_000_000_000);
    assert.equal(nano('openai', 'gpt-5.6', usage, { at: Date.UTC(2026, 7, 21) }), 8_000_000_000);
  });
});

describe('price book: unpriced is never zero', () => {
  it('for a model, a provider or a server that the book does not know', () => {
    const usage = { input: 10, output: 10 };
    assert.equal(nano('anthropic', 'claude-from-tomorrow', usage), undefined);
    // Newer than the book: no older sibling lends its price.
    assert.equal(nano('anthropic', 'claude-haiku-5-5', usage), undefined);
    assert.equal(nano('no-such-provider', 'claude-opus-5-5', usage), undefined);
    assert.equal(nano(undefined, 'claude-opus-5-5', usage), undefined);
  });

  it('for a model that the book lists without a price, but free where its name says so', () => {
    assert.equal(nano('google', 'gemma-3', { input: 10, output: 10 }), undefined);
    assert.equal(nano('openrouter', 'deepseek/deepseek-r1:free', { input: 10, output: 10 }), 0);
  });

  it('for tokens of a kind that has no price', () => {
    assert.equal(nano('openai', 'text-embedding-3-small', { input: 1_000 }), 20_000);
    assert.equal(nano('openai', 'text-embedding-3-small', { input: 1_000, output: 1 }), undefined);
  });

  it('free providers cost 0 and count as priced', () => {
    assert.equal(nano(undefined, 'qwen3-coder', { input: 10_000, output: 500 }, { free: true }), 0);
  });

  it('never throws, and gives a non-negative integer or nothing, whatever the counts', () => {
    const count = fc.oneof(
      fc.integer({ min: -5, max: 2_000_000 }),
      fc.constantFrom(Number.NaN, Infinity, 0.5, -0, Number.MAX_SAFE_INTEGER),
    );
    const buckets = fc.record({ input: count, cacheRead: count, cacheWrite5m: count, cacheWrite1h: count, output: count });
    const model = fc.constantFrom('claude-opus-5-5', 'gpt-5.5', 'gemini-2.5-pro', 'deepseek-chat', '', '\n', ':free');
    const provider = fc.constantFrom('anthropic', 'openai', 'google', 'deepseek', '', undefined);
    fc.assert(
      fc.property(buckets, model, provider, count, (usage, name, id, at) => {
        const cost = nano(id, name, usage, { at });
        assert.ok(cost === undefined || (Number.isSafeInteger(cost) && cost >= 0));
      }),
      { numRuns: 500 },
    );
  });
});

describe('price book: overrides', () => {
  const usage = { input: 1_000, cacheRead: 2_000, cacheWrite5m: 3_000, cacheWrite1h: 4_000, output: 500 };

  it('the first glob that matches wins, before the book', () => {
    const overrides = { 'claude-opus-*': { input: 1, output: 2 }, '*': { input: 100, output: 100 } };
    assert.equal(nano('anthropic', 'claude-opus-5-5', { input: 1_000, output: 1_000 }, { overrides }), 3_000_000);
    assert.equal(nano('anthropic', 'claude-haiku-4-5', { input: 1_000 }, { overrides }), 100_000_000);
    assert.equal(
      nano('anthropic', 'claude-haiku-4-5', { input: 1_000 }, { overrides: { 'gpt-*': { input: 9, output: 9 } } }),
      1_000_000,
    );
  });

  it('cache prices left out are the input price; a 1-hour write is at least a 5-minute one', () => {
    assert.equal(nano(undefined, 'm', usage, { overrides: { '*': { input: 2, output: 10 } } }), (10_000 * 2 + 500 * 10) * 1_000);
    const priced = { '*': { input: 2, output: 10, cacheRead: 0.2, cacheWrite5m: 2.5 } };
    assert.equal(nano(undefined, 'm', usage, { overrides: priced }), (1_000 * 2 + 2_000 * 0.2 + 7_000 * 2.5 + 500 * 10) * 1_000);
  });

  it('a faulty price makes it unpriced, not negative', () => {
    assert.equal(nano(undefined, 'm', usage, { overrides: { '*': { input: -1, output: 0 } } }), undefined);
    assert.equal(nano(undefined, 'm', usage, { overrides: { '*': { input: Number.NaN, output: 0 } } }), undefined);
  });
});

/**
 * USD per million tokens, entered by hand: input, output, cached read. `checked`: agrees with a second source, which for some Anthropic
 * lines is its own pages and for the others a table of a third party. `book`: no second source was looked up; the line guards against
 * a silent change.
 */
const LIST: readonly [
  source: 'checked' | 'book',
  provider: string,
  model: string,
  input: number,
  output: number,
  cacheRead: number,
][] = [
  ['checked', 'anthropic', 'claude-opus-4-1-20250805', 15, 75, 1.5],
  ['checked', 'anthropic', 'claude-opus-4-5-20251101', 5, 25, 0.5],
  ['checked', 'anthropic', 'claude-opus-5', 5, 25, 0.5],
  ['checked', 'anthropic', 'claude-opus-5-5', 4, 20, 0.2],
  ['checked', 'anthropic', 'claude-sonnet-4-5-20250929', 3, 15, 0.3],
  ['checked', 'anthropic', 'claude-sonnet-5', 2, 10, 0.2],
  ['checked', 'anthropic', 'claude-haiku-4-5-20251001', 1, 5, 0.1],
  ['checked', 'anthropic', 'claude-3-5-haiku-20241022', 0.8, 4, 0.08],
  ['checked', 'openai', 'gpt-4o-2024-11-20', 2.5, 10, 1.25],
  ['checked', 'openai', 'gpt-4o-mini', 0.15, 0.6, 0.075],
  ['checked', 'openai', 'gpt-4.1', 2, 8, 0.5],
  ['checked', 'openai', 'gpt-4.1-mini', 0.4, 1.6, 0.1],
  ['checked', 'openai', 'gpt-4.1-nano', 0.1, 0.4, 0.025],
  ['checked', 'openai', 'o4-mini', 1.1, 4.4, 0.275],
  ['checked', 'openai', 'gpt-5', 1.25, 10, 0.125],
  ['checked', 'openai', 'gpt-5-mini', 0.25, 2, 0.025],
  ['checked', 'openai', 'gpt-5-nano', 0.05, 0.4, 0.005],
  ['checked', 'google', 'gemini-2.5-pro', 1.25, 10, 0.125],
  ['checked', 'google', 'gemini-3-flash-preview', 0.5, 3, 0.05],
  ['checked', 'google', 'gemini-3.1-pro-preview', 2, 12, 0.2],
  ['book', 'openai', 'o3', 2, 8, 0.5],
  ['book', 'openai', 'gpt-5.2', 1.75, 14, 0.175],
  ['book', 'openai', 'gpt-5.6-sol', 4, 20, 0.4],
  ['book', 'google', 'gemini-2.5-flash', 0.3, 2.5, 0.03],
  ['book', 'google', 'gemini-3.8-flash', 0.75, 3.75, 0.075],
  ['book', 'mistral', 'codestral-2508', 0.3, 0.9, 0.03],
  ['book', 'groq', 'llama-3.3-70b-versatile', 0.59, 0.79, 0.59],
  ['book', 'x-ai', 'grok-4-0709', 3, 15, 0.75],
  ['book', 'x-ai', 'grok-code-fast-1', 0.2, 1.5, 0.02],
  ['book', 'deepseek', 'deepseek-v4-pro', 0.66, 1.98, 0.022],
];

describe('price book: list prices', () => {
  for (const [source, provider, model, input, output, cacheRead] of LIST) {
    it(`${provider}/${model} (${source === 'checked' ? 'agrees with a second source' : 'the book alone'})`, () => {
      assert.equal(nano(provider, model, { input: 100_000 }), Math.round(input * 100_000_000));
      assert.equal(nano(provider, model, { output: 100_000 }), Math.round(output * 100_000_000));
      assert.equal(nano(provider, model, { cacheRead: 100_000 }), Math.round(cacheRead * 100_000_000));
    });
  }
});

describe('price book: what pickers show', () => {
  it('the date of the prices belongs to the installed version', () => {
    const manifest = new URL('../../../node_modules/@pydantic/genai-prices/package.json', import.meta.url);
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    assert.deepEqual(
      [version, book.asOf()],
      ['0.1.8', '2026-09-23'],
      'a new version of the prices needs its date of publication in price-book.ts',
    );
  });

  it('describes a model by the name that a provider lists, at the prices of the day', () => {
    const facts = book.describe('anthropic', 'claude-opus-5-5-20260901', NOON);
    assert.deepEqual([facts?.id, facts?.name, facts?.contextTokens], ['claude-opus-5-5-20260901', 'Claude Opus 5.5', 1_000_000]);
    assert.deepEqual([facts?.inputUsd, facts?.outputUsd], [4, 20]);
    assert.equal(book.describe('openai', 'gpt-5.6-sol', Date.UTC(2026, 7, 1))?.inputUsd, 5);
    assert.equal(book.describe('openai', 'nothing-like-it'), undefined);
    assert.equal(book.describe(undefined, 'gpt-5'), undefined);
  });

  it('offers models of today that talk, newest first, and no relics', () => {
    const anthropic = book.modelsOf('anthropic', NOON).map((model) => model.id);
    assert.ok(anthropic.includes('claude-opus-5-5') && anthropic.includes('claude-haiku-4-5'));
    assert.ok(anthropic.indexOf('claude-opus-5-5') < anthropic.indexOf('claude-opus-4-1'));
    const all = ['anthropic', 'openai', 'google', 'mistral', 'groq', 'deepseek', 'x-ai'].flatMap((id) => book.modelsOf(id, NOON));
    assert.ok(all.length > 50);
    for (const { id, inputUsd, outputUsd } of all) {
      assert.ok(inputUsd !== undefined && outputUsd !== undefined, id);
      assert.doesNotMatch(id, /whisper|embed|tts|image|davinci|claude-2|gpt-3\.5|gemini-1\.5|:extended|-$/);
    }
    assert.deepEqual(book.modelsOf('no-such-provider'), []);
    assert.deepEqual(book.modelsOf(undefined), []);
  });
});
