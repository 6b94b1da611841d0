import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { RouteConfig } from '../../../../src/core/config/schema-routing.ts';
import { COMPLEXITIES, REQUEST_CLASSES } from '../../../../src/core/config/kinds.ts';
import { explainRules } from '../../../../src/core/routing/rules/explain-rules.ts';
import { matchRules } from '../../../../src/core/routing/rules/match-rule.ts';
import { asking, rulesOf, type AskedOf } from './rule-request.ts';

type When = RouteConfig['when'];

describe('matchRules', () => {
  for (const [what, when, about, matches] of [
    ['nothing at all', {}, {}, true],
    ['a model by name', { model: 'gpt' }, { model: 'gpt' }, true],
    ['a model by name, whole', { model: 'gpt' }, { model: 'gpt-4' }, false],
    ['a model by pattern', { model: '*haiku*' }, { model: 'claude-haiku-4' }, true],
    ['a model in its own case', { model: '*haiku*' }, { model: 'claude-Haiku-4' }, false],
    ['one model of several', { model: ['a', 'b*'] }, { model: 'bc' }, true],
    ['no model of several', { model: ['a', 'b*'] }, { model: 'cb' }, false],
    ['no model by any pattern', { model: '*' }, { model: '' }, true],
    ['a session', { session: 's-*' }, { session: 's-1' }, true],
    ['another session', { session: 's-*' }, { session: 't-1' }, false],
    ['a session where none is named', { session: '*' }, {}, false],
    ['a header', { header: { 'x-team': 'a*' } }, { headers: { 'x-team': 'ab' } }, true],
    ['a header with another value', { header: { 'x-team': 'a*' } }, { headers: { 'x-team': 'ba' } }, false],
    ['a header that is not there', { header: { 'x-team': '*' } }, { headers: { 'x-tea': 'a' } }, false],
    ['a header that has no value', { header: { 'x-team': '*' } }, { headers: { 'x-team': undefined } }, false],
    ['a header that came twice', { header: { 'x-team': 'b' } }, { headers: { 'x-team': ['a', 'b'] } }, true],
    ['a header called like a method', { header: { constructor: '*' } }, {}, false],
    ['one of two headers', { header: { a: '1', b: '2' } }, { headers: { a: '1', b: '3' } }, false],
    ['two headers', { header: { a: '1', b: '2' } }, { headers: { a: '1', b: '2' } }, true],
    ['more tokens', { tokensOver: 100 }, { features: { tokens: 101 } }, true],
    ['just as many tokens, not more', { tokensOver: 100 }, { features: { tokens: 100 } }, false],
    ['fewer tokens', { tokensUnder: 100 }, { features: { tokens: 99 } }, true],
    ['just as many tokens, not fewer', { tokensUnder: 100 }, { features: { tokens: 100 } }, false],
    ['tokens between', { tokensOver: 1, tokensUnder: 3 }, { features: { tokens: 2 } }, true],
    ['tools', { tools: true }, { features: { tools: 1 } }, true],
    ['tools where there are none', { tools: true }, {}, false],
    ['no tools', { tools: false }, {}, true],
    ['no tools where there are some', { tools: false }, { features: { tools: 1 } }, false],
    ['images', { images: true }, { features: { images: 2 } }, true],
    ['no images', { images: false }, { features: { images: 2 } }, false],
    ['thinking', { thinking: true }, { features: { thinking: true } }, true],
    ['no thinking', { thinking: false }, { features: { thinking: true } }, false],
    ['searching the web', { webSearch: true }, { features: { webSearch: true } }, true],
    ['no searching', { webSearch: false }, { features: { webSearch: true } }, false],
    ['a class', { class: 'background' }, { class: 'background' }, true],
    ['another class', { class: 'background' }, { class: 'plain' }, false],
    ['one class of several', { class: ['image', 'plain'] }, { class: 'plain' }, true],
    ['a complexity', { complexity: 'hard' }, { complexity: 'hard' }, true],
    ['no complexity of several', { complexity: ['hard', 'simple'] }, { complexity: 'normal' }, false],
    ['all conditions', { model: 'm', tools: true, class: 'tools' }, { features: { tools: 1 }, class: 'tools' }, true],
    ['all conditions but one', { model: 'm', tools: true, class: 'tools' }, { features: { tools: 1 }, class: 'plain' }, false],
  ] as readonly (readonly [string, When, AskedOf, boolean])[]) {
    it(`${matches ? 'takes' : 'does not take'} ${what}`, () =>
      assert.equal(matchRules(rulesOf(when), asking(about)), matches ? 0 : undefined));
  }

  it('takes the first that matches', () => {
    const rules = rulesOf({ model: 'a' }, { model: '*' }, {}, { model: 'b' });
    assert.equal(matchRules(rules, asking({ model: 'b' })), 1);
    assert.equal(matchRules(rules, asking({ model: 'a' })), 0);
  });

  it('takes none of none', () => assert.equal(matchRules([], asking()), undefined));

  describe('reads the body', () => {
    const readFor = (whens: When[], about: AskedOf): object => {
      const request = asking(about);
      matchRules(rulesOf(...whens), request);
      return request.read;
    };

    it('not at all for models, sessions and headers', () => {
      const whens: When[] = [{ model: 'a' }, { session: 'a' }, { header: { a: 'a' } }];
      assert.deepEqual(readFor(whens, { session: 'b', headers: { a: 'b' } }), { features: 0, classified: 0 });
    });

    it('not where something cheaper is wrong already, in whatever order the rule is written', () => {
      const when: When = {
        class: 'plain',
        complexity: 'hard',
        tokensOver: 1,
        tools: true,
        header: { a: 'a' },
        session: '*',
        model: 'x',
      };
      assert.deepEqual(readFor([when, { ...when, model: '*', session: 'x' }], { session: 's' }), { features: 0, classified: 0 });
    });

    it('not for a rule after the one that matches', () => {
      assert.deepEqual(readFor([{ model: 'm' }, { tools: true, class: 'plain' }], {}), { features: 0, classified: 0 });
    });

    it('for its features before it is classified', () => {
      assert.deepEqual(readFor([{ class: 'plain', tools: true }], {}), { features: 1, classified: 0 });
      assert.deepEqual(readFor([{ class: 'plain', tools: false }], {}), { features: 1, classified: 1 });
    });
  });

  it('agrees with the explanation, whatever the rules and the request', () => {
    const text = fc.constantFrom('a', 'b', 'ab', '');
    const glob = fc.constantFrom('a', 'b', '*', 'a*', '*b', '*b*', 'a*b');
    const when: fc.Arbitrary<When> = fc.record(
      {
        model: fc.oneof(glob, fc.array(glob, { minLength: 1, maxLength: 2 })),
        session: glob,
        header: fc.dictionary(fc.constantFrom('a', 'b', 'constructor'), glob, { maxKeys: 2 }),
        tools: fc.boolean(),
        images: fc.boolean(),
        thinking: fc.boolean(),
        webSearch: fc.boolean(),
        tokensOver: fc.nat(3),
        tokensUnder: fc.integer({ min: 1, max: 4 }),
        class: fc.constantFrom(...REQUEST_CLASSES),
        complexity: fc.array(fc.constantFrom(...COMPLEXITIES), { minLength: 1 }),
      },
      { requiredKeys: [] },
    );
    const about = fc.record({
      model: text,
      session: fc.option(text, { nil: undefined }),
      headers: fc.dictionary(fc.constantFrom('a', 'b'), fc.oneof(text, fc.array(text))),
      features: fc.record({
        tokens: fc.nat(4),
        tools: fc.nat(2),
        images: fc.nat(2),
        thinking: fc.boolean(),
        webSearch: fc.boolean(),
      }),
      class: fc.constantFrom(...REQUEST_CLASSES),
      complexity: fc.constantFrom(...COMPLEXITIES),
    });
    fc.assert(
      fc.property(fc.array(when, { maxLength: 6 }), about, (whens, asked) => {
        const rules = rulesOf(...whens);
        const first = matchRules(rules, asking(asked));
        const explained = explainRules(rules, asking(asked));
        assert.equal(explained.length, rules.length);
        for (const { index, matched, tried, why } of explained) {
          assert.equal(matched, matchRules([rules[index]!], asking(asked)) === 0);
          assert.equal(tried, first === undefined || index <= first);
          assert.equal(matched && tried, index === first);
          assert.equal(why.length, Math.max(1, rules[index]?.conditions.length ?? 0));
          assert.equal(matched, !why.some((line) => /, (but|not) |does not fit|is not there/.test(line)), why.join('; '));
        }
      }),
      { numRuns: 500 },
    );
  });
});
