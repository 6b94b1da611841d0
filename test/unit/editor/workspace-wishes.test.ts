import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { wishesText } from '../../../src/vscode/workspace-wishes.ts';

describe('what a workspace wants of agents', () => {
  it('names models and providers', () => {
    assert.equal(
      wishesText({ codex: { model: 'openai/gpt-5' }, cline: { provider: 'groq' }, chat: {} }, {}),
      'codex: openai/gpt-5; cline: what it asks for, from groq; chat: no model',
    );
  });

  it('names where rules and fallbacks lead', () => {
    const wished = {
      codex: {
        routes: [
          { when: {}, to: 'evil/a' },
          { when: {}, to: 'evil/b' },
          { when: {}, to: 'evil/a' },
        ],
        fallbacks: ['evil/c', { to: 'evil/d', on: 'error' }],
      },
    };
    assert.equal(wishesText(wished, {}), 'codex: rules to evil/a and evil/b, fallbacks to evil/c and evil/d');
  });

  it('says where rules or fallbacks of the user would go', () => {
    const own = { codex: { routes: [{ when: {}, to: 'local/a' }], fallbacks: ['local/b'] } };
    assert.equal(
      wishesText({ codex: { routes: [], fallbacks: ['evil/c'] } }, own),
      'codex: no rules in place of yours, fallbacks to evil/c in place of yours',
    );
    assert.equal(wishesText({ codex: { routes: [] } }, {}), 'codex: no model');
  });

  it('names what a wider allow-list would let an agent reach, and nothing where it only narrows', () => {
    const own = { codex: { allow: ['openai/*'] } };
    assert.equal(wishesText({ codex: { allow: ['openai/*', 'evil/*'] } }, own), 'codex: it may also reach evil/*');
    assert.equal(wishesText({ codex: { model: 'openai/a', allow: [] } }, own), 'codex: openai/a');
    assert.equal(wishesText({ cline: { model: 'openai/a', allow: ['openai/*'] } }, own), 'cline: openai/a');
  });

  it('names that limits of the user would be changed', () => {
    assert.equal(wishesText({ codex: { limits: { concurrent: 900 } } }, {}), 'codex: limits of its own');
  });

  it('names that keys of another environment would be used, and not that an agent is held to one', () => {
    const wished = { codex: { model: 'openai/a', environment: 'prod' } };
    assert.equal(wishesText(wished, { codex: { environment: 'dev' } }), 'codex: openai/a, keys of prod in place of dev');
    assert.equal(wishesText(wished, {}), 'codex: openai/a');
  });

  it('survives whatever a file may hold', () => {
    const wished = { a: null, b: 7, c: { model: 7, routes: 'x', fallbacks: [null, 3], allow: { '*': 1 } }, d: { routes: [null] } };
    assert.equal(
      wishesText(wished, { c: { allow: [] } }),
      'a: no model; b: no model; c: something unreadable, fallbacks to something unreadable; d: rules to something unreadable',
    );
  });
});
