import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECTS } from '../../../src/core/dialects/by-id.ts';
import type { DialectQuirks, Metered } from '../../../src/core/dialects/dialect.ts';
import type { DialectId } from '../../../src/core/ir/dialect.ts';
import type { Usage } from '../../../src/core/ir/usage.ts';
import { eventsOf, framed } from '../../properties/recorded-streams.ts';

/** Shapes of usage that one provider or another sends, by the document or the issue that shows them. */

const whole = (dialect: DialectId, body: object, quirks: DialectQuirks = {}): Metered | undefined =>
  DIALECTS[dialect].meterWhole(Buffer.from(JSON.stringify(body)), quirks);

function streamed(dialect: DialectId, ...payloads: object[]): Metered | undefined {
  const meter = DIALECTS[dialect].streamMeter({});
  const bytes = framed({ dialect, name: 'made', payloads: payloads.map((payload) => JSON.stringify(payload)) });
  eventsOf(bytes, [], (event) => meter.observe(event));
  return meter.total();
}

const usage = (given: Partial<Usage>): Usage => ({
  input: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output: 0,
  reasoningWithinOutput: 0,
  units: {},
  source: 'reported',
  ...given,
});

const chat = (fields: object) => whole('openai-chat', { model: 'm', choices: [], usage: fields });

describe('usage of Chat providers', () => {
  it('Moonshot puts it into the choice that finishes', () => {
    const last = { delta: {}, finish_reason: 'stop', usage: { prompt_tokens: 2989, completion_tokens: 7, cached_tokens: 1792 } };
    const total = streamed('openai-chat', { model: 'kimi-k2.5', choices: [{ delta: { content: 'a' } }] }, { choices: [last] });
    assert.deepEqual(total?.usage, usage({ input: 1197, cacheRead: 1792, output: 7 }));
  });

  it('Qwen names what was written to its cache among the details', () => {
    const details = { cached_tokens: 600, cache_creation_input_tokens: 300, cache_creation: { ephemeral_5m_input_tokens: 300 } };
    const read = chat({ prompt_tokens: 1000, completion_tokens: 5, prompt_tokens_details: details });
    assert.deepEqual(read?.usage, usage({ input: 100, cacheRead: 600, cacheWrite5m: 300, output: 5 }));
  });

  it('proxies pass on how long a cache write holds', () => {
    const split = { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 };
    const details = { cached_tokens: 600, cache_creation_tokens: 300, cache_creation_token_details: split };
    const read = chat({ prompt_tokens: 1000, completion_tokens: 5, prompt_tokens_details: details });
    assert.deepEqual(read?.usage, usage({ input: 100, cacheRead: 600, cacheWrite5m: 100, cacheWrite1h: 200, output: 5 }));
  });

  it('sound and pictures are notes on the buckets, the cached part read first as new', () => {
    const read = chat({
      prompt_tokens: 1000,
      completion_tokens: 90,
      prompt_tokens_details: { cached_tokens: 700, audio_tokens: 200, image_tokens: 150 },
      completion_tokens_details: { audio_tokens: 80 },
    });
    const units = { audioInput: 200, imageInput: 100, imageCacheRead: 50, audioOutput: 80 };
    assert.deepEqual(read?.usage, usage({ input: 300, cacheRead: 700, output: 90, units }));
  });

  it('no note is larger than its bucket', () => {
    const read = chat({
      prompt_tokens: 10,
      completion_tokens: 5,
      prompt_tokens_details: { audio_tokens: 5000, image_tokens: 7 },
      completion_tokens_details: { audio_tokens: 99, image_tokens: 99 },
    });
    assert.deepEqual(read?.usage.units, { audioInput: 10, audioOutput: 5 });
  });

  it("OpenRouter's bill is kept, searches of its own as well", () => {
    const read = chat({
      prompt_tokens: 194,
      completion_tokens: 2,
      cost: 0.000_95,
      cost_details: { upstream_inference_cost: 0.0009 },
      is_byok: false,
      prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 100, audio_tokens: 0 },
      server_tool_use: { web_search_requests: 2 },
    });
    assert.deepEqual(read, {
      usage: usage({ input: 94, cacheWrite5m: 100, output: 2, units: { webSearches: 2 } }),
      model: 'm',
      tier: undefined,
      billedNano: 950_000,
    });
  });

  it("with a key of the user's own OpenRouter bills its fee, and the provider the rest", () => {
    const fields = { prompt_tokens: 1, completion_tokens: 1, cost: 0.0001, is_byok: true };
    assert.equal(chat({ ...fields, cost_details: { upstream_inference_cost: 0.002 } })?.billedNano, 2_100_000);
    assert.equal(chat(fields)?.billedNano, 100_000);
  });

  it('a bill that is none is no bill', () => {
    for (const cost of [-1, '0.1', null, 1e12, { total_cost: 1 }]) {
      assert.equal('billedNano' in (chat({ prompt_tokens: 1, completion_tokens: 1, cost }) ?? {}), false, JSON.stringify(cost));
    }
    assert.equal(chat({ prompt_tokens: 1, completion_tokens: 1, cost: 0 })?.billedNano, 0);
  });

  it('the bill of a stream is that of its last word', () => {
    const bill = (cost: number) => ({ prompt_tokens: 5, completion_tokens: 5, cost });
    const done = { choices: [{ delta: {}, finish_reason: 'stop' }] };
    const total = streamed('openai-chat', { model: 'm', choices: [], usage: bill(0.1) }, done, { choices: [], usage: bill(0.25) });
    assert.deepEqual([total?.billedNano, total?.usage.source], [250_000_000, 'reported']);
  });

  it('counts that are missing or refused make the rest a part', () => {
    for (const fields of [
      { prompt_tokens: 10 },
      { prompt_tokens: 10, completion_tokens: -1 },
      { prompt_tokens: 10, completion_tokens: 1.5 },
      { prompt_tokens: 10, completion_tokens: 2e8 },
      { completion_tokens: 10 },
      { prompt_tokens: 0, completion_tokens: 10 },
      { prompt_tokens: null, completion_tokens: 10 },
      { prompt_tokens: '10', completion_tokens: 10 },
    ]) {
      assert.equal(chat(fields)?.usage.source, 'partial', JSON.stringify(fields));
    }
    // An embedding has no output, and its total says so.
    assert.equal(chat({ prompt_tokens: 10, total_tokens: 10 })?.usage.source, 'reported');
    for (const fields of [{}, { prompt_tokens: -1, completion_tokens: -1 }]) assert.equal(chat(fields), undefined);
  });

  it('a NaN among the counts is no JSON, and says nothing', () => {
    const body = Buffer.from('{"model":"m","usage":{"prompt_tokens":NaN,"completion_tokens":3}}');
    assert.equal(DIALECTS['openai-chat'].meterWhole(body, {}), undefined);
  });

  it('more read from the cache than sent means that the input is without it', () => {
    const read = chat({ prompt_tokens: 10, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 11 } });
    assert.deepEqual(read?.usage, usage({ input: 10, cacheRead: 11, output: 1 }));
    const equal = chat({ prompt_tokens: 11, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 11 } });
    assert.deepEqual(equal?.usage, usage({ input: 0, cacheRead: 11, output: 1 }));
  });
});

