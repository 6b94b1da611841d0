import assert from 'node:assert/strict';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { describe, it } from 'mocha';
import { PROVIDER_KINDS } from '../../../../src/core/config/kinds.ts';
import { NO_USAGE } from '../../../../src/core/ir/usage.ts';
import type { SettledAs, SettledRequest } from '../../../../src/core/ledger/records.ts';
import { resolveProvider } from '../../../../src/core/providers/provider.ts';
import {
  attemptAttributes,
  commonAttributes,
  isTimedToFirst,
  requestAttributes,
} from '../../../../src/host/telemetry/otlp/attributes.ts';
import { operationName, providerName } from '../../../../src/host/telemetry/otlp/conventions.ts';
import { settledRow } from '../../ask/fake-view.ts';

const KNOWN: ReadonlySet<unknown> = new Set(Object.values(conventions));
const NAMED = Object.entries(conventions);
const wellKnown = (prefix: string): unknown[] => NAMED.filter(([name]) => name.startsWith(prefix)).map(([, value]) => value);

const ANTHROPIC = resolveProvider('anthropic', { kind: 'anthropic', timeouts: undefined });
const LOCAL = resolveProvider('local', { kind: 'ollama', timeouts: undefined });
const providerAt = (id: string) => new Map([ANTHROPIC, LOCAL].map((provider) => [provider.id, provider])).get(id);

/** With everything that a request can have. */
const FULL: Partial<SettledRequest> = {
  provider: 'anthropic',
  session: 's-1',
  key: 'anthropic/work',
  stream: true,
  firstByteMs: 250,
  totalMs: 1000,
  status: 200,
  settled: 'done',
  class: 'main',
  losses: ['field:top_k'],
  billedNano: 2_000_000_000,
  costNano: 1_500_000_000,
  saved: 500_000_000,
  usage: {
    ...NO_USAGE,
    input: 1,
    cacheRead: 2,
    cacheWrite5m: 4,
    cacheWrite1h: 8,
    output: 16,
    reasoningWithinOutput: 3,
    source: 'reported',
  },
  trace: { rule: '2 titles', queuedMs: 12, downgradedBy: 'strong models', passedOver: ['a/b (cooldown)'], tries: [] },
};

describe('the attributes of a request', () => {
  it('count every input token as input, and each kind of it once more by its name', () => {
    const all = requestAttributes(settledRow(FULL), providerAt);
    assert.deepEqual(Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith('gen_ai.usage.'))), {
      'gen_ai.usage.input_tokens': 15,
      'gen_ai.usage.output_tokens': 16,
      'gen_ai.usage.cache_read.input_tokens': 2,
      'gen_ai.usage.cache_creation.input_tokens': 12,
      'gen_ai.usage.reasoning.output_tokens': 3,
    });
  });

  it('have the names of the conventions where there is one, and our own where there is none', () => {
    const names = Object.keys(requestAttributes(settledRow(FULL), providerAt));
    assert.deepEqual(
      names.filter((name) => !name.startsWith('gatehouse.') && !KNOWN.has(name)),
      [],
    );
    assert.equal(names.filter((name) => name.startsWith('gatehouse.')).length, 20);
  });

  it('give money in dollars, and none for a model without a price', () => {
    const priced = requestAttributes(settledRow(FULL), providerAt);
    assert.deepEqual(
      [priced['gatehouse.cost_usd'], priced['gatehouse.billed_usd'], priced['gatehouse.saved_usd'], priced['gatehouse.unpriced']],
      [1.5, 2, 0.5, undefined],
    );
    const unpriced = requestAttributes(settledRow({ ...FULL, costNano: undefined }), providerAt);
    assert.deepEqual([unpriced['gatehouse.cost_usd'], unpriced['gatehouse.unpriced']], [undefined, true]);
  });

  it('name the error, or else how it ended; nothing where it was answered', () => {
    const typeOf = (settled: SettledAs, status: number, error?: string) =>
      requestAttributes(settledRow({ ...FULL, settled, status, error }), providerAt)['error.type'];
    assert.equal(typeOf('done', 200), undefined);
    assert.equal(typeOf('error', 429, 'rate_limit_error'), 'rate_limit_error');
    assert.equal(typeOf('done', 400), '400');
    for (const settled of ['aborted', 'truncated', 'timeout', 'blocked', 'crashed'] as const)
      assert.equal(typeOf(settled, 200), settled);
  });

  it('name a model that answered only where one began to', () => {
    const modelOf = (change: Partial<SettledRequest>) =>
      commonAttributes(settledRow({ ...FULL, model: 'm', ...change }), providerAt)['gen_ai.response.model'];
    assert.equal(modelOf({}), 'm');
    assert.equal(modelOf({ settled: 'truncated' }), 'm');
    for (const change of [{ status: 502 }, { status: 0 }, { firstByteMs: undefined }]) assert.equal(modelOf(change), undefined);
  });

  it('time the first piece of streams only', () => {
    assert.ok(isTimedToFirst(settledRow(FULL)));
    for (const change of [{ stream: false }, { firstByteMs: undefined }, { status: 529 }]) {
      assert.ok(!isTimedToFirst(settledRow({ ...FULL, ...change })));
    }
  });

  it('say which server it was, by its port too, and nothing where that is not known any more', () => {
    const serverOf = (provider: string) => {
      const all = commonAttributes(settledRow({ ...FULL, provider }), providerAt);
      return [all['gen_ai.provider.name'], all['server.address'], all['server.port']];
    };
    assert.deepEqual(serverOf('anthropic'), ['anthropic', 'api.anthropic.com', 443]);
    assert.deepEqual(serverOf('local').slice(0, 2), ['ollama', '127.0.0.1']);
    assert.equal(typeof serverOf('local')[2], 'number');
    assert.deepEqual(serverOf('removed'), ['removed', undefined, undefined]);
  });
});

