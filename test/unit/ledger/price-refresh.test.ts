import assert from 'node:assert/strict';
import { findProvider } from '@pydantic/genai-prices';
import { describe, it } from 'mocha';
import { createPriceBook } from '../../../src/core/ledger/price-book.ts';
import { checkFetchedPrices, readRefreshedPrices } from '../../../src/core/ledger/price-refresh.ts';
import { NOON, usageOf } from './ledger-kit.ts';

interface Model {
  id: string;
  match: object;
  prices: unknown;
  [more: string]: unknown;
}

const model = (id: string, prices: unknown = { input_mtok: 1, output_mtok: 2 }): Model => ({ id, match: { equals: id }, prices });

/** As the source has it (`prices/new_data/v2/data.json`): conditions without a type, extractors and addresses that nobody here needs. */
function fetched(change: (providers: { id: string; models: Model[] }[]) => void = () => undefined): string {
  const many = Array.from({ length: 600 }, (_, index) => model(`model-${index}`));
  const opus = { ...model('claude-opus-5', { input_mtok: 4.5, output_mtok: 22, cache_read_mtok: 0.45 }), name: 'Claude Opus 5' };
  const fresh = model('gpt-7', [
    { prices: { input_mtok: 9, output_mtok: 9 } },
    {
      constraint: { start_date: '2026-11-21' },
      prices: { input_mtok: { base: 3, tiers: [{ start: 100_000, price: 6 }] }, output_mtok: 3 },
    },
    { constraint: { start_time: '01:00:00Z', end_time: '02:00:00Z' }, prices: { input_mtok: 1, output_mtok: 1 } },
  ]);
  const providers = [
    {
      id: 'anthropic',
      api_pattern: 'x',
      extractors: [{}],
      models: [{ ...opus, match: { or: [{ starts_with: 'claude-opus-5' }, { regex: '^opus-\\d+$' }] } }],
    },
    { id: 'openai', models: [{ ...fresh, context_window: 400_000 }, model('gpt-odd-unit', { input_thoughts: 3 })] },
    { id: 'google', models: [model('gemini-9')] },
    { id: 'other', models: many },
  ];
  change(providers);
  return JSON.stringify(providers);
}

const AT = NOON;

