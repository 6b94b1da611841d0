import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { questionOf, wishesOf, type WishedAgent } from '../../../src/vscode/workspace-wishes.ts';

/** Of one agent, without its name. */
const wish = (wished: unknown, own?: WishedAgent): string =>
  (wishesOf({ codex: wished }, own === undefined ? {} : { codex: own })[0] ?? '').replace(/^codex: /, '');

describe('what a workspace wants of agents', () => {
  it('names models and providers', () => {
    assert.deepEqual(wishesOf({ codex: { model: 'openai/gpt-5' }, cline: { provider: 'groq' }, chat: {} }, {}), [
      'codex: openai/gpt-5',
      'cline: what it asks for, from groq',
      'chat: nothing that differs from yours',
    ]);
  });

  it('names what stands in the place of what', () => {
    assert.equal(wish({ model: 'openai/a' }, { model: 'local/b' }), 'openai/a in place of local/b');
    assert.equal(wish({ provider: 'a' }, { provider: 'b' }), 'what it asks for, from a in place of b');
    assert.equal(wish({ model: 'openai/a', provider: 'groq' }), 'openai/a, provider groq');
    assert.equal(wish({ kind: 'codex' }, { kind: 'cline' }), 'it counts as codex in place of cline');
  });

  it('names nothing that is the same', () => {
    const own: WishedAgent = {
      kind: 'codex',
      model: 'openai/a',
      provider: 'openai',
      routes: [{ when: { model: '*' }, to: 'local/a' }],
      fallbacks: ['local/b'],
      allow: ['openai/*'],
      limits: { concurrent: 3, queue: 1, queueSeconds: 2, burst: 'alert' },
    };
    assert.equal(wish(structuredClone(own), own), 'nothing that differs from yours');
  });

  it('names where rules and fallbacks lead, and when', () => {
    const routes = [
      { when: { model: '*haiku*', tokensOver: 5 }, to: 'evil/a' },
      { when: { class: ['plain', 'tools'] }, to: 'evil/b' },
      { when: {}, to: 'evil/a' },
    ];
    assert.equal(
      wish({ routes, fallbacks: ['evil/c', { to: 'evil/d', on: 'error' }] }),
      'rules to evil/a (model *haiku*, tokensOver 5) and evil/b (class plain or tools) and evil/a, fallbacks to evil/c and evil/d (error)',
    );
  });

  it('says where rules or fallbacks of the user would go', () => {
    const own: WishedAgent = { routes: [{ when: {}, to: 'local/a' }], fallbacks: ['local/b'] };
    assert.equal(
      wish({ routes: [], fallbacks: ['evil/c'] }, own),
      'no rules in place of yours, fallbacks to evil/c in place of yours',
    );
    assert.equal(
      wish({ routes: [{ when: { images: true }, to: 'local/a' }] }, own),
      'rules to local/a (images true) in place of yours',
    );
    assert.equal(wish({ routes: [] }), 'no rules');
  });

  it('names what an agent could reach besides, and what no more', () => {
    const own = { allow: ['openai/*', 'local/*'] };
    assert.equal(wish({ allow: ['openai/*', 'evil/*'] }, own), 'it may also reach evil/*, it may no longer reach local/*');
    assert.equal(wish({ allow: [] }, own), 'it may no longer reach openai/* and local/*');
    assert.equal(wish({ allow: ['openai/*'] }), 'it may reach only openai/*');
    assert.equal(wish({ allow: [] }), 'it may reach nothing');
  });

  it('names each limit that would be another', () => {
    const own: WishedAgent = { limits: { concurrent: 8, requestsPerMinute: 60, queue: 64, queueSeconds: 30, burst: 'pause' } };
    assert.equal(
      wish({ limits: { concurrent: 900, requestsPerMinute: 60, burst: 'off', tokensPerMinute: 5 } }, own),
      'limit concurrent 900 in place of 8, limit burst off in place of pause, limit tokensPerMinute 5',
    );
  });

  it('names of which environment the keys would be', () => {
    assert.equal(wish({ environment: 'prod' }, { environment: 'dev' }), 'keys of prod in place of dev');
    assert.equal(wish({ environment: 'prod' }), 'keys of prod');
  });

  it('names fields that it does not know', () => assert.equal(wish({ guard: 'off', x: { y: 1 } }), 'guard off, x {"y":1}'));

  it('survives whatever a file may hold', () => {
    assert.deepEqual(
      wishesOf(
        { a: null, b: 7, c: { model: 7, routes: 'x', fallbacks: [null, 3], allow: { '*': 1 } }, d: { routes: [null] } },
        {
          c: { allow: [] },
        },
      ),
      [
        'a: nothing that differs from yours',
        'b: nothing that differs from yours',
        'c: 7, no rules, fallbacks to nothing',
        'd: rules to nothing',
      ],
    );
  });

  it('shows no button, no line and no direction that a file would make', () => {
    assert.equal(
      wish({ model: 'a/[Trust](command:x)\n\u202edeb\u001b[31m' }).replaceAll(/ +/g, ' '),
      'a/[Trust] (command:x) deb [31m',
    );
  });

  it('is another question after any change of it, or of the user’s own for those agents, and of no other', () => {
    const wished = { codex: { model: 'a/b', routes: [{ when: { model: 'x' }, to: 'a/c' }], limits: { concurrent: 2 } } };
    const own: Record<string, WishedAgent> = { codex: { allow: ['a/*'] }, cline: { model: 'a/b' } };
    const asked = questionOf([wished], own);
    assert.equal(questionOf([structuredClone(wished)], { ...own, cline: { model: 'other/b' } }), asked);
    const changes: readonly unknown[] = [
      { codex: { ...wished.codex, model: 'a/d' } },
      { codex: { ...wished.codex, routes: [{ when: { model: 'y' }, to: 'a/c' }] } },
      { codex: { ...wished.codex, limits: { concurrent: 3 } } },
      { codex: { ...wished.codex, kind: 'cline' } },
      { codex: { ...wished.codex, allow: [] } },
      { ...wished, other: {} },
    ];
    for (const change of changes)
      assert.notEqual(questionOf([change as Record<string, unknown>], own), asked, JSON.stringify(change));
    assert.notEqual(questionOf([wished], { ...own, codex: { allow: ['a/b'] } }), asked, 'a bound that the user has set since');
    assert.notEqual(questionOf([wished, wished], own), asked);
  });
});
