import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FALLBACK_CAUSES } from '../../../../src/core/config/kinds.ts';
import type { Place } from '../../../../src/core/routing/health/health.ts';
import type { Pool, Route } from '../../../../src/core/routing/rules/route.ts';
import type { HeldKey } from '../../../../src/core/routing/snapshot.ts';
import type { Candidates, CandidatesContext, Move } from '../../../../src/core/routing/targets/candidates.ts';
import { agentIn, always, heldKey, snapshotOf } from '../snapshot-of.ts';
import { CONFIG, candidateIn, given, nameOf, poolIn, seeded, worldOf, type World } from './fakes.ts';

const START: Move = { kind: 'start' };
const NEXT_KEY: Move = { kind: 'next-key' };
const ERROR: Move = { kind: 'fall-back', cause: 'error' };
const WINDOW: Move = { kind: 'fall-back', cause: 'context-window' };
const POLICY: Move = { kind: 'fall-back', cause: 'content-policy' };

/** Keys in this order of priority: `a`, `b` of OpenAI, `c` of Groq, `d` of Anthropic. */
const KEYS: readonly HeldKey[] = [
  heldKey('a', { priority: 2 }),
  heldKey('b', { priority: 1 }),
  heldKey('c', { provider: 'groq' }),
  heldKey('d', { provider: 'anthropic' }),
];

function moved(candidates: Candidates, ...moves: readonly Move[]): string[] {
  return moves.map((move) => given(candidates.next(move)));
}

/** In the order in which it is written. */
function pool(world: World, ...references: readonly string[]): Pool {
  return poolIn(world.snapshot, references, { balance: 'cost' });
}

const WRITTEN: Partial<CandidatesContext> = { random: always(0) };