describe('the attributes of an attempt', () => {
  it('are our own, so that nothing is counted twice, with its own server', () => {
    const attempt = {
      target: 'local/org/model',
      key: 'k',
      mode: 'translate',
      outcome: 'upstream-529',
      waitedMs: 5,
      ms: 7,
      firstOutputMs: 3,
      losses: ['a'],
      costNano: 1_000_000_000,
    } as const;
    const { 'server.address': address, 'server.port': _, ...own } = attemptAttributes(settledRow(FULL), attempt, 2, providerAt);
    assert.equal(address, '127.0.0.1');
    assert.deepEqual(own, {
      'error.type': 'upstream-529',
      'gatehouse.attempt': 2,
      'gatehouse.target': 'local/org/model',
      'gatehouse.key': 'k',
      'gatehouse.mode': 'translate',
      'gatehouse.waited_ms': 5,
      'gatehouse.first_output_ms': 3,
      'gatehouse.cost_usd': 1,
      'gatehouse.losses': ['a'],
    });
  });
});

describe('the names of the conventions', () => {
  it('are given to every kind of provider that has one', () => {
    const names = PROVIDER_KINDS.map((kind) => [kind, providerName('mine', { kind })] as const);
    const known = wellKnown('GEN_AI_PROVIDER_NAME_VALUE_');
    const unknown = names.filter(([, name]) => !known.includes(name)).map(([, name]) => name);
    assert.deepEqual(unknown, [
      'openrouter',
      'ollama',
      'vllm',
      'lm-studio',
      'litellm',
      'cloudflare-ai-gateway',
      'mine',
      'mine',
      'mine',
      'demo',
    ]);
    assert.deepEqual(Object.fromEntries(names)['google'], 'gcp.gemini');
    assert.equal(providerName('gone', undefined), 'gone');
  });

  it('are given to every operation that is booked', () => {
    const known = wellKnown('GEN_AI_OPERATION_NAME_VALUE_');
    for (const operation of ['generate', 'complete', 'embed'] as const) {
      for (const dialect of ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const) {
        assert.ok(known.includes(operationName({ operation, dialect })));
      }
    }
    assert.equal(operationName({ operation: 'generate', dialect: 'gemini' }), 'generate_content');
    assert.equal(operationName({ operation: 'generate', dialect: 'openai-responses' }), 'chat');
  });
});
