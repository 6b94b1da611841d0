import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { isGatewayError } from '../../../src/core/ir/error.ts';
import { chooseKey } from '../../../src/core/routing/choose-key.ts';
import type { HeldKey } from '../../../src/core/routing/snapshot.ts';
import { agentIn, always, errorIn, heldKey, snapshotOf } from './snapshot-of.ts';

const ORIGIN = 'https://api.openai.com';
const CONFIG = { providers: { openai: { kind: 'openai' }, local: { kind: 'ollama' } }, agents: { codex: {} } };

function choose(
  keys: readonly HeldKey[],
  { agent = 'codex', model = 'gpt-5', provider = 'openai', origin = ORIGIN, fraction = 0 } = {},
) {
  const snapshot = snapshotOf(CONFIG, { keys });
  const found = snapshot.providers.get(provider);
  assert.ok(found);
  return chooseKey(snapshot, agentIn(snapshot, agent), { provider: found, model }, origin, always(fraction));
}

function idOf(...args: Parameters<typeof choose>): string {
  const key = choose(...args);
  return key === undefined ? 'none' : isGatewayError(key) ? key.code : key.id;
}

describe('chooseKey', () => {
  it('asks for none where the provider needs none', () => {
    assert.equal(idOf([heldKey('a', { provider: 'local' })], { provider: 'local', origin: 'http://127.0.0.1:11434' }), 'none');
  });

  it('never lends a key of another provider', () => {
    assert.match(errorIn(choose([heldKey('a', { provider: 'local' })])).message, /There is no key for "openai" yet/);
  });

  it('passes over a key that is bound to other agents', () => {
    assert.equal(idOf([heldKey('a', { agents: ['chat'], priority: 9 }), heldKey('b')]), 'b');
  });

  it('binds a key by the whole name of an agent', () => {
    assert.equal(idOf([heldKey('a', { agents: ['codex-2', 'code', 'CODEX'] })]), 'no-key');
  });

  it('gives a key with an empty binding to nobody', () => {
    assert.equal(idOf([heldKey('a', { agents: [] })]), 'no-key');
    assert.equal(idOf([heldKey('a', { models: [] })]), 'no-key');
  });

  for (const [glob, model, fits] of [
    ['gpt-*', 'gpt-5', true],
    ['gpt-*', 'chatgpt-5', false],
    ['*', 'meta/llama', true],
    ['gpt-5', 'gpt-5-mini', false],
    ['gpt.5', 'gpt-5', false],
    ['*模*', '大模型', true],
  ] as const) {
    it(`a key for ${glob} ${fits ? 'serves' : 'does not serve'} ${model}`, () => {
      assert.equal(idOf([heldKey('a', { models: [glob] })], { model }), fits ? 'a' : 'no-key');
    });
  }

  it('says that a binding is in the way, and not that there is no key', () => {
    assert.match(errorIn(choose([heldKey('a', { models: ['claude-*'] })])).message, /may be used by this agent for "gpt-5"/);
  });

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
    it(`sends no key to ${JSON.stringify(origin)}, which it was not entered for`, () => {
      assert.match(errorIn(choose([heldKey('a')], { origin })).message, /the key was not sent/);
    });
  }

  it('passes over a key of another origin when one of the right origin is there', () => {
    const keys = [heldKey('old', { origins: ['https://old.example'], priority: 9 }), heldKey('new')];
    assert.equal(idOf(keys), 'new');
  });

  it('takes the highest priority, also when all are negative', () => {
    assert.equal(idOf([heldKey('a', { priority: -3 }), heldKey('b', { priority: -1 }), heldKey('c', { priority: -2 })]), 'b');
  });

  it('gives a lower priority no share, whatever it weighs', () => {
    assert.equal(idOf([heldKey('a', { weight: 1000 }), heldKey('b', { priority: 1, weight: 0.001 })], { fraction: 0 }), 'b');
  });

  for (const [fraction, expected] of [
    [0, 'a'],
    [0.2499, 'a'],
    [0.25, 'b'],
    [0.999999, 'b'],
  ] as const) {
    it(`shares by weight 1 to 3: ${fraction} is ${expected}`, () => {
      assert.equal(idOf([heldKey('a', { weight: 1 }), heldKey('b', { weight: 3 })], { fraction }), expected);
    });
  }

  it('gives a key of weight zero no share beside others', () => {
    for (const fraction of [0, 0.5, 0.999]) assert.equal(idOf([heldKey('a', { weight: 0 }), heldKey('b')], { fraction }), 'b');
  });

  it('still serves when every weight is zero', () =>
    assert.equal(idOf([heldKey('a', { weight: 0 }), heldKey('b', { weight: 0 })]), 'a'));

  it('always finds one, whatever the weights and the dice', () => {
    const weight = fc.double({ min: 0, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(weight, { minLength: 1, maxLength: 5 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (weights, fraction) => {
          const ids = weights.map((_, at) => `key ${at}`);
          assert.ok(
            ids.includes(
              idOf(
                weights.map((weight, at) => heldKey(`key ${at}`, { weight })),
                { fraction },
              ),
            ),
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  it('names no key in a refusal', () => {
    for (const key of [heldKey('kid', { agents: [] }), heldKey('kid', { origins: [] })]) {
      assert.doesNotMatch(JSON.stringify(choose([key])), /kid|secret of/);
    }
  });
});
