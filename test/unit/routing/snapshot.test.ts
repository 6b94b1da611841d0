import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { inspect } from 'node:util';
import { agentIn, heldKey, snapshotOf } from './snapshot-of.ts';

const CONFIG = { providers: { openai: { kind: 'openai' } }, agents: { codex: { model: 'openai/gpt' } } };
/** With everything in it that is compiled: what is made of it has to stay plain data. */
const ROUTED = {
  ...CONFIG,
  models: { fast: { of: ['openai/a', 'openai/b'] } },
  agents: {
    codex: {
      model: 'fast',
      routes: [{ when: { model: '*x*', header: { 'x-a': 'b' } }, to: 'fast' }],
      fallbacks: ['fast'],
      allow: ['*'],
    },
  },
};

describe('buildSnapshot', () => {
  it('binds a key without origins to those of its provider', () => {
    const snapshot = snapshotOf({ providers: { g: { kind: 'google' } } }, { keys: [heldKey('a', { provider: 'g' })] });
    assert.deepEqual([...(snapshot.keys[0]?.origins ?? [])], ['https://generativelanguage.googleapis.com']);
  });

  it('keeps a key on the origins it was entered for when its provider moved', () => {
    const moved = { providers: { openai: { kind: 'openai', baseUrl: 'https://elsewhere.example/v1' } } };
    const snapshot = snapshotOf(moved, { keys: [heldKey('a', { origins: ['https://api.openai.com'] })] });
    assert.deepEqual([...(snapshot.keys[0]?.origins ?? [])], ['https://api.openai.com']);
  });

  it('binds a key with no origins to nowhere, not to everywhere', () => {
    assert.equal(snapshotOf(CONFIG, { keys: [heldKey('a', { origins: [] })] }).keys[0]?.origins.size, 0);
  });

  it('leaves out a key of a provider that is not configured', () => {
    assert.deepEqual(snapshotOf(CONFIG, { keys: [heldKey('a', { provider: 'constructor' })] }).keys, []);
  });

  it('weighs keys alike unless told otherwise', () => {
    const [key] = snapshotOf(CONFIG, { keys: [heldKey('a')] }).keys;
    assert.deepEqual([key?.priority, key?.weight, key?.agents, key?.models], [0, 1, undefined, undefined]);
  });

  it('keeps a weight of zero', () => assert.equal(snapshotOf(CONFIG, { keys: [heldKey('a', { weight: 0 })] }).keys[0]?.weight, 0));

  it('puts what is configured before what the host knows by itself', () => {
    const snapshot = snapshotOf(CONFIG, { extraAgents: { codex: { provider: 'openai' }, chat: {} } });
    assert.equal(agentIn(snapshot, 'codex').model, 'openai/gpt');
    assert.equal(agentIn(snapshot, 'codex').provider, undefined);
    assert.deepEqual([...snapshot.agents.keys()].sort(), ['chat', 'codex']);
  });

  it('honours no token of an agent that is not there any more', () => {
    const snapshot = snapshotOf(CONFIG, { tokens: { codex: 'gh-1', gone: 'gh-2' } });
    assert.equal(snapshot.tokens.agentOf(['gh-2']), undefined);
    assert.equal(snapshot.tokens.agentOf(['gh-1']), 'codex');
  });

  it('takes an agent’s kind from its name, and only from a whole known one', () => {
    const { agents } = snapshotOf({ agents: { 'claude-code': {}, 'claude-code-2': {}, codex: { kind: 'generic' } } });
    assert.deepEqual(
      [...agents.values()].map((agent) => agent.kind),
      ['claude-code', 'generic', 'generic'],
    );
  });

  it('counts in bytes and milliseconds', () => {
    const snapshot = snapshotOf({ maxBodyMegabytes: 0.5, timeouts: { connectSeconds: 1.5 } });
    assert.equal(snapshot.maxBodyBytes, 524_288);
    assert.deepEqual(snapshot.timeouts, {
      connect: 1500,
      firstByte: 900_000,
      idle: 300_000,
      firstToken: undefined,
      minTokensPerSecond: undefined,
      total: 3_600_000,
    });
    assert.deepEqual(snapshot.retries, { attempts: 2, longestWaitMs: 10_000 });
  });

  it('takes over what is said about waiting and repeating', () => {
    const timeouts = { firstTokenSeconds: 20, minTokensPerSecond: 3, totalSeconds: 600 };
    const own = { firstTokenSeconds: 5, idleSeconds: 0.5, minTokensPerSecond: 9 };
    const snapshot = snapshotOf({
      providers: { slow: { kind: 'ollama' }, quick: { kind: 'ollama', timeouts: own } },
      timeouts,
      retries: { attempts: 0, longestWaitSeconds: 1.5 },
    });
    assert.deepEqual(
      [snapshot.timeouts.firstToken, snapshot.timeouts.minTokensPerSecond, snapshot.timeouts.total],
      [20_000, 3, 600_000],
    );
    assert.deepEqual(snapshot.retries, { attempts: 0, longestWaitMs: 1500 });
    const none = { firstToken: undefined, idle: undefined, minTokensPerSecond: undefined };
    assert.deepEqual(snapshot.providers.get('slow')?.timeouts, none);
    assert.deepEqual(snapshot.providers.get('quick')?.timeouts, { firstToken: 5000, idle: 500, minTokensPerSecond: 9 });
  });

  it('limits agents and keys as configured, and nobody else', () => {
    const limits = { requestsPerMinute: 60, tokensPerMinute: 1000, concurrent: 4, queue: 2, queueSeconds: 1.5 };
    const snapshot = snapshotOf(
      { ...CONFIG, agents: { codex: { limits: { ...limits, burst: 'pause' } }, free: {}, some: { limits: { concurrent: 1 } } } },
      { keys: [heldKey('a', { limits }), heldKey('b')] },
    );
    const wanted = { requestsPerMinute: 60, tokensPerMinute: 1000, concurrent: 4, queue: 2, queueMs: 1500 };
    const { limits: agentLimits, burst } = agentIn(snapshot, 'codex');
    assert.deepEqual([agentLimits, burst], [wanted, 'pause']);
    assert.deepEqual(snapshot.keys[0]?.limits, wanted);
    for (const free of [agentIn(snapshot, 'free').limits, snapshot.keys[1]?.limits]) {
      assert.deepEqual([free?.requestsPerMinute, free?.tokensPerMinute, free?.concurrent], [undefined, undefined, undefined]);
    }
    assert.equal(agentIn(snapshot, 'free').burst, 'alert');
    assert.deepEqual([agentIn(snapshot, 'some').limits.queue, agentIn(snapshot, 'some').limits.queueMs], [64, 30_000]);
  });

  it('makes pools of aliases', () => {
    const { aliases } = snapshotOf({
      ...CONFIG,
      models: {
        one: 'openai/a/b',
        plain: { of: ['openai/a', { model: 'openai/b', weight: 3 }] },
        told: { of: ['openai/a'], balance: 'latency', sticky: false },
      },
    });
    const shown = [...aliases.values()].map(({ reference, choices, balance, sticky }) => [
      reference,
      choices.map(({ target, weight }) => `${target.provider.id} | ${target.model} | ${weight}`),
      balance,
      sticky,
    ]);
    assert.deepEqual(shown, [
      ['one', ['openai | a/b | 1'], 'weighted', true],
      ['plain', ['openai | a | 1', 'openai | b | 3'], 'weighted', true],
      ['told', ['openai | a | 1'], 'latency', false],
    ]);
  });

  it('shows neither a key nor a token, however it is printed or copied', () => {
    const snapshot = snapshotOf(ROUTED, { keys: [heldKey('a')], tokens: { codex: 'gh-token' } });
    const shown = [
      inspect(snapshot, { depth: 9, showHidden: true, customInspect: false, getters: true }),
      JSON.stringify(snapshot),
      inspect(structuredClone(snapshot), { depth: 9 }),
    ];
    assert.doesNotMatch(shown.join(), /secret of a|gh-token/);
  });
});
