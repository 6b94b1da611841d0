import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { inspect } from 'node:util';
import { agentIn, heldKey, snapshotOf } from './snapshot-of.ts';

const CONFIG = { providers: { openai: { kind: 'openai' } }, agents: { codex: { model: 'openai/gpt' } } };

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
    assert.deepEqual(snapshot.timeouts, { connect: 1500, firstByte: 900_000, idle: 300_000 });
  });

  it('shows neither a key nor a token, however it is printed or copied', () => {
    const snapshot = snapshotOf(CONFIG, { keys: [heldKey('a')], tokens: { codex: 'gh-token' } });
    const shown = [
      inspect(snapshot, { depth: 9, showHidden: true, customInspect: false, getters: true }),
      JSON.stringify(snapshot),
      inspect(structuredClone(snapshot), { depth: 9 }),
    ];
    assert.doesNotMatch(shown.join(), /secret of a|gh-token/);
  });
});
