import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import type { HeldKey } from '../../../../src/core/routing/snapshot.ts';
import { keysFor, orderKeys, whyNoKey, type KeyOrder } from '../../../../src/core/routing/targets/order-keys.ts';
import { agentIn, always, heldKey, snapshotOf } from '../snapshot-of.ts';
import { CONFIG, seeded, targetIn } from './fakes.ts';

const ORIGIN = 'https://api.openai.com';

interface Asked {
  readonly agent?: string;
  readonly model?: string;
  readonly origin?: string;
  readonly environment?: string;
}

function found(held: readonly HeldKey[], { agent = 'codex', model = 'gpt-5', origin = ORIGIN, environment }: Asked = {}) {
  const agents = { ...CONFIG.agents, ...(environment && { [agent]: { provider: 'openai', environment } }) };
  const snapshot = snapshotOf({ ...CONFIG, agents }, { keys: held });
  const target = targetIn(snapshot, `openai/${model}`);
  const keys = keysFor(snapshot, agentIn(snapshot, agent), target, origin);
  return { keys, why: () => whyNoKey(snapshot, agentIn(snapshot, agent), target).message };
}

function ids(...args: Parameters<typeof found>): string[] {
  return found(...args).keys.map(({ id }) => id);
}

function ordered(held: readonly HeldKey[], order: Partial<KeyOrder> = {}): string[] {
  const all: KeyOrder = { sticky: undefined, random: always(0), headroom: () => undefined, couldEnter: () => true, ...order };
  return orderKeys(found(held).keys, all).map(({ id }) => id);
}

describe('the keys that may be shown', () => {
  it('are those of the provider', () => {
    assert.deepEqual(ids([heldKey('a', { provider: 'groq', origins: [ORIGIN] }), heldKey('b')]), ['b']);
    assert.match(found([heldKey('a', { provider: 'groq' })]).why(), /There is no key for "openai" yet/);
  });

  it('are bound to the agent by its whole name, or to nobody', () => {
    const held = [
      heldKey('a', { agents: ['codex-2', 'code', 'CODEX'] }),
      heldKey('b', { agents: ['chat', 'codex'] }),
      heldKey('c'),
    ];
    assert.deepEqual(ids(held), ['b', 'c']);
    assert.deepEqual(ids([heldKey('a', { agents: [] }), heldKey('b', { models: [] })]), []);
    assert.match(found([heldKey('a', { agents: [] })]).why(), /may be used by this agent for "gpt-5"/);
  });

  it('are those of the agent’s environment where it names one; a label alone keeps nobody away', () => {
    const held = [heldKey('dev', { environment: 'dev' }), heldKey('prod', { environment: 'prod' }), heldKey('none')];
    assert.deepEqual(ids(held), ['dev', 'prod', 'none']);
    assert.deepEqual(ids(held, { environment: 'dev' }), ['dev']);
    assert.deepEqual(ids(held, { environment: 'Dev' }), []);
    assert.match(found(held, { environment: 'staging' }).why(), /may be used by this agent/);
  });

  for (const [glob, model, fits] of [
    ['gpt-*', 'gpt-5', true],
    ['gpt-*', 'chatgpt-5', false],
    ['*', 'meta/llama', true],
    ['gpt-5', 'gpt-5-mini', false],
    ['gpt.5', 'gpt-5', false],
    ['*模*', '大模型', true],
  ] as const) {
    it(`bound to ${glob} ${fits ? 'serve' : 'do not serve'} ${model}`, () => {
      assert.deepEqual(ids([heldKey('a', { models: ['other', glob] })], { model }), fits ? ['a'] : []);
    });
  }

  for (const origin of [
    'https://api.openai.com.evil.example',
    'https://api.openai.com:8443',
    'http://api.openai.com',
    'https://api.openai.com.',
    'https://API.OPENAI.COM',
    'https://api.openai.co',
    'https://evil.example',
    'null',
    '',
  ]) {
    it(`are not sent to ${JSON.stringify(origin)}, which they were not entered for`, () => {
      assert.deepEqual(ids([heldKey('a')], { origin }), []);
      assert.match(found([heldKey('a')], { origin }).why(), /the key was not sent/);
    });
  }

  it('are those entered for the origin, where there are others', () => {
    assert.deepEqual(ids([heldKey('old', { origins: ['https://old.example'], priority: 9 }), heldKey('new')]), ['new']);
  });

  it('are named in no refusal', () => {
    for (const key of [heldKey('kid', { agents: [] }), heldKey('kid', { origins: [] })]) {
      assert.doesNotMatch(found([key], {}).why(), /kid|secret of/);
    }
  });
});