describe('usage of Anthropic', () => {
  const message = (fields: object) => whole('anthropic-messages', { model: 'claude-test-1', usage: fields });

  it('rounds of compaction are billed beside the totals', () => {
    const read = message({
      input_tokens: 23_000,
      output_tokens: 1_000,
      iterations: [
        { type: 'compaction', input_tokens: 180_000, output_tokens: 3_500, cache_read_input_tokens: 40 },
        { type: 'message', input_tokens: 23_000, output_tokens: 1_000 },
      ],
    });
    assert.deepEqual(read?.usage, usage({ input: 203_000, cacheRead: 40, output: 4_500 }));
  });

  it('the region is part of the tier where it costs more', () => {
    const fields = { input_tokens: 1, output_tokens: 1 };
    const tier = (more: object) => message({ ...fields, ...more })?.tier;
    assert.equal(tier({ service_tier: 'standard', inference_geo: 'global' }), 'standard');
    assert.equal(tier({ service_tier: 'standard', inference_geo: 'us' }), 'standard+us');
    assert.equal(tier({ service_tier: 'standard', speed: 'fast', inference_geo: 'us' }), 'fast+us');
    assert.equal(tier({ inference_geo: 'us' }), 'standard+us');
  });

  it('a stream whose end counts no output is a part, whatever its start said', () => {
    const start = { type: 'message_start', message: { model: 'm', usage: { input_tokens: 9, output_tokens: 1 } } };
    const end = { type: 'message_delta', delta: {}, usage: { input_tokens: 9, output_tokens: -4 } };
    const total = streamed('anthropic-messages', start, end, { type: 'message_stop' });
    assert.deepEqual(total?.usage, usage({ input: 9, output: 1, source: 'partial' }));
  });

  it('the start tells the region and the tier, the end the counts and the bill', () => {
    const first = { input_tokens: 9, output_tokens: 1, service_tier: 'batch', inference_geo: 'us' };
    const total = streamed(
      'anthropic-messages',
      { type: 'message_start', message: { model: 'm', usage: first } },
      { type: 'message_delta', delta: {}, usage: { input_tokens: 12, output_tokens: 30, cost: 0.001 } },
      { type: 'message_stop' },
    );
    assert.deepEqual(total, { usage: usage({ input: 12, output: 30 }), model: 'm', tier: 'batch+us', billedNano: 1_000_000 });
  });
});