describe('refreshed prices', () => {
  it('go before the bundled ones, with their day, and the bundled ones fill the gaps', () => {
    const read = readRefreshedPrices(fetched(), AT);
    assert.ok(read.ok, read.ok ? '' : read.why);
    assert.deepEqual([read.prices.asOf, read.models, read.leftOut], ['2026-11-21', 603, 1]);
    const book = createPriceBook();
    const cost = (priceProvider: string, name: string, usage: object, at = AT) =>
      book.cost({ priceProvider, model: name, usage: usageOf(usage), at, overrides: undefined, free: false });
    assert.equal(cost('anthropic', 'claude-opus-5', { input: 1_000 })?.nano, 5_000_000);
    book.use({ refreshed: read.prices });
    assert.equal(book.asOf(), '2026-11-21');
    assert.deepEqual(cost('anthropic', 'claude-opus-5', { input: 1_000 }), { nano: 4_500_000, from: 'refreshed' });
    assert.deepEqual(cost('anthropic', 'claude-haiku-4-5', { input: 1_000 }), { nano: 1_000_000, from: 'bundled' });
    assert.equal(cost('openai', 'gpt-7', { input: 100_000 })?.nano, 300_000_000);
    assert.equal(cost('openai', 'gpt-7', { input: 100_001 })?.nano, 600_006_000);
    assert.equal(cost('openai', 'gpt-7', { input: 1_000 }, Date.UTC(2026, 10, 20))?.nano, 9_000_000);
    assert.equal(cost('openai', 'gpt-7', { input: 1_000 }, Date.UTC(2026, 10, 22, 1, 30))?.nano, 1_000_000);
    assert.equal(cost('openai', 'gpt-odd-unit', { input: 1_000 }), undefined);
    assert.equal(book.describe('openai', 'gpt-7', AT)?.contextTokens, 400_000);
    assert.deepEqual(
      book.modelsOf('anthropic', AT).map(({ id }) => id),
      ['claude-opus-5'],
    );
    assert.deepEqual(
      book.sources().map(({ name }) => name),
      ['refreshed', 'bundled'],
    );
    book.use({});
    assert.equal(cost('openai', 'gpt-7', { input: 1_000 }), undefined);
  });

  it('are refused whole where anything is odd', async () => {
    const opus = (prices: unknown) => fetched(([anthropic]) => (anthropic!.models[0]!.prices = prices));
    const match = (logic: object) => fetched(([anthropic]) => (anthropic!.models[0]!.match = logic));
    const flat = { input_mtok: 5, output_mtok: 25 };
    const cases: readonly (readonly [text: string, why: RegExp])[] = [
      ['', /not JSON/],
      ['<html>', /not JSON/],
      ['{}', /not a list/],
      ['[]', /"anthropic"/],
      [`[${' '.repeat(4_000_000)}]`, /larger/],
      ['[7]', /place 1/],
      [fetched((all) => (all[1]!.id = 'Open AI')), /place 2/],
      [fetched((all) => all.push(all[0]!)), /"anthropic" twice/],
      [fetched((all) => all.splice(2, 1)), /"google"/],
      [fetched((all) => (all[3]!.models.length = 400)), /403 models/],
      [fetched((all) => (all[3]!.models = {} as Model[])), /no models for "other"/],
      [fetched((all) => (all[3]!.models[7]!.id = 'has space')), /no name/],
      [opus({ input_mtok: -5, output_mtok: 25 }), /"claude-opus-5": its input_mtok is no price/],
      [opus({ input_mtok: '5', output_mtok: 25 }), /input_mtok/],
      [opus({ input_mtok: 5, output_mtok: null }), /output_mtok/],
      [opus({ ...flat, input_mtok: { base: 5, tiers: [] } }), /input_mtok/],
      [
        opus({
          ...flat,
          input_mtok: {
            base: 5,
            tiers: [
              { start: 9, price: 1 },
              { start: 9, price: 2 },
            ],
          },
        }),
        /input_mtok/,
      ],
      [opus([]), /empty/],
      [opus(null), /no prices/],
      [opus([{ constraint: { start_date: 'soon' }, prices: flat }]), /at a time/],
      [opus([{ constraint: { start_time: '25:00:00Z', end_time: '01:00:00Z' }, prices: flat }]), /at a time/],
      [opus({ input_mtok: 500, output_mtok: 25 }), /500 dollars for claude-opus-5 of anthropic, which was 5$/],
      [opus({ input_mtok: 5, output_mtok: 0.25 }), /0.25 dollars/],
      [match({ regex: '^(a+)+$' }), /names/],
      [match({ regex: '(a|b)*' }), /names/],
      [match({ regex: '(' }), /names/],
      [match({ regex: '(?<=a)b' }), /names/],
      [match({ regex: 'a*a*b' }), /names/],
      [match({ regex: '(a)\\1' }), /names/],
      [match({ regex: 'a{1,}{2,}' }), /names/],
      [match({ equals: '' }), /names/],
      [match({ or: [] }), /names/],
      [match({ or: [{ equals: 'a' }, { like: 'b' }] }), /names/],
      [match({ equals: 'a', contains: 'b' }), /names/],
    ];
    for (const [text, why] of cases) {
      const read = await checkFetchedPrices(text, AT);
      assert.ok(!read.ok, `${why} was taken`);
      assert.match(read.why, why);
    }
  });

  it('may be all that the package itself holds, and then cost the same', async () => {
    const ids = [
      'anthropic',
      'openai',
      'google',
      'openrouter',
      'mistral',
      'groq',
      'deepseek',
      'x-ai',
      'moonshotai',
      'aws',
      'azure',
    ];
    const providers = ids.map((id) => findProvider({ providerId: id }));
    const read = await checkFetchedPrices(JSON.stringify(providers), AT);
    assert.ok(read.ok, read.ok ? '' : read.why);
    assert.ok(read.models > 1_000 && read.leftOut < 20, `${read.models} taken, ${read.leftOut} left out`);
    const [bundled, refreshed] = [createPriceBook(), createPriceBook()];
    refreshed.use({ refreshed: read.prices });
    for (const provider of providers) {
      for (const { id } of provider?.models ?? []) {
        const usage = usageOf({ input: 150_000, cacheRead: 100_000, cacheWrite5m: 3_000, cacheWrite1h: 4_000, output: 5_000 });
        const question = { priceProvider: provider?.id, model: id, usage, at: AT, overrides: undefined, free: false };
        assert.equal(refreshed.cost(question)?.nano, bundled.cost(question)?.nano, `${provider?.id}/${id}`);
      }
    }
  }).timeout(10_000);

  it('may be cheaper or dearer within reason', async () => {
    const cheaper = fetched(([anthropic]) => (anthropic!.models[0]!.prices = { input_mtok: 0.5, output_mtok: 2 }));
    assert.ok((await checkFetchedPrices(cheaper, AT)).ok);
  });
});