describe('the order of keys', () => {
  const [a, b, c] = [heldKey('a'), heldKey('b'), heldKey('c')];

  it('asks nothing about a single one', () => {
    const nobody = (): never => assert.fail('asked');
    assert.deepEqual(ordered([a], { headroom: nobody, couldEnter: nobody, random: { bytes: nobody, fraction: nobody } }), ['a']);
  });

  it('is by priority, also when all are negative, whatever they weigh', () => {
    const held = [
      heldKey('a', { priority: -3, weight: 1000 }),
      heldKey('b', { priority: -1, weight: 0.001 }),
      heldKey('c', { priority: -2 }),
    ];
    for (let seed = 0; seed < 20; seed++) assert.deepEqual(ordered(held, { random: seeded(seed) }), ['b', 'c', 'a']);
  });

  it('then by the conversation', () => {
    assert.deepEqual(ordered([a, b, c], { sticky: 'c' }), ['c', 'a', 'b']);
    assert.deepEqual(ordered([a, heldKey('b', { priority: 1 }), c], { sticky: 'c' }), ['b', 'c', 'a']);
    assert.deepEqual(ordered([a, b], { sticky: 'gone' }), ['a', 'b']);
  });

  it('then puts those near a limit behind their peers', () => {
    const left: Record<string, number> = { a: 0.099, b: 0.1 };
    assert.deepEqual(ordered([a, b, c], { headroom: ({ id }) => left[id] }), ['b', 'c', 'a']);
    assert.deepEqual(ordered([a, b, c], { headroom: ({ id }) => left[id], sticky: 'a' }), ['a', 'b', 'c']);
    assert.deepEqual(ordered([heldKey('a', { priority: 1 }), b], { headroom: ({ id }) => left[id] }), ['a', 'b']);
  });

  it('puts those that would have to wait behind all others, and keeps their order', () => {
    const held = [heldKey('a', { priority: 2 }), heldKey('b', { priority: 3 }), c];
    assert.deepEqual(ordered(held, { couldEnter: ({ id }) => id === 'c', sticky: 'a' }), ['c', 'b', 'a']);
    assert.deepEqual(ordered(held, { couldEnter: () => false }), ['b', 'a', 'c']);
  });

  for (const [fraction, expected] of [
    [0, 'a'],
    [0.2499, 'a'],
    [0.25, 'b'],
    [0.999999, 'b'],
  ] as const) {
    it(`shares by weight 1 to 3: ${fraction} is ${expected}`, () => {
      assert.equal(ordered([a, heldKey('b', { weight: 3 })], { random: always(fraction) })[0], expected);
    });
  }

  it('gives a key of weight zero no share beside others, and still serves when all are zero', () => {
    const none = heldKey('a', { weight: 0 });
    for (const fraction of [0, 0.5, 0.999]) assert.equal(ordered([none, b], { random: always(fraction) })[0], 'b');
    assert.deepEqual(ordered([none, heldKey('b', { weight: 0 })]), ['a', 'b']);
  });

  it('holds every key once, whatever the weights and the dice', () => {
    const weights = fc.array(fc.double({ min: 0, noNaN: true }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(weights, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (all, fraction) => {
        const held = all.map((weight, at) => heldKey(`key ${at}`, { weight }));
        assert.deepEqual(
          ordered(held, { random: always(fraction) }).sort(),
          held.map(({ id }) => id),
        );
      }),
      { numRuns: 100 },
    );
  });
});