describe('usage of Responses', () => {
  const answer = (fields: object, more: object = {}) => whole('openai-responses', { model: 'm', usage: fields, ...more });
  const calls = [
    { type: 'web_search_call', action: { type: 'search' } },
    { type: 'web_search_call', action: { type: 'open_page' } },
    { type: 'web_search_call' },
    { type: 'file_search_call' },
    { type: 'message' },
  ];

  it('searches are counted from the output, pages looked at are not', () => {
    const read = answer({ input_tokens: 5, output_tokens: 6 }, { output: calls });
    assert.deepEqual(read?.usage, usage({ input: 5, output: 6, units: { webSearches: 2, fileSearches: 1 } }));
    const response = { id: 'r', model: 'm', usage: { input_tokens: 5, output_tokens: 6 }, output: calls };
    assert.deepEqual(streamed('openai-responses', { type: 'response.completed', response })?.usage, read.usage);
  });

  it('the bill is kept, and sound noted', () => {
    const read = answer({
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 20, audio_tokens: 30 },
      output_tokens: 6,
      cost_in_usd_ticks: 37_756_000,
    });
    assert.deepEqual(read?.usage, usage({ input: 80, cacheRead: 20, output: 6, units: { audioInput: 30 } }));
    assert.equal(read.billedNano, 3_775_600);
  });

  it('one end without a count makes the other a part', () => {
    assert.equal(answer({ input_tokens: 5 })?.usage.source, 'partial');
    assert.equal(answer({ output_tokens: 5 })?.usage.source, 'partial');
  });
});

describe('usage of Gemini', () => {
  const detail = (modality: string, tokenCount: number) => ({ modality, tokenCount });
  const metadata = {
    promptTokenCount: 1000,
    cachedContentTokenCount: 400,
    candidatesTokenCount: 50,
    thoughtsTokenCount: 20,
    toolUsePromptTokenCount: 7,
    promptTokensDetails: [detail('TEXT', 500), detail('AUDIO', 300), detail('IMAGE', 200)],
    cacheTokensDetails: [detail('AUDIO', 100), detail('IMAGE', 150)],
    candidatesTokensDetails: [detail('IMAGE', 50)],
  };

  it('tells the cached part of each kind', () => {
    const units = { audioInput: 200, audioCacheRead: 100, imageInput: 50, imageCacheRead: 150, imageOutput: 50 };
    const expected = usage({ input: 607, cacheRead: 400, output: 70, reasoningWithinOutput: 20, units });
    assert.deepEqual(whole('gemini', { modelVersion: 'g', usageMetadata: metadata })?.usage, expected);
  });

  it('tells what it searched for, each query once', () => {
    const candidate = (...webSearchQueries: string[]) => ({ finishReason: 'STOP', groundingMetadata: { webSearchQueries } });
    const counts = { promptTokenCount: 5, candidatesTokenCount: 6 };
    const units = { webSearches: 2, groundedPrompts: 1 };
    const read = whole('gemini', { candidates: [candidate('a', 'b')], usageMetadata: counts });
    assert.deepEqual(read?.usage, usage({ input: 5, output: 6, units }));
    const total = streamed(
      'gemini',
      { candidates: [candidate('a')] },
      { candidates: [candidate('a', 'b')], usageMetadata: counts },
    );
    assert.deepEqual(total?.usage, read.usage);
  });
});