describe('the places of one request', () => {
  it('are, in the ordinary case, one that is asked about once, and nothing else is', () => {
    const nobody = (): never => assert.fail('asked');
    const world = worldOf([KEYS[0] ?? heldKey('a'), heldKey('c', { provider: 'groq' })]);
    const own = { tokens: nobody, price: nobody, couldEnter: nobody, running: nobody, random: { bytes: nobody, fraction: nobody } };
    const candidates = world.request(world.route(world.pool('openai/gpt-5')), { ...own, conversation: 'c' });
    const first = candidateIn(candidates.next(START));
    assert.equal(first.key?.id, 'a');
    assert.equal(first.probe, false);
    assert.deepEqual(world.health.asked, [{ place: 'openai/gpt-5 a', lastResort: false, answer: 'go' }]);
    assert.equal(world.health.looks, 0);
    assert.deepEqual(candidates.skipped, []);
  });

  it('need no key where the provider needs none', () => {
    const world = worldOf([heldKey('a', { provider: 'local' })]);
    const found = candidateIn(world.request(world.route(world.pool('local/qwen'))).next(START));
    assert.deepEqual([found.key, nameOf(found.place)], [undefined, 'local/qwen']);
  });

  it('are handed over as the very objects that were admitted, by which a probe is known', () => {
    const world = worldOf(KEYS);
    world.health.halfOpen.add('openai/gpt-5 a');
    const admitted: Place[] = [];
    const health = {
      of: (place: Place) => world.health.of(place),
      admit: (place: Place, lastResort: boolean) => (admitted.push(place), world.health.admit(place, lastResort)),
    };
    const candidates = world.request(world.route(world.pool('openai/gpt-5')), { health });
    const [probe, other] = [candidateIn(candidates.next(START)), candidateIn(candidates.next(NEXT_KEY))];
    assert.deepEqual([probe.probe, other.probe], [true, false]);
    assert.ok(probe.place === admitted[0] && other.place === admitted[1]);
  });

  it('by next-key: other keys, then peers, then the fallbacks for errors', () => {
    const world = worldOf(KEYS, WRITTEN);
    const route = world.route(
      pool(world, 'openai/gpt-5', 'groq/llama'),
      [pool(world, 'local/small'), 'context-window'],
      [pool(world, 'anthropic/claude', 'local/qwen'), 'content-policy', 'error'],
    );
    const all = ['openai/gpt-5 a', 'openai/gpt-5 b', 'groq/llama c', 'anthropic/claude d', 'local/qwen', 'none'];
    assert.deepEqual(moved(world.request(route), START, NEXT_KEY, NEXT_KEY, NEXT_KEY, NEXT_KEY, NEXT_KEY), all);
  });

  it('by falling back from an error: peers, then the fallbacks for errors, and no other key of what is left', () => {
    const world = worldOf(KEYS, WRITTEN);
    const route = world.route(
      pool(world, 'openai/gpt-5', 'groq/llama'),
      [pool(world, 'openai/gpt-5'), 'error'],
      [pool(world, 'anthropic/claude'), 'context-window'],
      [pool(world, 'openai/gpt-6'), 'error'],
    );
    const candidates = world.request(route);
    const all = ['openai/gpt-5 a', 'groq/llama c', 'openai/gpt-6 a', 'openai/gpt-6 b', 'none', 'none'];
    assert.deepEqual(moved(candidates, START, ERROR, ERROR, NEXT_KEY, ERROR, NEXT_KEY), all);
  });

  it('by falling back from a full window or a refusal: only the fallbacks for that, and never a peer', () => {
    const world = worldOf(KEYS, WRITTEN);
    const first = pool(world, 'openai/gpt-5', 'groq/llama');
    const route = world.route(
      first,
      [pool(world, 'anthropic/claude'), 'error'],
      [pool(world, 'local/qwen', 'openai/gpt-6'), 'context-window'],
    );
    assert.deepEqual(moved(world.request(route), START, POLICY, ERROR), ['openai/gpt-5 a', 'none', 'anthropic/claude d']);
    // From there, an error leads to a peer of there, then to the fallbacks for errors, but not back to what was too small.
    const all = ['openai/gpt-5 a', 'local/qwen', 'openai/gpt-6 a', 'openai/gpt-6 b', 'anthropic/claude d', 'none'];
    assert.deepEqual(moved(world.request(route), START, WINDOW, ERROR, NEXT_KEY, ERROR, ERROR), all);
    assert.deepEqual(moved(world.request(route), START, WINDOW, WINDOW), ['openai/gpt-5 a', 'local/qwen', 'none']);
  });

  it('are given out once, also where several pools hold them', () => {
    const world = worldOf(KEYS, WRITTEN);
    const route = world.route(pool(world, 'groq/llama', 'groq/llama'), [pool(world, 'groq/llama', 'local/qwen'), 'error']);
    assert.deepEqual(moved(world.request(route), START, NEXT_KEY, NEXT_KEY), ['groq/llama c', 'local/qwen', 'none']);
  });

  it('begin with a fallback where the first pool is empty', () => {
    const world = worldOf(KEYS, WRITTEN);
    const route = world.route(pool(world), [pool(world, 'groq/llama'), 'context-window'], [pool(world, 'local/qwen'), 'error']);
    assert.deepEqual(moved(world.request(route), START), ['local/qwen']);
  });

  describe('that are blocked', () => {
    const route = (world: World): Route =>
      world.route(pool(world, 'openai/gpt-5', 'groq/llama'), [pool(world, 'anthropic/claude'), 'error']);

    it('are passed over, and noted once', () => {
      const world = worldOf(KEYS, WRITTEN);
      world.health.block('openai/gpt-5 a', 'key-rejected');
      world.health.block('groq/llama c', 'quota');
      const candidates = world.request(route(world));
      assert.deepEqual(moved(candidates, START, ERROR), ['openai/gpt-5 b', 'anthropic/claude d']);
      assert.deepEqual(
        candidates.skipped.map(({ place, why }) => `${nameOf(place)}: ${why}`),
        ['openai/gpt-5 a: key-rejected', 'groq/llama c: quota'],
      );
      assert.deepEqual(world.health.letThrough, ['openai/gpt-5 b', 'anthropic/claude d']);
    });

    it('get their turn in their old rank when they are well again', () => {
      const world = worldOf(KEYS, WRITTEN);
      world.health.block('groq/llama c');
      world.health.block('openai/gpt-5 a');
      world.health.block('openai/gpt-5 b');
      const candidates = world.request(route(world));
      assert.deepEqual(moved(candidates, START), ['anthropic/claude d']);
      world.health.refusals.delete('groq/llama c');
      assert.deepEqual(moved(candidates, ERROR), ['groq/llama c']);
    });

    it('are a last resort, in order, when nobody else is left', () => {
      const world = worldOf(KEYS, WRITTEN);
      for (const place of ['openai/gpt-5 a', 'openai/gpt-5 b', 'groq/llama c', 'anthropic/claude d']) {
        world.health.block(place, 'breaker-open', { lastResort: place !== 'openai/gpt-5 a' });
      }
      world.health.refusals.delete('groq/llama c');
      const candidates = world.request(route(world));
      assert.deepEqual(moved(candidates, START), ['groq/llama c']);
      const last = candidateIn(candidates.next(ERROR));
      assert.deepEqual([nameOf(last.place), last.probe], ['openai/gpt-5 b', true]);
      assert.deepEqual(moved(candidates, ERROR), ['anthropic/claude d']);
      assert.deepEqual(world.health.letThrough, ['groq/llama c', 'openai/gpt-5 b', 'anthropic/claude d']);
    });

    it('are no last resort for a window they do not have', () => {
      const world = worldOf(KEYS, WRITTEN);
      world.health.block('groq/llama c', 'breaker-open', { lastResort: true });
      assert.deepEqual(moved(world.request(route(world)), START, WINDOW), ['openai/gpt-5 a', 'none']);
    });

    it('are waited for: the first to open, and the same move finds it open then', () => {
      const world = worldOf(KEYS, WRITTEN);
      const now = world.clock.now();
      world.health.block('openai/gpt-5 a', 'key-rejected');
      world.health.block('openai/gpt-5 b', 'cooldown', { until: now + 9000 });
      world.health.block('groq/llama c', 'quota', { until: now + 300 });
      world.health.block('anthropic/claude d', 'cooldown', { until: now + 300 });
      const candidates = world.request(route(world));
      assert.deepEqual(candidates.next(START), {
        kind: 'wait',
        until: now + 300,
        why: 'quota',
        place: { provider: 'groq', model: 'llama', key: 'c', id: 'groq\nc\nllama' },
      });
      assert.deepEqual(world.health.letThrough, []);
      world.clock.at += 300;
      world.health.refusals.delete('groq/llama c');
      assert.deepEqual(moved(candidates, START), ['groq/llama c']);
    });

    it('are waited for without an end where time helps nowhere', () => {
      const world = worldOf(KEYS);
      world.health.block('groq/llama c', 'out-of-credit');
      const found = world.request(world.route(world.pool('groq/llama'))).next(START);
      assert.deepEqual(found, {
        kind: 'wait',
        until: undefined,
        why: 'out-of-credit',
        place: { provider: 'groq', model: 'llama', key: 'c', id: 'groq\nc\nllama' },
      });
    });

    it('may open sooner as a last resort', () => {
      const world = worldOf(KEYS);
      const { at } = world.clock;
      const health = {
        of: (place: Place) => world.health.of(place),
        admit: (_: Place, lastResort: boolean) =>
          ({ kind: 'blocked', why: 'breaker-open', until: at + (lastResort ? 50 : 900) }) as const,
      };
      const found = world.request(world.route(world.pool('groq/llama')), { health }).next(START);
      assert.equal(found.kind === 'wait' && found.until, at + 50);
    });
  });

  describe('that cannot be asked', () => {
    const why = (found: ReturnType<Candidates['next']>) =>
      found.kind === 'none' ? found.error?.message : assert.fail(given(found));

    it('are passed over and noted', () => {
      const world = worldOf([heldKey('b')], WRITTEN);
      const originOf: CandidatesContext['originOf'] = (target) =>
        target.provider.id === 'local' ? undefined : world.context.originOf(target);
      const route = world.route(
        pool(world, 'groq/llama'),
        [pool(world, 'local/qwen'), 'error'],
        [pool(world, 'openai/gpt-5'), 'error'],
      );
      const candidates = world.request(route, { originOf });
      assert.deepEqual(moved(candidates, START, NEXT_KEY), ['openai/gpt-5 b', 'none']);
      assert.deepEqual(
        candidates.skipped.map(({ place, why: reason }) => `${nameOf(place)}: ${reason}`),
        ['groq/llama: no-key', 'local/qwen: not-spoken'],
      );
    });

    it('are explained by the first that lacks a key, unless somebody was asked', () => {
      const world = worldOf([heldKey('b', { models: ['gpt-5'] })], WRITTEN);
      const nowhere = world.route(pool(world, 'openai/gpt-6'), [pool(world, 'groq/llama'), 'error']);
      assert.match(why(world.request(nowhere).next(START)) ?? '', /No key of "openai" may be used by this agent for "gpt-6"/);
      const candidates = world.request(world.route(pool(world, 'openai/gpt-5'), [pool(world, 'groq/llama'), 'error']));
      assert.deepEqual(moved(candidates, START), ['openai/gpt-5 b']);
      assert.equal(why(candidates.next(ERROR)), undefined);
    });

    it('have no sentence where no dialect is spoken: that is for whoever knows the dialect', () => {
      const world = worldOf(KEYS);
      assert.equal(why(world.request(world.route(world.pool('groq/llama')), { originOf: () => undefined }).next(START)), undefined);
    });

    it('include those whose origin no key was entered for', () => {
      const world = worldOf(KEYS);
      const own = { originOf: () => 'https://api.openai.com.evil.example' };
      assert.match(why(world.request(world.route(world.pool('openai/gpt-5')), own).next(START)) ?? '', /the key was not sent/);
    });

    it('are those that other agents have the keys for', () => {
      const world = worldOf([heldKey('a', { agents: ['chat'] }), heldKey('b', { agents: ['codex'] })]);
      const route = world.route(world.pool('openai/gpt-5'));
      assert.deepEqual(moved(world.request(route), START, NEXT_KEY), ['openai/gpt-5 b', 'none']);
      assert.deepEqual(moved(world.request(route, { agent: agentIn(world.snapshot, 'other') }), START), ['none']);
    });
  });

  describe('of a conversation', () => {
    const EQUAL = [heldKey('a'), heldKey('b'), heldKey('c', { provider: 'groq' }), heldKey('d', { provider: 'groq' })];
    const serve = (world: World, route: Route, conversation: string | undefined): string => {
      const candidates = world.request(route, { conversation });
      const found = candidateIn(candidates.next(START));
      candidates.served(found);
      return nameOf(found.place);
    };

    it('stay the same over 100 requests, and spread without one', () => {
      const world = worldOf(EQUAL);
      const route = world.route(world.pool('openai/gpt-5', 'groq/llama'));
      const seen = new Set<string>();
      for (let n = 0; n < 8; n++) {
        const places = new Set(Array.from({ length: 100 }, () => serve(world, route, `conversation ${n}`)));
        assert.equal(places.size, 1);
        for (const place of places) seen.add(place);
      }
      assert.ok(seen.size > 1);
      assert.equal(new Set(Array.from({ length: 100 }, () => serve(world, route, undefined))).size, 4);
    });

    it('keep the key of a pool with one target', () => {
      const world = worldOf(EQUAL);
      const route = world.route(world.pool('openai/gpt-5'));
      assert.equal(new Set(Array.from({ length: 100 }, () => serve(world, route, 'c'))).size, 1);
      assert.equal(new Set(Array.from({ length: 100 }, () => serve(world, route, undefined))).size, 2);
    });

    it('keep the key, and not the target, where the pool is not sticky', () => {
      const world = worldOf(EQUAL);
      const route = world.route(poolIn(world.snapshot, ['openai/gpt-5', 'groq/llama'], { sticky: false }));
      assert.equal(new Set(Array.from({ length: 100 }, () => serve(world, route, 'c'))).size, 2);
    });

    it('change when they fail, and only for that conversation', () => {
      const world = worldOf(EQUAL);
      const route = world.route(world.pool('openai/gpt-5', 'groq/llama'));
      const [old, other] = [serve(world, route, 'c'), serve(world, route, 'other')];
      const candidates = world.request(route, { conversation: 'c' });
      const failing = candidateIn(candidates.next(START));
      assert.equal(nameOf(failing.place), old);
      candidates.failed(failing);
      const better = candidateIn(candidates.next(ERROR));
      candidates.served(better);
      assert.notEqual(nameOf(better.place), old);
      for (let n = 0; n < 20; n++) assert.equal(serve(world, route, 'c'), nameOf(better.place));
      for (let n = 0; n < 20; n++) assert.equal(serve(world, route, 'other'), other);
    });

    it('are forgotten on failure also when nobody else could help', () => {
      const world = worldOf(EQUAL);
      const route = world.route(world.pool('openai/gpt-5', 'groq/llama'));
      serve(world, route, 'c');
      const candidates = world.request(route, { conversation: 'c' });
      candidates.failed(candidateIn(candidates.next(START)));
      const firsts = Array.from({ length: 60 }, () => given(world.request(route, { conversation: 'c' }).next(START)));
      assert.equal(new Set(firsts).size, 4);
    });

    it('are not taken from a sibling request that has moved on', () => {
      const world = worldOf(EQUAL);
      const route = world.route(world.pool('openai/gpt-5'));
      const sibling = world.request(route, { conversation: 'c' });
      const old = candidateIn(sibling.next(START));
      const candidates = world.request(route, { conversation: 'c' });
      candidates.next(START);
      const other = [candidateIn(sibling.next(NEXT_KEY))].find(({ place }) => place.key !== old.place.key);
      assert.ok(other);
      candidates.served(other);
      sibling.failed(old);
      for (let n = 0; n < 20; n++) assert.equal(serve(world, route, 'c'), nameOf(other.place));
    });

    it('change where they are blocked, without a failure of its own', () => {
      const world = worldOf(EQUAL);
      const route = world.route(world.pool('openai/gpt-5'));
      const old = serve(world, route, 'c');
      world.health.block(old);
      const other = serve(world, route, 'c');
      assert.notEqual(other, old);
      world.health.refusals.delete(old);
      // The prompt cache is at the other one by now.
      for (let n = 0; n < 20; n++) assert.equal(serve(world, route, 'c'), other);
    });
  });

  it('begin with a target that has a key which is well, and not with one whose first key is not', () => {
    const world = worldOf(KEYS, { random: seeded(5) });
    world.health.block('openai/gpt-5 a');
    world.health.told.set('openai/gpt-5 b', { latencyMs: 10 });
    world.health.told.set('groq/llama c', { latencyMs: 20 });
    const latency = poolIn(world.snapshot, ['openai/gpt-5', 'groq/llama', 'anthropic/claude'], { balance: 'latency' });
    world.health.block('anthropic/claude d');
    const candidates = world.request(world.route(latency));
    assert.deepEqual(moved(candidates, START, ERROR), ['openai/gpt-5 b', 'groq/llama c']);
  });

  it('have their tokens counted only for a key with a limit of tokens', () => {
    const counted = (limits: NonNullable<HeldKey['limits']>): Record<string, number> => {
      const asked: Record<string, number> = {};
      const world = worldOf([heldKey('a', { limits, priority: 1 }), heldKey('b')]);
      const candidates = world.request(world.route(world.pool('openai/gpt-5')), {
        tokens: () => 7000,
        couldEnter: ({ id }, tokens) => {
          asked[id] = tokens;
          return id !== 'a';
        },
      });
      assert.equal(given(candidates.next(START)), 'openai/gpt-5 b');
      return asked;
    };
    const queue = { queue: 0, queueSeconds: 0 };
    assert.deepEqual(counted({ requestsPerMinute: 5, ...queue }), { a: 0, b: 0 });
    assert.deepEqual(counted({ tokensPerMinute: 5, ...queue }), { a: 7000, b: 0 });
  });

  describe('that are left', () => {
    const left = (candidates: Candidates): boolean[] => {
      const { left } = candidates;
      return [left.otherKeys, ...FALLBACK_CAUSES.map((cause) => left.fallbackFor(cause))];
    };

    it('are told for each move', () => {
      const world = worldOf(KEYS, WRITTEN);
      const route = world.route(pool(world, 'openai/gpt-5', 'groq/llama'), [pool(world, 'local/qwen'), 'context-window']);
      const candidates = world.request(route);
      assert.deepEqual(left(candidates), [false, true, true, false]);
      const seen: unknown[] = [];
      for (const move of [START, NEXT_KEY, ERROR, WINDOW]) seen.push([...moved(candidates, move), ...left(candidates)]);
      assert.deepEqual(seen, [
        ['openai/gpt-5 a', true, true, true, false],
        ['openai/gpt-5 b', false, true, true, false],
        ['groq/llama c', false, false, true, false],
        ['local/qwen', false, false, false, false],
      ]);
    });

    it('do not count where they are blocked, or no key fits', () => {
      const world = worldOf([heldKey('a'), heldKey('b')], WRITTEN);
      const route = world.route(
        pool(world, 'openai/gpt-5'),
        [pool(world, 'groq/llama'), 'error'],
        [pool(world, 'local/qwen'), 'error'],
      );
      const candidates = world.request(route);
      candidates.next(START);
      assert.deepEqual(left(candidates), [true, true, false, false]);
      world.health.block('openai/gpt-5 b');
      world.health.block('local/qwen', 'cooldown', { until: world.clock.now() + 1 });
      assert.deepEqual(left(candidates), [false, false, false, false]);
    });

    it('do not include peers of what was too small', () => {
      const world = worldOf(KEYS, WRITTEN);
      const first = pool(world, 'openai/gpt-5', 'groq/llama');
      const candidates = world.request({ first, fallbacks: [{ pool: first, on: ['context-window'] }], rule: undefined });
      candidates.next(START);
      assert.deepEqual(left(candidates), [true, true, false, false]);
      assert.deepEqual(moved(candidates, WINDOW), ['none']);
    });
  });

  it('are the same for the same chance', () => {
    const all = () => {
      const snapshot = snapshotOf(CONFIG, { keys: [heldKey('a'), heldKey('b'), heldKey('c'), heldKey('d', { provider: 'groq' })] });
      const world = worldOf([], { snapshot, random: seeded(11) });
      const moves = Array.from({ length: 5 }, () => NEXT_KEY);
      return moved(world.request(world.route(world.pool('openai/gpt-5', 'groq/llama'))), START, ...moves);
    };
    assert.deepEqual(all(), all());
  });
});
