import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { DIALECTS } from '../../src/core/dialects/by-id.ts';
import { NO_USAGE, type Usage } from '../../src/core/ir/usage.ts';
import { bookEntry } from '../../src/core/ledger/book-entry.ts';
import { createPriceBook, type CostQuestion } from '../../src/core/ledger/price-book.ts';
import { readPriceFile } from '../../src/core/ledger/price-file.ts';
import { opened, settlement } from '../unit/ledger/ledger-kit.ts';
import { corpusStreams, eventsOf, framed, ownStreams } from './recorded-streams.ts';

const AT = Date.UTC(2026, 10, 21, 12);
const book = createPriceBook();

/** One of each kind: flat, with cliffs, free reads, dated, by the hour, sound apart, searches, a tier apart, a rule, a file. */
const MODELS = [
  ['anthropic', 'claude-opus-5-5', undefined],
  ['anthropic', 'claude-opus-5', 'fast+us'],
  ['anthropic', 'claude-sonnet-4-5', 'batch'],
  ['openai', 'gpt-5.5', 'priority'],
  ['openai', 'gpt-4o-mini', 'priority'],
  ['openai', 'gpt-5.6-sol', 'flex'],
  ['openai', 'o4-mini', 'priority'],
  ['google', 'gemini-2.5-pro', undefined],
  ['google', 'gemini-2.5-flash', 'flex'],
  ['deepseek', 'deepseek-v4-pro', undefined],
  ['x-ai', 'grok-4.6', undefined],
  ['groq', 'llama-3.3-70b-versatile', 'batch'],
  ['of-rule', 'm', undefined],
  ['of-file', 'm', 'gold'],
] as const;

const { file } = readPriceFile(
  JSON.stringify({
    models: [
      {
        provider: 'of-file',
        model: 'm',
        input: 0.3,
        output: 1.7,
        cacheRead: 0.07,
        above: [{ tokens: 9_000, input: 0.6 }],
        tiers: { gold: 1.3 },
      },
    ],
  }),
  'f',
);
assert.ok(file);
book.use({ files: [file] });

const RULES = [{ provider: 'of-rule', prices: { input: 0.123_456, output: 7.654_321, cacheRead: 0.000_9, cacheWrite1h: 0.5 } }];

type Model = (typeof MODELS)[number];

function nano([priceProvider, model, tier]: Model, usage: Usage, more: Partial<CostQuestion> = {}): number | undefined {
  const provider = priceProvider;
  return book.cost({
    priceProvider,
    provider,
    model,
    usage,
    at: AT,
    overrides: undefined,
    free: false,
    tier,
    rules: RULES,
    ...more,
  })?.nano;
}

/** As the ledger books it. */
function booked(model: Model, usage: Usage) {
  const request = opened({ provider: model[0], model: model[1] });
  return bookEntry(request, { ...settlement(request.id), usage }, (_request, used) => nano(model, used));
}

const BUCKETS = ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'output'] as const;
const models = fc.constantFrom(...MODELS);
const tokens = (max: number) => fc.integer({ min: 0, max });
/** Sound and pictures are drawn as shares of their buckets. */
const usages = (max: number) =>
  fc
    .record({
      input: tokens(max),
      cacheRead: tokens(max),
      cacheWrite5m: tokens(max),
      cacheWrite1h: tokens(max),
      output: tokens(max),
      audio: fc.double({ min: 0, max: 0.5, noNaN: true }),
    })
    .map(({ audio, ...counts }): Usage => {
      const units: Record<string, number> = {};
      if (audio > 0.2)
        Object.assign(units, { audioInput: Math.floor(counts.input * audio), audioOutput: Math.floor(counts.output * audio) });
      return { ...NO_USAGE, ...counts, units, source: 'reported' };
    });

/** Below every cliff, and in the file's case below 9,000: there prices are plain products. */
const SMALL = 2_000;

