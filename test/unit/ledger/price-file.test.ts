import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { createPriceBook, type CostQuestion } from '../../../src/core/ledger/price-book.ts';
import { readPriceFile } from '../../../src/core/ledger/price-file.ts';
import { NOON, usageOf } from './ledger-kit.ts';

function taken(json: object) {
  const { file, faults } = readPriceFile(JSON.stringify(json), 'team.json');
  assert.deepEqual(faults, []);
  assert.ok(file);
  return file;
}

function costWith(file: ReturnType<typeof taken>) {
  const book = createPriceBook();
  book.use({ files: [file] });
  return (more: Partial<CostQuestion>) =>
    book.cost({
      priceProvider: 'openai',
      provider: 'work',
      model: 'gpt-5',
      usage: usageOf({ input: 1_000_000 }),
      at: NOON,
      overrides: undefined,
      free: false,
      ...more,
    });
}

describe('price file of our own form', () => {
  const file = taken({
    asOf: '2026-11-01',
    models: [
      { provider: 'openai', model: 'gpt-5', input: 7, output: 8, cacheRead: 0.5 },
      { provider: 'work', model: 'gpt-*', input: 9, output: 9 },
      { model: 'gpt-6*', input: 1, output: 1 },
      { model: 'gpt-6*', from: '2026-11-21', input: 2, output: 2 },
      { model: 'gpt-6*', from: '2027-01-01', input: 3, output: 3 },
      {
        model: 'long',
        input: 1,
        output: 10,
        above: [
          { tokens: 500_000, input: 4 },
          { tokens: 200_000, input: 2, output: 20 },
        ],
        tiers: { flex: 0.25, priority: { input: 5, output: 50 }, Batch: 0.5 },
      },
    ],
  });
  const cost = costWith(file);

  it('goes before the book, by the name of the provider or of its kind, in full before by pattern', () => {
    assert.deepEqual(cost({}), { nano: 7_000_000_000, from: 'file:team.json' });
    assert.equal(cost({ model: 'gpt-5-mini' })?.nano, 9_000_000_000);
    assert.deepEqual(cost({ model: 'gpt-5-mini', provider: 'play' }), { nano: 250_000_000, from: 'bundled' });
    assert.equal(cost({ usage: usageOf({ input: 1_000, cacheRead: 1_000 }) })?.nano, 7_500_000);
  });

  it('comes after what the user set, and after what is free', () => {
    assert.equal(cost({ overrides: { 'gpt-5': { input: 1, output: 1 } } })?.from, 'rule');
    assert.equal(cost({ free: true })?.from, 'free');
  });

  it('has prices that begin on a day', () => {
    assert.equal(cost({ model: 'gpt-6-x', provider: undefined, at: Date.UTC(2026, 10, 20, 23, 59) })?.nano, 1_000_000_000);
    assert.equal(cost({ model: 'gpt-6-x', provider: undefined, at: Date.UTC(2026, 10, 21) })?.nano, 2_000_000_000);
    assert.equal(cost({ model: 'gpt-6-x', provider: undefined, at: Date.UTC(2027, 0, 1) })?.nano, 3_000_000_000);
  });

  it('has cliffs on all that went in', () => {
    const at = (input: number, cacheRead = 0) => cost({ model: 'long', usage: usageOf({ input, cacheRead, output: 100 }) })?.nano;
    assert.equal(at(200_000), 201_000_000);
    assert.equal(at(100_000, 100_001), 402_000_000 + 2_000);
    // The second step says nothing of output, so that is its price below.
    assert.equal(at(500_001), 2_000_004_000 + 1_000_000);
  });

  it('has service tiers, as factors or with prices of their own', () => {
    const tier = (name: string, input = 1_000) => cost({ model: 'long', usage: usageOf({ input }), tier: name })?.nano;
    assert.deepEqual([tier('flex'), tier('batch'), tier('priority'), tier('default')], [250_000, 500_000, 5_000_000, 1_000_000]);
    assert.equal(tier('flex', 300_000), 150_000_000);
    assert.equal(tier('gold'), undefined);
    // A dearer tier says nothing of long requests.
    assert.equal(tier('priority', 300_000), undefined);
  });

  it('tells its day', () => {
    const book = createPriceBook();
    book.use({ files: [file] });
    assert.deepEqual(book.sources(), [
      { name: 'team.json', asOf: '2026-11-01' },
      { name: 'bundled', asOf: '2026-09-23' },
    ]);
    book.use({});
    assert.equal(book.sources().length, 1);
  });

  it('names what is wrong, and on which line, and is then not used at all', () => {
    const text = `{
  "asOf": "2026-02-30",
  "colour": 1,
  "models": [
    { "model": "a", "input": 1, "output": 2 },
    { "model": "b",
      "input": -1,
      "output": "2" },
    { "model": "", "input": 1, "output": 1, "cached": 3 },
    { "model": "c", "input": 1, "from": "tomorrow" },
    "d",
    { "model": "e", "input": 1, "output": 1, "above": [{ "tokens": 0, "input": 2 }, 7], "tiers": { "flex": -1, "fast": "2", "own": { "input": 1 } } },
    { "model": "f", "input": 20000, "output": 1, "above": {}, "tiers": [] }
  ]
}`;
    const { file: none, faults } = readPriceFile(text, 'team.json');
    assert.equal(none, undefined);
    assert.deepEqual(
      faults.map(({ at, line }) => `${line} ${at}`),
      [
        '2 asOf',
        '3 colour',
        '7 models[1].input',
        '8 models[1].output',
        '9 models[2].model',
        '9 models[2].cached',
        '10 models[3].from',
        '10 models[3].output',
        '11 models[4]',
        '12 models[5].above[0].tokens',
        '12 models[5].above[1]',
        '12 models[5].tiers.flex',
        '12 models[5].tiers.fast',
        '12 models[5].tiers.own.output',
        '13 models[6].input',
        '13 models[6].above',
        '13 models[6].tiers',
      ],
    );
    for (const { message } of faults) assert.match(message, /^(is|must|has) /);
  });

  it('is refused where it is no file of prices', () => {
    const first = (text: string) => readPriceFile(text, 'x').faults[0];
    assert.deepEqual(first('{\n  "models": [\n    oops\n  ]\n}'), { at: '', line: 3, message: 'is not JSON' });
    for (const [text, line] of [
      ['{"a":1,\n}', 2],
      ['{\n"a" 1}', 2],
      ['[1,\n2\n3]', 3],
      ['{"a":"\n"}', 1],
      ['\n\n{"a":[1}', 3],
      ['{"a":1}\nx', 2],
      ['{"a":\n', 2],
      ['{"a":01}', 1],
      ['{"a":\ntru}', 2],
    ] as const) {
      assert.deepEqual([first(text)?.message, first(text)?.line], ['is not JSON', line], text);
    }
    for (const text of ['[]', 'null', '7', '{}', '{"models":{}}', '{"a":{"b":1}}']) {
      const read = readPriceFile(text, 'x');
      assert.equal(read.file, undefined, text);
      assert.equal(read.faults.length, 1, text);
    }
    assert.ok(readPriceFile('\uFEFF{"models":[{"model":"a","input":1,"output":2}]}', 'x').file);
  });
});

