import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { faultLine, parseConfig } from '../../../src/core/config/parse.ts';
import type { Config } from '../../../src/core/config/schema.ts';

const OPENAI = { openai: { kind: 'openai' } };

/** From JSON text, as a file has it: only there can `__proto__` be a name of its own. */
function faultsOf(value: unknown): string[] {
  const parsed = parseConfig(typeof value === 'string' ? JSON.parse(value) : value);
  return (parsed.faults ?? []).map(faultLine);
}

function configOf(value: unknown): Config {
  const parsed = parseConfig(value);
  if (parsed.faults !== undefined) throw new Error(JSON.stringify(parsed.faults));
  return parsed.config;
}

describe('parseConfig', () => {
  it('fills in what is left out', () => {
    assert.deepEqual(configOf({}), {
      providers: {},
      agents: {},
      models: {},
      timeouts: { connectSeconds: 15, firstByteSeconds: 900, idleSeconds: 300, totalSeconds: 3600 },
      retries: { attempts: 2, longestWaitSeconds: 10 },
      maxBodyMegabytes: 32,
      keys: [],
      budgets: [],
      prices: [],
    });
  });

  it('keeps the defaults of timeouts that are not named', () => {
    assert.deepEqual(configOf({ timeouts: { idleSeconds: 5 } }).timeouts, {
      connectSeconds: 15,
      firstByteSeconds: 900,
      idleSeconds: 5,
      totalSeconds: 3600,
    });
  });

  for (const [hazard, value, fault] of [
    ['a mistyped setting', { agnets: {} }, 'agnets: unknown setting, did you mean "agents"?'],
    [
      'a mistyped provider setting',
      { providers: { x: { kind: 'openai', baseURL: 'https://a' } } },
      'providers.x.baseURL: unknown setting, did you mean "baseUrl"?',
    ],
    ['a mistyped agent setting', { agents: { x: { modle: 'a/b' } } }, 'agents.x.modle: unknown setting, did you mean "model"?'],
    [
      'a mistyped key setting',
      { providers: OPENAI, keys: [{ id: 'a', provider: 'openai', wieght: 2 }] },
      'keys.0.wieght: unknown setting, did you mean "weight"?',
    ],
    ['a mistyped timeout', { timeouts: { idleSecond: 1 } }, 'timeouts.idleSecond: unknown setting, did you mean "idleSeconds"?'],
    [
      'a mistyped price, which is no setting of a provider',
      { providers: { x: { kind: 'openai', prices: { '*': { input: 1, output: 1, cachRead: 1 } } } } },
      'providers.x.prices.*.cachRead: unknown setting, did you mean "cacheRead"?',
    ],
    [
      'an unknown provider',
      { providers: { anthropic: { kind: 'anthropic' } }, agents: { a: { model: 'antropic/x' } } },
      'agents.a.model: unknown provider "antropic", did you mean "anthropic"?',
    ],
    [
      'a kind that was never added as a provider',
      { agents: { a: { provider: 'groq' } } },
      'agents.a.provider: unknown provider "groq"; add it: "providers": { "groq": { "kind": "groq" } }',
    ],
    [
      'a provider named by a method of every object',
      { agents: { a: { model: 'constructor/x' } } },
      'agents.a.model: unknown provider "constructor"',
    ],
    ['a provider named __proto__', { agents: { a: { model: '__proto__/x' } } }, 'agents.a.model: unknown provider "__proto__"'],
    [
      'a key of a provider that is not there',
      { keys: [{ id: 'a', provider: 'nobody' }] },
      'keys.0.provider: unknown provider "nobody"',
    ],
    [
      'two keys with one id',
      {
        providers: OPENAI,
        keys: [
          { id: 'a', provider: 'openai' },
          { id: 'a', provider: 'openai' },
        ],
      },
      'keys.1.id: "a" is used twice',
    ],
    [
      'a key bound to an agent that is not there',
      { providers: OPENAI, agents: { codex: {} }, keys: [{ id: 'a', provider: 'openai', agents: ['codx'] }] },
      'keys.0.agents: unknown agent "codx", did you mean "codex"?',
    ],
    [
      'a key bound to an agent named like a method',
      { providers: OPENAI, keys: [{ id: 'a', provider: 'openai', agents: ['toString'] }] },
      'keys.0.agents: unknown agent "toString"',
    ],
    [
      'a provider without an address',
      { providers: { x: { kind: 'azure-openai' } } },
      'providers.x.baseUrl: is needed: a provider of kind "azure-openai" has no address of its own',
    ],
    [
      'a provider called agent',
      { providers: { agent: { kind: 'openai' } } },
      'providers.agent: this name is reserved: "agent/<name>" means another agent\'s model',
    ],
    [
      'a provider called constructor',
      { providers: { constructor: { kind: 'openai' } } },
      'providers.constructor: is reserved; choose another name',
    ],
    ['an agent called constructor', { agents: { constructor: {} } }, 'agents.constructor: is reserved; choose another name'],
    ['an agent called __proto__ from a file', '{"__proto__": {"agents": {}}}', '__proto__: unknown setting'],
    [
      'a weight of zero',
      { providers: OPENAI, keys: [{ id: 'a', provider: 'openai', weight: 0 }] },
      'keys.0.weight: Too small: expected number to be >0',
    ],
    [
      'a budget whose window is none',
      { budgets: [{ scope: {}, window: 'year', usd: 10 }] },
      'budgets.0.window: is not one of day, week, month',
    ],
    [
      'a guard that is not there yet',
      { agents: { a: { guard: 'standard' } } },
      'agents.a.guard: is not available in this version, so it would not be kept; remove it',
    ],
  ] as const) {
    it(`reports ${hazard}`, () => assert.deepEqual(faultsOf(value), [fault]));
  }

  for (const [what, value] of [
    [
      'off values of what is not there yet',
      {
        budgets: [],
        models: {},
        guard: {},
        retention: { bodies: false },
        agents: { a: { routes: [], fallbacks: [], limits: {}, guard: 'off', cache: false } },
      },
    ],
    ['a model with several slashes', { providers: OPENAI, agents: { a: { model: 'openai/a/b:c/d' } } }],
    ['a model in another script', { providers: OPENAI, agents: { a: { model: 'openai/模型-1' } } }],
    ['a provider of its own name with a kind', { providers: { '0.my_box-1': { kind: 'ollama' } } }],
  ] as const) {
    it(`accepts ${what}`, () => assert.deepEqual(faultsOf(value), []));
  }

  for (const model of ['/x', 'openai/', '', 'openai/x\ny', 'Openai', 'a b']) {
    it(`refuses the model reference ${JSON.stringify(model)}`, () => {
      assert.deepEqual(faultsOf({ providers: OPENAI, agents: { a: { model } } }), [
        'agents.a.model: must be "provider/model" or the name of an alias in "models"',
      ]);
    });
  }

  for (const id of ['Work', 'a b', '-a', '.a', 'ä', 'a/b', '', 'toString', '__proto__x']) {
    it(`refuses the agent name ${JSON.stringify(id)}`, () =>
      assert.match(faultsOf({ agents: { [id]: {} } })[0] ?? '', /is not a name for an agent/));
  }

  it('reports every fault, not only the first', () => {
    assert.equal(faultsOf({ agnets: {}, maxBodyMegabytes: -1, providers: { x: { kind: 'nope' } } }).length, 3);
  });

  for (const value of [null, [], 'text', 7, true]) {
    it(`survives ${JSON.stringify(value)} for a configuration`, () => assert.equal(parseConfig(value).faults?.length, 1));
  }

  it('reports a base URL that would send a key in clear at its place', () => {
    assert.match(
      faultsOf({ providers: { x: { kind: 'openai', baseUrl: 'http://api.example.com/v1' } } })[0] ?? '',
      /^providers\.x\.baseUrl: uses http/,
    );
  });

  for (const [where, value] of [
    ['env', { providers: OPENAI, keys: [{ id: 'a', provider: 'openai', env: 'sk-proj-geheim' }] }],
    ['auth', { providers: { x: { kind: 'openai', auth: 'sk-proj-geheim' } } }],
    ['kind', { providers: { x: { kind: 'sk-proj-geheim' } } }],
    ['an unknown setting', { providers: OPENAI, keys: [{ id: 'a', provider: 'openai', secret: 'sk-proj-geheim' }] }],
    ['the base URL', { providers: { x: { kind: 'openai', baseUrl: 'https://:sk-proj-geheim@api.example.com' } } }],
    ['a number', { maxBodyMegabytes: 'sk-proj-geheim' }],
  ] as const) {
    it(`does not repeat a key that was put into ${where}`, () => {
      const faults = faultsOf(value);
      assert.notEqual(faults.length, 0);
      assert.doesNotMatch(faults.join('\n'), /geheim/);
    });
  }

  it('says a fault in one line, whatever a name holds', () => {
    assert.equal(faultLine({ path: 'a\nb', message: 'x\r\n\u2028\u0085y\u001b[31m' }), 'a b: x y [31m');
  });

  it('says a fault of the whole without an empty path', () => assert.equal(faultLine({ path: '', message: 'no' }), 'no'));
});
