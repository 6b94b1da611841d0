import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { faultLine, parseConfig } from '../../../src/core/config/parse.ts';
import type { Config } from '../../../src/core/config/schema.ts';

const PROVIDERS = { openai: { kind: 'openai' }, local: { kind: 'ollama' } };
const MODELS = { fast: 'local/small' };

function faultsOf(more: object): string[] {
  return (parseConfig({ providers: PROVIDERS, models: MODELS, ...more }).faults ?? []).map(faultLine);
}

const agentFaults = (agent: object): string[] => faultsOf({ agents: { a: agent } });
const whenFaults = (when: unknown): string[] => agentFaults({ routes: [{ when, to: 'fast' }] });

function configOf(more: object): Config {
  const parsed = parseConfig({ providers: PROVIDERS, models: MODELS, ...more });
  if (parsed.faults !== undefined) throw new Error(parsed.faults.map(faultLine).join('\n'));
  return parsed.config;
}

describe('the configuration of routing', () => {
  it('takes every form that it describes', () => {
    const when = {
      model: ['*haiku*', 'x'],
      class: ['plain', 'background'],
      complexity: 'hard',
      tokensOver: 0,
      tokensUnder: 2,
      tools: true,
      images: false,
      thinking: true,
      webSearch: false,
      header: { 'x-team': '*', constructor: 'a' },
      session: 'a*',
    };
    assert.deepEqual(
      faultsOf({
        models: {
          ...MODELS,
          'gpt-4.1': { of: ['openai/a/b:c', { model: 'local/模型', weight: 0.5 }], balance: 'headroom', sticky: false },
        },
        agents: {
          a: {
            model: 'fast',
            routes: [
              { name: 'all', when, to: 'gpt-4.1' },
              { when: {}, to: 'openai/x' },
            ],
            fallbacks: [
              'fast',
              'openai/x/y',
              { to: 'gpt-4.1', on: 'context-window' },
              { to: 'fast', on: ['error', 'content-policy'] },
            ],
            allow: ['openai/*', '*small*', 'local/x', '*'],
            limits: { requestsPerMinute: 1, tokensPerMinute: 1, concurrent: 1, queue: 0, queueSeconds: 0, burst: 'off' },
          },
          b: { allow: [], routes: [], fallbacks: [], limits: {} },
        },
        keys: [{ id: 'k', provider: 'openai', limits: { concurrent: 2 } }],
        timeouts: { firstTokenSeconds: 1, minTokensPerSecond: 0.1, totalSeconds: 60 },
        retries: { attempts: 5, longestWaitSeconds: 60 },
      }),
      [],
    );
  });

  it('fills in how long and how many may wait, and how a pool is used', () => {
    const config = configOf({
      models: { pool: { of: ['openai/x'] } },
      agents: { a: { limits: {} } },
      keys: [{ id: 'k', provider: 'openai', limits: { concurrent: 1 } }],
    });
    assert.deepEqual(config.agents['a']?.limits, { queue: 64, queueSeconds: 30, burst: 'alert' });
    assert.deepEqual(config.keys[0]?.limits, { concurrent: 1, queue: 64, queueSeconds: 30 });
    assert.deepEqual(config.models['pool'], { of: ['openai/x'], balance: 'weighted', sticky: true });
  });

  describe('in a route', () => {
    for (const [hazard, when, fault] of [
      ['a mistyped condition', { modle: 'x' }, '.modle: unknown setting, did you mean "model"?'],
      ['a model that is no text', { model: 3 }, '.model: must be a pattern or a list of them'],
      ['an empty pattern', { model: '' }, '.model: is empty; `*` matches anything'],
      ['an empty pattern in a list', { model: ['a', ''] }, '.model.1: is empty; `*` matches anything'],
      ['an empty list', { model: [] }, '.model: must name at least one pattern'],
      [
        'an unknown class',
        { class: 'backgroud' },
        '.class: is not one of background, web-search, image, long-context, thinking, tools, plain',
      ],
      ['an unknown complexity in a list', { complexity: ['hard', 'esay'] }, '.complexity.1: is not one of simple, normal, hard'],
      ['half a token', { tokensOver: 0.5 }, '.tokensOver: Invalid input: expected int, received number'],
      ['fewer than no tokens', { tokensUnder: 0 }, '.tokensUnder: Too small: expected number to be >0'],
      [
        'sizes between which there is none',
        { tokensOver: 9, tokensUnder: 10 },
        ': can never hold: tokensUnder must be larger than tokensOver',
      ],
      ['a word for yes', { tools: 'yes' }, '.tools: Invalid input: expected boolean, received string'],
      ['a header in capitals', { header: { 'X-Team': 'a' } }, '.header.X-Team: is not the name of a header in lower case'],
      ['a header with a space', { header: { 'x team': 'a' } }, '.header.x team: is not the name of a header in lower case'],
      ['no conditions at all', undefined, ': Invalid input: expected object, received undefined'],
    ] as const) {
      it(`reports ${hazard}`, () => assert.deepEqual(whenFaults(when), [`agents.a.routes.0.when${fault}`]));
    }

    it('takes sizes between which there is one', () => assert.deepEqual(whenFaults({ tokensOver: 9, tokensUnder: 11 }), []));

    for (const header of [
      'authorization',
      'x-api-key',
      'x-goog-api-key',
      'api-key',
      'cookie',
      'proxy-authorization',
      'cf-aig-authorization',
    ]) {
      it(`looks at no ${header}, and does not repeat what was to be in it`, () => {
        assert.deepEqual(whenFaults({ header: { [header]: 'sk-proj-geheim' } }), [
          `agents.a.routes.0.when.header.${header}: carries a credential, so no rule may look at it`,
        ]);
      });
    }
  });

  describe('in references', () => {
    const places = {
      'agents.a.model': (to: string) => agentFaults({ model: to }),
      'agents.a.routes.1.to': (to: string) =>
        agentFaults({
          routes: [
            { when: {}, to: 'fast' },
            { when: {}, to },
          ],
        }),
      'agents.a.fallbacks.0': (to: string) => agentFaults({ fallbacks: [to] }),
      'agents.a.fallbacks.0.to': (to: string) => agentFaults({ fallbacks: [{ to, on: 'error' }] }),
    };
    for (const [path, faults] of Object.entries(places)) {
      it(`checks ${path}`, () => {
        assert.deepEqual(faults('fast'), []);
        assert.deepEqual(faults('fsat'), [`${path}: unknown alias, did you mean "fast"?`]);
        assert.deepEqual(faults('something-else'), [`${path}: is neither "provider/model" nor an alias in "models"`]);
        assert.deepEqual(faults('constructor'), [`${path}: is neither "provider/model" nor an alias in "models"`]);
        assert.deepEqual(faults('openai'), [`${path}: "openai" is a provider; name one of its models as well: "openai/<model>"`]);
        assert.deepEqual(faults('opnai/x'), [`${path}: unknown provider "opnai", did you mean "openai"?`]);
        assert.deepEqual(faults('groq/x'), [
          `${path}: unknown provider "groq"; add it: "providers": { "groq": { "kind": "groq" } }`,
        ]);
      });

      it(`does not repeat a key at ${path}`, () => {
        for (const key of ['sk-proj-geheim', 'sk-proj-geheim/x', `geheim${'x'.repeat(40)}/y`, 'gsk_Geheim', 'AIzaGEHEIM/x']) {
          const found = faults(key);
          assert.equal(found.length, 1);
          assert.doesNotMatch(found.join(), /geheim/i);
        }
      });
    }

    it('does not repeat a key in place of a provider’s name', () => {
      assert.deepEqual(agentFaults({ provider: 'sk-proj-geheim' }), ['agents.a.provider: unknown provider']);
    });
  });

  describe('in fallbacks', () => {
    for (const [hazard, fallback, faults] of [
      [
        'a mistyped name',
        { too: 'fast', on: 'error' },
        ['.to: Invalid input: expected string, received undefined', '.too: unknown setting, did you mean "to"?'],
      ],
      ['a mistyped cause', { to: 'fast', on: 'eror' }, ['.on: is not one of error, context-window, content-policy']],
      ['no cause', { to: 'fast' }, ['.on: is not one of error, context-window, content-policy']],
      ['causes that are none', { to: 'fast', on: [] }, ['.on: must name at least one cause']],
      ['what is no reference at all', 5, [': must be "provider/model", the name of an alias, or { "to": ..., "on": ... }']],
    ] as const) {
      it(`reports ${hazard}`, () =>
        assert.deepEqual(
          agentFaults({ fallbacks: ['fast', fallback] }),
          faults.map((fault) => `agents.a.fallbacks.1${fault}`),
        ));
    }
  });

  it('reports allow-lists that can never match', () => {
    assert.deepEqual(agentFaults({ allow: ['fast', 'opnai/*', 'openai', '*/x', 'op*/x', 'o*'] }), [
      'agents.a.allow.0: must be a pattern over "provider/model"; an alias is judged by where it leads',
      'agents.a.allow.1: unknown provider "opnai", did you mean "openai"?',
      'agents.a.allow.2: must be a pattern over "provider/model"; an alias is judged by where it leads',
    ]);
  });

  describe('in limits, retries and timeouts', () => {
    for (const [hazard, more, fault] of [
      [
        'a mistyped limit',
        { agents: { a: { limits: { requestPerMinute: 1 } } } },
        'agents.a.limits.requestPerMinute: unknown setting, did you mean "requestsPerMinute"?',
      ],
      [
        'no requests at all',
        { agents: { a: { limits: { requestsPerMinute: 0 } } } },
        'agents.a.limits.requestsPerMinute: Too small: expected number to be >0',
      ],
      [
        'too long a queue',
        { agents: { a: { limits: { queueSeconds: 601 } } } },
        'agents.a.limits.queueSeconds: Too big: expected number to be <=600',
      ],
      [
        'an unknown burst',
        { agents: { a: { limits: { burst: 'stop' } } } },
        'agents.a.limits.burst: is not one of off, alert, pause',
      ],
      [
        'bursts of a key',
        { keys: [{ id: 'k', provider: 'openai', limits: { burst: 'off' } }] },
        'keys.0.limits.burst: unknown setting',
      ],
      ['too many attempts', { retries: { attempts: 6 } }, 'retries.attempts: Too big: expected number to be <=5'],
      [
        'too long a wait',
        { retries: { longestWaitSeconds: 61 } },
        'retries.longestWaitSeconds: Too big: expected number to be <=60',
      ],
      ['a mistyped retry', { retries: { atempts: 1 } }, 'retries.atempts: unknown setting, did you mean "attempts"?'],
      [
        'a mistyped timeout',
        { timeouts: { totalSecond: 1 } },
        'timeouts.totalSecond: unknown setting, did you mean "totalSeconds"?',
      ],
      [
        'a mistyped timeout of a provider',
        { providers: { ...PROVIDERS, x: { kind: 'openai', timeouts: { idleSecond: 1 } } } },
        'providers.x.timeouts.idleSecond: unknown setting, did you mean "idleSeconds"?',
      ],
      [
        'a timeout that a provider cannot have of its own',
        { providers: { ...PROVIDERS, x: { kind: 'openai', timeouts: { totalSeconds: 1 } } } },
        'providers.x.timeouts.totalSeconds: unknown setting',
      ],
    ] as const) {
      it(`reports ${hazard}`, () => assert.deepEqual(faultsOf(more), [fault]));
    }
  });

  describe('in aliases', () => {
    const form = 'is not a name for an alias: use lower-case letters, digits, dots, dashes and underscores';
    for (const [hazard, name, alias, faults] of [
      ['the name that means agents', 'agent', 'openai/x', [': is reserved: "agent/<name>" means another agent\'s model']],
      ['a name with a slash', 'a/b', 'openai/x', [`: ${form}`]],
      ['a name in capitals', 'Fast', 'openai/x', [`: ${form}`]],
      ['the name of every object’s maker', 'constructor', 'openai/x', [': is reserved; choose another name']],
      ['an alias of an alias', 'b', 'fast', [': must be "provider/model"']],
      ['an unknown provider', 'b', 'opnai/x', [': unknown provider "opnai", did you mean "openai"?']],
      ['a pool of nothing', 'b', { of: [] }, ['.of: must name at least one model']],
      ['a pool of one that is no list', 'b', { of: 'openai/x' }, ['.of: Invalid input: expected array, received string']],
      ['what is no alias at all', 'b', 5, [': must be "provider/model" or { "of": [...] }']],
      [
        'a mistyped balance',
        'b',
        { of: ['openai/x'], balance: 'random' },
        ['.balance: is not one of weighted, latency, cost, headroom'],
      ],
      ['a mistyped setting', 'b', { of: ['openai/x'], stiky: true }, ['.stiky: unknown setting, did you mean "sticky"?']],
      [
        'a mistyped weight',
        'b',
        { of: [{ model: 'openai/x', wieght: 1 }] },
        [
          '.of.0.weight: Invalid input: expected number, received undefined',
          '.of.0.wieght: unknown setting, did you mean "weight"?',
        ],
      ],
      ['no weight', 'b', { of: [{ model: 'openai/x', weight: 0 }] }, ['.of.0.weight: Too small: expected number to be >0']],
      ['an alias in a pool', 'b', { of: ['fast'] }, ['.of.0: must be "provider/model"']],
      [
        'an unknown provider in a pool',
        'b',
        { of: ['openai/x', { model: 'opnai/x', weight: 1 }] },
        ['.of.1.model: unknown provider "opnai", did you mean "openai"?'],
      ],
      [
        'a model twice',
        'b',
        { of: ['openai/x', { model: 'openai/x', weight: 2 }] },
        ['.of.1.model: is there twice; give it more weight instead'],
      ],
      [
        'a council, which there is not yet',
        'b',
        { mode: 'judge', of: ['openai/x'], judge: 'openai/y' },
        [
          '.mode: is not available in this version, so it would not be kept; remove it',
          '.judge: is not available in this version, so it would not be kept; remove it',
        ],
      ],
    ] as const) {
      it(`reports ${hazard}`, () =>
        assert.deepEqual(
          faultsOf({ models: { ...MODELS, [name]: alias } }),
          faults.map((fault) => `models.${name}${fault}`),
        ));
    }
  });

  it('reports every fault of a route, not only the first', () => {
    const routes = [
      { when: { modle: 'x', class: 'y' }, to: '/' },
      { wehn: {}, to: 'fast' },
    ];
    assert.equal(agentFaults({ routes }).length, 5);
  });
});