describe('cost', () => {
  it('is a whole number of nano-dollars, never negative, never NaN, whatever was counted', () => {
    const count = fc.oneof(tokens(3_000_000), fc.constantFrom(Number.NaN, Infinity, -1, 0.5, -0, 1e300, Number.MAX_SAFE_INTEGER));
    const wild = fc.record({ input: count, cacheRead: count, cacheWrite5m: count, cacheWrite1h: count, output: count });
    const units = fc.dictionary(
      fc.constantFrom('audioInput', 'imageOutput', 'webSearches', 'fileSearches', 'constructor', '__proto__'),
      count,
    );
    const tier = fc.oneof(fc.constantFrom('priority', 'flex', 'batch', 'fast', 'us', '+', 'constructor', '__proto__'), fc.string());
    fc.assert(
      fc.property(models, wild, units, fc.option(tier, { nil: undefined }), count, (model, counts, kinds, name, at) => {
        const cost = nano(model, { ...NO_USAGE, ...counts, units: kinds }, { tier: name, at });
        assert.ok(cost === undefined || (Number.isSafeInteger(cost) && cost >= 0), String(cost));
      }),
      { numRuns: 1_500 },
    );
  });

  it('of a request is the sum of the cost of its buckets, but for the rounding of each', () => {
    fc.assert(
      fc.property(models, usages(SMALL / 5), (model, usage) => {
        const nothing = nano(model, NO_USAGE) ?? NaN;
        const { audioInput = 0, audioOutput = 0 } = usage.units;
        const parts = BUCKETS.map((bucket) => {
          const units = bucket === 'input' ? { audioInput } : bucket === 'output' ? { audioOutput } : {};
          return (nano(model, { ...NO_USAGE, [bucket]: usage[bucket], units }) ?? NaN) - nothing;
        });
        const sum = parts.reduce((total, part) => total + part, nothing);
        assert.ok(Math.abs((nano(model, usage) ?? NaN) - sum) <= 3, `${nano(model, usage)} is not ${sum}`);
      }),
      { numRuns: 1_000 },
    );
  });

  it('of two requests is at most a nano-dollar from that of one that has the tokens of both, below every cliff', () => {
    fc.assert(
      fc.property(models, usages(SMALL / 10), usages(SMALL / 10), (model, a, b) => {
        const both = { ...a, units: {} as Record<string, number> };
        for (const bucket of BUCKETS) both[bucket] = a[bucket] + b[bucket];
        for (const { units } of [a, b])
          for (const [name, n] of Object.entries(units)) both.units[name] = (both.units[name] ?? 0) + n;
        const apart = (nano(model, a) ?? NaN) + (nano(model, b) ?? NaN) - (nano(model, NO_USAGE) ?? NaN);
        assert.ok(Math.abs((nano(model, both) ?? NaN) - apart) <= 1.5, `${nano(model, both)} is not ${apart}`);
      }),
      { numRuns: 1_000 },
    );
  });

  it('never falls when a token is added, also over a cliff', () => {
    fc.assert(
      fc.property(
        models,
        usages(200_000),
        fc.constantFrom(...BUCKETS),
        fc.integer({ min: 1, max: 300_000 }),
        (model, usage, bucket, more) => {
          const before = nano(model, usage) ?? NaN;
          const after = nano(model, { ...usage, [bucket]: usage[bucket] + more }) ?? NaN;
          assert.ok(after >= before, `${bucket} +${more}: ${before} to ${after}`);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('and what the cache saved are together what the same tokens cost as plain input', () => {
    fc.assert(
      fc.property(models, usages(300_000), (model, usage) => {
        const { costNano, saved = 0 } = booked(model, usage);
        const { cacheRead, cacheWrite5m, cacheWrite1h } = usage;
        const plain = { ...usage, input: usage.input + cacheRead + cacheWrite5m + cacheWrite1h };
        const without = nano(model, { ...plain, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 });
        assert.equal((costNano ?? NaN) + saved, without);
        assert.ok(Number.isSafeInteger(saved));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is less by reads of a cache, and more by writes, each at its own price', () => {
    fc.assert(
      fc.property(models, usages(SMALL / 5), (model, { cacheRead, cacheWrite5m, cacheWrite1h }) => {
        const nothing = nano(model, NO_USAGE) ?? NaN;
        const price = (bucket: (typeof BUCKETS)[number]) =>
          ((nano(model, { ...NO_USAGE, [bucket]: SMALL }) ?? NaN) - nothing) / SMALL;
        const [input, read, write5m, write1h] = BUCKETS.map(price) as [number, number, number, number];
        const expected = cacheRead * (input - read) - cacheWrite5m * (write5m - input) - cacheWrite1h * (write1h - input);
        const { saved = 0 } = booked(model, { ...NO_USAGE, cacheRead, cacheWrite5m, cacheWrite1h, source: 'reported' });
        assert.ok(Math.abs(saved - expected) <= 4, `${saved} is not ${expected}`);
      }),
      { numRuns: 500 },
    );
  });

  it('is higher for sound than for text, and never changes with what is a note alone', () => {
    fc.assert(
      fc.property(usages(SMALL), (usage) => {
        const flash = ['google', 'gemini-2.5-flash', undefined] as never as Model;
        const text = nano(flash, { ...usage, units: {} }) ?? NaN;
        assert.ok((nano(flash, { ...usage, units: { audioInput: usage.input } }) ?? NaN) >= text);
        assert.equal(nano(flash, { ...usage, units: {}, reasoningWithinOutput: usage.output }), text);
      }),
    );
  });

  it('does not depend on how a stream was cut: one piece, or a thousand', function () {
    this.timeout(60_000);
    const streams = [...ownStreams(), ...(corpusStreams() ?? [])];
    const costs = (stream: (typeof streams)[number], cuts: readonly number[]) => {
      const meter = DIALECTS[stream.dialect].streamMeter({});
      eventsOf(framed(stream), cuts, (event) => meter.observe(event));
      const metered = meter.total();
      return metered && MODELS.map((model) => nano(model, metered.usage, { tier: metered.tier }));
    };
    const priced = streams.filter((stream) => costs(stream, [])?.some((cost) => cost !== undefined && cost > 0));
    assert.ok(priced.length >= 20, `only ${priced.length} streams have a cost`);
    for (const stream of priced) {
      const { length } = framed(stream);
      const thousand = Array.from({ length: 999 }, (_, index) => Math.floor(((index + 1) * length) / 1_000));
      assert.deepEqual(costs(stream, thousand), costs(stream, []), `${stream.dialect}/${stream.name}`);
    }
  });
});
