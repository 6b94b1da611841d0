import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { globMatches } from '../../../../src/core/ir/glob.ts';
import { isGatewayError, type GatewayError } from '../../../../src/core/ir/error.ts';
import { resolveTarget } from '../../../../src/core/routing/resolve-target.ts';
import { findRoute } from '../../../../src/core/routing/rules/find-route.ts';
import type { Pool, Route } from '../../../../src/core/routing/rules/route.ts';
import type { Snapshot } from '../../../../src/core/routing/snapshot.ts';
import { agentIn, errorIn, snapshotOf } from '../snapshot-of.ts';
import { asking, type AskedOf } from './rule-request.ts';

const PROVIDERS = { openai: { kind: 'openai' }, openrouter: { kind: 'openrouter' }, local: { kind: 'ollama' } };
const MODELS = {
  fast: 'local/small',
  pair: { of: ['openai/a', { model: 'local/b', weight: 3 }], balance: 'latency', sticky: false },
  // Looks like a model that agents ask for by themselves.
  'gpt-4.1': 'openrouter/openai/gpt-4.1',
};

function snapshotWith(agent: object, more: object = {}): Snapshot {
  return snapshotOf({ providers: PROVIDERS, models: MODELS, agents: { a: agent, other: { model: 'pair' }, ...more } });
}

function routeOf(agent: object, about: AskedOf = {}): Route | GatewayError {
  const snapshot = snapshotWith(agent);
  return findRoute(snapshot, agentIn(snapshot, 'a'), asking(about));
}

/** `pair: openai/a local/b` */
function shown({ reference, choices }: Pool): string {
  return `${reference}: ${targetsOf({ choices }).join(' ')}`;
}

function targetsOf({ choices }: Pick<Pool, 'choices'>): string[] {
  return choices.map(({ target }) => `${target.provider.id}/${target.model}`);
}

/** The first pool, then the fallbacks, then the rule. */
function lineOf(route: Route | GatewayError): readonly (string | number | undefined)[] {
  if (isGatewayError(route)) return [route.code];
  return [shown(route.first), ...route.fallbacks.map(({ pool, on }) => `${on.join('+')} > ${shown(pool)}`), route.rule];
}