describe("LiteLLM's price file", () => {
  const LITELLM = {
    sample_spec: { input_cost_per_token: 'text', litellm_provider: 'one of many' },
    'claude-opus-5': {
      litellm_provider: 'anthropic',
      mode: 'chat',
      input_cost_per_token: 5e-6,
      output_cost_per_token: 2.5e-5,
      cache_read_input_token_cost: 5e-7,
      cache_creation_input_token_cost: 6.25e-6,
      cache_creation_input_token_cost_above_1hr: 1e-5,
      search_context_cost_per_query: { search_context_size_low: 0.01, search_context_size_medium: 0.01 },
      provider_specific_entry: { us: 1.1, fast: 2 },
    },
    'gemini/gemini-2.5-pro': {
      litellm_provider: 'gemini',
      input_cost_per_token: 1.25e-6,
      output_cost_per_token: 1e-5,
      cache_read_input_token_cost: 1.25e-7,
      input_cost_per_token_above_200k_tokens: 2.5e-6,
      output_cost_per_token_above_200k_tokens: 1.5e-5,
      cache_read_input_token_cost_above_200k_tokens: 2.5e-7,
      input_cost_per_token_priority: 2.25e-6,
      output_cost_per_token_priority: 1.8e-5,
      input_cost_per_token_above_200k_tokens_priority: 4.5e-6,
      output_cost_per_token_above_200k_tokens_priority: 2.7e-5,
      input_cost_per_token_flex: 6.25e-7,
      output_cost_per_token_flex: 5e-6,
      input_cost_per_audio_token: 7e-6,
      output_cost_per_reasoning_token: 1e-5,
    },
    'openrouter/anthropic/claude-opus-5': {
      litellm_provider: 'openrouter',
      input_cost_per_token: 5e-6,
      output_cost_per_token: 2.5e-5,
    },
    'ollama/llama3': { litellm_provider: 'ollama', input_cost_per_token: 0, output_cost_per_token: 0 },
    'dall-e-3': { litellm_provider: 'openai', mode: 'image_generation', output_cost_per_image: 0.04 },
    'gpt-broken': { litellm_provider: 'openai', input_cost_per_token: -1e-6, output_cost_per_token: 1e-5 },
    'gpt-absurd': { litellm_provider: 'openai', input_cost_per_token: 1e-6, output_cost_per_token: 1e300 },
    'gpt-text': { litellm_provider: 'openai', input_cost_per_token: '1e-6', output_cost_per_token: 1e-6 },
  };
  const read = readPriceFile(JSON.stringify(LITELLM, null, 2), 'litellm.json');
  assert.ok(read.file);
  const cost = costWith(read.file);

  it('leaves out what prices no tokens or says nothing, and names what cannot be', () => {
    assert.equal(read.leftOut, 2);
    assert.deepEqual(
      read.faults.map(({ at }) => at),
      ['gpt-broken.input_cost_per_token', 'gpt-absurd.output_cost_per_token', 'gpt-text.input_cost_per_token'],
    );
    const lines = JSON.stringify(LITELLM, null, 2).split('\n');
    for (const { at, line } of read.faults) assert.ok(lines[(line ?? 0) - 1]?.includes(`"${at.split('.').at(-1)}"`), at);
    assert.deepEqual([...read.file!.models.keys()], ['claude-opus-5', 'gemini-2.5-pro', 'anthropic/claude-opus-5']);
  });

  it('prices every bucket, search and tier by its field names', () => {
    const anthropic = { priceProvider: 'anthropic', model: 'claude-opus-5' };
    const usage = usageOf({ input: 1_000, cacheRead: 1_000, cacheWrite5m: 1_000, cacheWrite1h: 1_000, output: 1_000 });
    const sum = 5_000_000 + 500_000 + 6_250_000 + 10_000_000 + 25_000_000;
    assert.deepEqual(cost({ ...anthropic, usage }), { nano: sum, from: 'file:litellm.json' });
    assert.equal(cost({ ...anthropic, usage, tier: 'fast' })?.nano, 2 * sum);
    assert.equal(cost({ ...anthropic, usage, tier: 'standard+us' })?.nano, 51_425_000);
    assert.equal(cost({ ...anthropic, usage: usageOf({ units: { webSearches: 2 } }) })?.nano, 20_000_000);
  });

  it('has cliffs and tiers of Gemini', () => {
    const at = (input: number, tier?: string) =>
      cost({ priceProvider: 'google', model: 'gemini-2.5-pro', usage: usageOf({ input, output: 1_000 }), tier })?.nano;
    assert.deepEqual([at(1_000), at(200_000), at(200_001)], [11_250_000, 260_000_000, 515_002_500]);
    assert.deepEqual([at(1_000, 'priority'), at(200_001, 'priority')], [20_250_000, 927_004_500]);
    assert.deepEqual([at(1_000, 'flex'), at(200_001, 'flex')], [5_625_000, undefined]);
    const audio = { priceProvider: 'google', model: 'gemini-2.5-pro', usage: usageOf({ input: 10, units: { audioInput: 10 } }) };
    assert.equal(cost(audio)?.nano, 70_000);
  });

  it('knows a model of another provider by that provider', () => {
    const model = 'anthropic/claude-opus-5';
    assert.equal(cost({ priceProvider: 'openrouter', model })?.from, 'file:litellm.json');
    assert.equal(cost({ priceProvider: 'openai', model }), undefined);
    assert.equal(cost({ priceProvider: undefined, provider: undefined, model: 'claude-opus-5' }), undefined);
    // Free or unknown, nobody can tell: the book knows neither.
    assert.equal(cost({ priceProvider: 'ollama', model: 'llama3' }), undefined);
  });
});
