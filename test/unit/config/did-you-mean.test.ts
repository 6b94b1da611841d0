import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { didYouMean } from '../../../src/core/config/did-you-mean.ts';

const KNOWN = ['anthropic', 'openai', 'openrouter', 'google', 'xai', 'vllm'];

describe('didYouMean', () => {
  for (const [word, meant] of [
    ['antropic', 'anthropic'],
    ['anthropics', 'anthropic'],
    ['OpenAI', 'openai'],
    ['openia', 'openai'],
    ['open-router', 'openrouter'],
    ['gogle', 'google'],
    ['xia', 'xai'],
    ['xyz', undefined],
    ['xa', 'xai'],
    ['mistral', undefined],
    ['', undefined],
    ['🦊', undefined],
  ] as const) {
    it(`${JSON.stringify(word)}: ${meant ?? 'says nothing'}`, () => {
      assert.equal(didYouMean(word, KNOWN), meant === undefined ? '' : `, did you mean "${meant}"?`);
    });
  }

  it('takes the nearest, not the first that is near enough', () => {
    assert.equal(didYouMean('models', ['mode', 'model', 'models2']), ', did you mean "model"?');
  });

  it('knows nothing where nothing is known', () => assert.equal(didYouMean('constructor', []), ''));

  it('finds every word again after one slip of the finger', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('anthropic', 'openrouter', 'deepseek'),
        fc.nat(),
        fc.constantFrom('drop', 'double'),
        (word, seed, slip) => {
          const at = seed % word.length;
          const typed = slip === 'drop' ? word.slice(0, at) + word.slice(at + 1) : word.slice(0, at) + word[at] + word.slice(at);
          assert.equal(didYouMean(typed, ['anthropic', 'openrouter', 'deepseek']), `, did you mean "${word}"?`);
        },
      ),
      { numRuns: 60 },
    );
  });
});