describe('findRoute', () => {
  it('takes the first rule that matches, before the agent’s own model', () => {
    const routes = [
      { when: { model: 'x' }, to: 'openai/x' },
      { when: { class: 'background' }, to: 'fast' },
      { when: { tools: true }, to: 'openrouter/a/b' },
    ];
    const agent = { model: 'openai/own', routes };
    assert.deepEqual(lineOf(routeOf(agent, { class: 'background', features: { tools: 1 } })), ['fast: local/small', 1]);
    assert.deepEqual(lineOf(routeOf(agent, { features: { tools: 1 } })), ['openrouter/a/b: openrouter/a/b', 2]);
    assert.deepEqual(lineOf(routeOf(agent)), ['openai/own: openai/own', undefined]);
  });

  for (const [why, agent, model, expected] of [
    ['the agent’s own model goes before an alias that it asks for', { model: 'openai/own' }, 'fast', 'openai/own: openai/own'],
    ['the agent’s own model may be an alias', { model: 'pair' }, 'x', 'pair: openai/a local/b'],
    ['an alias goes before the agent’s provider', { provider: 'openai' }, 'gpt-4.1', 'gpt-4.1: openrouter/openai/gpt-4.1'],
    ['its provider serves what is no alias', { provider: 'openai' }, 'gpt-4', 'openai/gpt-4: openai/gpt-4'],
    ['another agent lends its alias', {}, 'agent/other', 'pair: openai/a local/b'],
    ['provider/model is what it says', {}, 'openrouter/a/b', 'openrouter/a/b: openrouter/a/b'],
    ['a bare model is nobody’s', {}, 'gpt-4', 'model-not-found'],
  ] as const) {
    it(why, () => assert.equal(lineOf(routeOf(agent, { model }))[0], expected));
  }

  it('keeps an alias’s weights and its way of choosing', () => {
    const route = routeOf({ model: 'pair' });
    assert.ok(!isGatewayError(route));
    assert.deepEqual(
      [route.first.choices.map(({ weight }) => weight), route.first.balance, route.first.sticky],
      [[1, 3], 'latency', false],
    );
  });

  it('adds the fallbacks in order, each with what it is for', () => {
    const fallbacks = ['fast', { to: 'pair', on: ['content-policy', 'error'] }, { to: 'openai/long', on: 'context-window' }];
    assert.deepEqual(lineOf(routeOf({ fallbacks }, { model: 'openai/x' })), [
      'openai/x: openai/x',
      'error > fast: local/small',
      'error+content-policy > pair: openai/a local/b',
      'context-window > openai/long: openai/long',
      undefined,
    ]);
  });

  it('keeps a fallback to a target that was named before: another cause may lead there', () => {
    const fallbacks = ['openai/x', { to: 'openai/x', on: 'context-window' }];
    assert.deepEqual(lineOf(routeOf({ fallbacks }, { model: 'openai/x' })).slice(0, 3), [
      'openai/x: openai/x',
      'error > openai/x: openai/x',
      'context-window > openai/x: openai/x',
    ]);
  });

  it('hides no mistake behind a fallback', () => {
    const fallbacks = ['fast'];
    assert.equal(lineOf(routeOf({ fallbacks }, { model: 'gpt-4' }))[0], 'model-not-found');
    assert.equal(lineOf(routeOf({ provider: 'openai', fallbacks }, { model: '' }))[0], 'bad-request');
  });

  it('names the aliases where nothing serves a model', () => {
    const { message } = errorIn(routeOf({}, { model: 'gpt-4' }));
    assert.match(message, /\(openai, openrouter, local\) or for an alias \(fast, pair, gpt-4\.1\)/);
  });

  describe('with an allow-list', () => {
    it('leaves out of a pool what is not on it', () => {
      assert.deepEqual(lineOf(routeOf({ model: 'pair', allow: ['local/*'] })), ['pair: local/b', undefined]);
    });

    it('leaves out of the fallbacks what is not on it', () => {
      const fallbacks = ['openai/x', { to: 'pair', on: 'context-window' }, 'fast'];
      assert.deepEqual(lineOf(routeOf({ model: 'local/y', fallbacks, allow: ['local/*'] })), [
        'local/y: local/y',
        'context-window > pair: local/b',
        'error > fast: local/small',
        undefined,
      ]);
    });

    it('falls back from what is not on it to the first fallback for errors', () => {
      const fallbacks = [{ to: 'local/long', on: 'context-window' }, 'openai/x', 'fast', 'local/last'];
      const routes = [{ when: {}, to: 'openai/x' }];
      for (const agent of [{ routes }, { model: 'openai/x' }, {}, { provider: 'openai' }]) {
        assert.deepEqual(lineOf(routeOf({ ...agent, fallbacks, allow: ['local/*'] }, { model: 'openai/x' })), [
          'fast: local/small',
          'context-window > local/long: local/long',
          'error > local/last: local/last',
          'routes' in agent ? 0 : undefined,
        ]);
      }
    });

    it('takes no fallback that is for something else', () => {
      const fallbacks = [{ to: 'fast', on: ['context-window', 'content-policy'] }];
      assert.equal(lineOf(routeOf({ model: 'openai/x', fallbacks, allow: ['local/*'] }))[0], 'forbidden');
    });

    it('refuses what leads nowhere else, and says what to do', () => {
      const error = errorIn(routeOf({ allow: ['local/*', '*mini*'] }, { model: 'pair2/x' }));
      assert.equal(error.code, 'model-not-found');
      const refused = errorIn(routeOf({ allow: ['local/*', '*mini*'] }, { model: 'openai/x' }));
      assert.deepEqual([refused.status, refused.code], [403, 'forbidden']);
      assert.equal(
        refused.message,
        '"openai/x" is not on the allow-list of the agent "a" (local/*, *mini*). ' +
          'Ask for a model that is, or add this one to "agents.a.allow" in the settings of Gatehouse.',
      );
    });

    it('allows nothing where it is empty', () => {
      assert.match(errorIn(routeOf({ model: 'fast', allow: [] })).message, /"fast" is not on .* \(which is empty\)/);
    });

    it('never leads anywhere else, whatever the rules, the fallbacks and the request', () => {
      const references = fc.constantFrom('fast', 'pair', 'gpt-4.1', 'openai/a', 'openai/x', 'local/b', 'openrouter/a/b');
      const allow = fc.array(fc.constantFrom('*', 'openai/*', 'local/*', '*b', '*small*', 'openrouter/a/b', 'openai/*x'), {
        maxLength: 3,
      });
      const fallback = fc.oneof(
        references,
        fc.record({
          to: references,
          on: fc.constantFrom<string | string[]>('error', 'context-window', ['content-policy', 'error']),
        }),
      );
      const agent = fc.record(
        {
          model: references,
          provider: fc.constantFrom('openai', 'local'),
          routes: fc.array(fc.record({ when: fc.constantFrom({}, { model: 'openai/*' }, { tools: true }), to: references }), {
            maxLength: 2,
          }),
          fallbacks: fc.array(fallback, { maxLength: 3 }),
        },
        { requiredKeys: [] },
      );
      fc.assert(
        fc.property(agent, allow, references, (settings, patterns, model) => {
          const free = routeOf(settings, { model });
          const route = routeOf({ ...settings, allow: patterns }, { model });
          if (isGatewayError(route)) {
            assert.ok(isGatewayError(free) || route.code === 'forbidden');
            return;
          }
          assert.ok(!isGatewayError(free));
          assert.equal(route.rule, free.rule);
          const pools = [route.first, ...route.fallbacks.map(({ pool }) => pool)];
          for (const pool of pools) {
            assert.notEqual(pool.choices.length, 0);
            for (const target of targetsOf(pool)) assert.ok(patterns.some((pattern) => globMatches(pattern, target)));
          }
          // Nothing that is on the list is lost.
          const kept = targetsOf(free.first).filter((target) => patterns.some((pattern) => globMatches(pattern, target)));
          if (kept.length > 0) assert.deepEqual(targetsOf(route.first), kept);
        }),
        { numRuns: 300 },
      );
    });
  });

  describe('works out each answer once', () => {
    const agent = { routes: [{ when: { tools: true }, to: 'pair' }], fallbacks: ['fast'], allow: ['local/*'] };

    it('for a rule and for a model', () => {
      const snapshot = snapshotWith(agent);
      for (const about of [{ features: { tools: 1 } }, { model: 'local/x' }, { model: 'nobody' }]) {
        const [one, two] = [1, 2].map(() => findRoute(snapshot, agentIn(snapshot, 'a'), asking(about)));
        assert.equal(one, two);
      }
    });

    it('but anew on another snapshot', () => {
      const [before, after] = [
        snapshotWith({ model: 'fast' }),
        snapshotOf({ providers: PROVIDERS, models: { fast: 'openai/new' } }),
      ];
      const same = agentIn(before, 'a');
      assert.equal(lineOf(findRoute(before, same, asking()))[0], 'fast: local/small');
      assert.equal(lineOf(findRoute(after, same, asking()))[0], 'fast: openai/new');
      assert.equal(lineOf(findRoute(before, same, asking()))[0], 'fast: local/small');
    });

    it('and right for ever new models', () => {
      const snapshot = snapshotWith({ provider: 'local' });
      for (let i = 0; i < 500; i++) {
        const model = `m${i % 150}`;
        assert.equal(lineOf(findRoute(snapshot, agentIn(snapshot, 'a'), asking({ model })))[0], `local/${model}: local/${model}`);
      }
    });
  });

  it('looks at no body for an agent without rules', () => {
    const snapshot = snapshotWith({ model: 'fast' });
    const request = asking();
    findRoute(snapshot, agentIn(snapshot, 'a'), request);
    assert.deepEqual(request.read, { features: 0, classified: 0 });
  });
});

describe('resolveTarget', () => {
  it('knows no rules, but aliases and allow-lists', () => {
    const snapshot = snapshotWith({ routes: [{ when: {}, to: 'fast' }], allow: ['local/*'] });
    const targetOf = (model: string) => {
      const target = resolveTarget(snapshot, agentIn(snapshot, 'a'), model);
      return isGatewayError(target) ? target.code : `${target.provider.id}/${target.model}`;
    };
    assert.deepEqual([targetOf('pair'), targetOf('local/x'), targetOf('openai/x')], ['local/b', 'local/x', 'forbidden']);
  });
});
