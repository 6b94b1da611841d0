import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { parseConfig } from '../../../src/core/config/parse.ts';
import { referenceOf, referencesOf, referenceWords, targetsOf } from '../../../src/vscode/references.ts';

const parsed = parseConfig({
  providers: { groq: { kind: 'groq' }, local: { kind: 'ollama' }, anthropic: { kind: 'anthropic' } },
  models: { fast: 'groq/llama-4', pool: { of: ['groq/llama-4', { model: 'local/qwen/3', weight: 2 }, 'anthropic/opus'] } },
});

describe('references in the editor', () => {
  assert.ok(parsed.faults === undefined);
  const { config } = parsed;

  it('lead to the models of an alias, or to themselves', () => {
    assert.deepEqual(targetsOf(config, 'fast'), ['groq/llama-4']);
    assert.deepEqual(targetsOf(config, 'pool'), ['groq/llama-4', 'local/qwen/3', 'anthropic/opus']);
    assert.deepEqual(targetsOf(config, 'groq/other'), ['groq/other']);
    assert.deepEqual(targetsOf(config, 'constructor'), ['constructor']);
  });

  it('are shown with the name of the alias', () => {
    assert.equal(referenceWords(config, 'fast'), 'fast (groq/llama-4)');
    assert.equal(referenceWords(config, 'pool'), 'pool (groq/llama-4 and 2 more)');
    assert.equal(referenceWords(config, 'groq/other'), 'groq/other');
  });

  it('of an agent are its model, its rules and its fallbacks', () => {
    const agent = {
      model: 'fast',
      routes: [
        { when: { model: 'x' }, to: 'pool' },
        { when: {}, to: 'fast' },
      ],
      fallbacks: ['local/a', { to: 'pool', on: ['error' as const] }],
    };
    assert.deepEqual(referencesOf(agent), ['fast', 'pool', 'local/a']);
    assert.equal(referenceOf(agent), 'fast');
    assert.equal(referenceOf({ routes: agent.routes }), 'fast', 'a rule that always holds');
    assert.equal(referenceOf({ routes: agent.routes.slice(0, 1) }), undefined);
  });
});
