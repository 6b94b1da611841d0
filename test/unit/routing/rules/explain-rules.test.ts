import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { RouteConfig } from '../../../../src/core/config/schema-routing.ts';
import { compileRules } from '../../../../src/core/routing/rules/compile-rules.ts';
import { explainRules } from '../../../../src/core/routing/rules/explain-rules.ts';
import { asking, rulesOf, type AskedOf } from './rule-request.ts';

describe('explainRules', () => {
  for (const [when, about, words] of [
    [{}, {}, 'always matches'],
    [{ model: '*haiku*' }, { model: 'claude-haiku' }, 'model is "claude-haiku", which fits "*haiku*"'],
    [{ model: ['a', 'b*'] }, { model: 'c' }, 'model is "c", not "a" or "b*"'],
    [{ model: 'a' }, { model: '' }, 'no model is named, not "a"'],
    [{ model: '*' }, { model: '' }, 'no model is named, which fits "*"'],
    [{ session: 's*' }, { session: 's1' }, 'session is "s1", which fits "s*"'],
    [{ session: 's*' }, {}, 'no session is named, not "s*"'],
    [{ header: { 'x-team': 'a*' } }, { headers: { 'x-team': 'ab' } }, 'header x-team fits "a*"'],
    [{ header: { 'x-team': 'a*' } }, { headers: { 'x-team': 'geheim' } }, 'header x-team does not fit "a*"'],
    [{ header: { 'x-team': '*' } }, {}, 'header x-team is not there'],
    [{ tokensOver: 150_000 }, { features: { tokens: 12_000 } }, 'about 12,000 tokens, not over 150,000'],
    [{ tokensOver: 10 }, { features: { tokens: 12 } }, 'about 12 tokens, over 10'],
    [{ tokensUnder: 10 }, { features: { tokens: 12 } }, 'about 12 tokens, not under 10'],
    [{ tokensUnder: 1000 }, { features: { tokens: 12 } }, 'about 12 tokens, under 1,000'],
    [{ tools: true }, {}, 'no tools are offered, but should be'],
    [{ tools: false }, { features: { tools: 12 } }, '12 tools are offered, but should not be'],
    [{ tools: true }, { features: { tools: 1 } }, '1 tool is offered'],
    [{ images: false }, { features: { images: 1 } }, '1 image is there, but should not be'],
    [{ images: true }, { features: { images: 2 } }, '2 images are there'],
    [{ images: true }, {}, 'no images are there, but should be'],
    [{ thinking: true }, {}, 'thinking is not asked for, but should be'],
    [{ thinking: true }, { features: { thinking: true } }, 'thinking is asked for'],
    [{ webSearch: false }, { features: { webSearch: true } }, 'searching the web is offered, but should not be'],
    [{ webSearch: false }, {}, 'searching the web is not offered'],
    [{ class: 'thinking' }, { class: 'background' }, 'class is background, not thinking'],
    [{ class: ['thinking', 'tools'] }, { class: 'plain' }, 'class is plain, not thinking or tools'],
    [{ class: 'plain' }, { class: 'plain' }, 'class is plain'],
    [{ complexity: ['simple', 'hard'] }, { complexity: 'normal' }, 'complexity is normal, not simple or hard'],
    [{ complexity: 'hard' }, { complexity: 'hard' }, 'complexity is hard'],
  ] as readonly (readonly [RouteConfig['when'], AskedOf, string])[]) {
    it(`says "${words}"`, () => assert.deepEqual(explainRules(rulesOf(when), asking(about))[0]?.why, [words]));
  }

  it('says each condition, held or not, in the order in which they are judged', () => {
    const when: RouteConfig['when'] = { class: 'plain', tools: true, model: 'x' };
    assert.deepEqual(explainRules(rulesOf(when), asking())[0]?.why, [
      'model is "m", not "x"',
      'no tools are offered, but should be',
      'class is plain',
    ]);
  });

  it('says of every rule whether it was tried, and whether it would match', () => {
    const rules = compileRules([
      { name: 'first', when: { model: 'x' }, to: 'a/b' },
      { when: { model: 'm' }, to: 'a/b' },
      { name: 'rest', when: {}, to: 'a/b' },
      { when: { model: 'y' }, to: 'a/b' },
    ]);
    assert.deepEqual(
      explainRules(rules, asking()).map(({ index, name, matched, tried }) => [index, name, matched, tried]),
      [
        [0, 'first', false, true],
        [1, undefined, true, true],
        [2, 'rest', true, false],
        [3, undefined, false, false],
      ],
    );
  });
});
