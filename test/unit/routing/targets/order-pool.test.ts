import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Random } from '../../../../src/core/ports.ts';
import type { PlaceHealth } from '../../../../src/core/routing/health/health.ts';
import type { Balance } from '../../../../src/core/routing/rules/route.ts';
import { isBlocked, OrderedPool, targetId, type PoolOrder } from '../../../../src/core/routing/targets/order-pool.ts';
import { always, snapshotOf } from '../snapshot-of.ts';
import { CONFIG, FakeHealth, StillClock, nameOf, poolIn, seeded } from './fakes.ts';

const SNAPSHOT = snapshotOf(CONFIG);
const NOW = new StillClock().now();

interface Setting {
  readonly balance?: Balance;
  readonly sticky?: boolean;
  readonly order?: Partial<PoolOrder>;
  readonly told?: Readonly<Record<string, Partial<PlaceHealth>>>;
}

type References = readonly (string | readonly [string, number])[];

function ordered(references: References, { balance = 'weighted', sticky = true, order = {}, told = {} }: Setting = {}): string[] {
  const health = new FakeHealth();
  for (const [place, more] of Object.entries(told)) health.told.set(place, more);
  const choices = new OrderedPool(poolIn(SNAPSHOT, references, { balance, sticky }), {
    sticky: undefined,
    random: seeded(7),
    now: NOW,
    standing({ target }) {
      const place = { provider: target.provider.id, model: target.model, key: undefined };
      return { place, health: health.of(place) };
    },
    price: () => undefined,
    running: () => 0,
    ...order,
  });
  return choices.all().map(({ target }) => targetId(target));
}

/** How often each one is first in so many orders. */
function shares(times: number, references: References, setting: Setting = {}): Record<string, number> {
  const random = seeded(42);
  const count: Record<string, number> = {};
  for (let n = 0; n < times; n++) {
    const [first = ''] = ordered(references, { ...setting, order: { random, ...setting.order } });
    count[first] = (count[first] ?? 0) + 1;
  }
  return count;
}

/** Within four standard deviations of a share of `times`. */
function assertShare(count: number | undefined, times: number, share: number): void {
  const deviation = Math.sqrt(times * share * (1 - share));
  assert.ok(Math.abs((count ?? 0) - times * share) <= 4 * deviation, `${count} of ${times} is not ${share}`);
}

describe('the order within a pool', () => {
  const three = ['openai/a', 'groq/b', 'anthropic/c'];

  it('is the same for the same chance', () => {
    for (const balance of ['weighted', 'latency', 'cost', 'headroom'] as const) {
      assert.deepEqual(ordered(three, { balance }), ordered(three, { balance }));
      assert.deepEqual(ordered(three, { balance }).sort(), [...three].sort());
    }
  });

  it('asks nothing about a pool of one', () => {
    const nobody = (): never => assert.fail('asked');
    const order = { standing: nobody, price: nobody, random: { bytes: nobody, fraction: nobody } };
    assert.deepEqual(ordered(['openai/a'], { order }), ['openai/a']);
    assert.deepEqual(ordered([], { order }), []);
  });

  it('puts those that are blocked, and those that cannot be asked, last', () => {
    for (const balance of ['weighted', 'latency', 'cost', 'headroom'] as const) {
      for (const state of ['cooldown', 'open', 'dead'] as const) {
        const told = {
          'openai/a': { state, until: NOW + 1, latencyMs: 1, headroom: 1 },
          'groq/b': { latencyMs: 9, headroom: 0.5 },
        };
        const setting: Setting = { balance, told, order: { price: ({ model }) => (model === 'a' ? 1 : 2), random: always(0) } };
        assert.deepEqual(ordered(['openai/a', 'groq/b'], setting), ['groq/b', 'openai/a']);
      }
      const order: Partial<PoolOrder> = {
        random: always(0),
        standing({ target }) {
          const place = { provider: 'groq', model: 'b', key: undefined };
          return target.model === 'a' ? undefined : { place, health: new FakeHealth().of(place) };
        },
      };
      assert.deepEqual(ordered(['openai/a', 'groq/b'], { balance, order }), ['groq/b', 'openai/a']);
    }
  });

  it('lets a half-open one have its probe, and one whose time is over', () => {
    const blocked = (state: PlaceHealth['state'], until?: number) =>
      isBlocked({ ...new FakeHealth().of({ provider: 'p', model: 'm', key: undefined }), state, until }, NOW);
    assert.deepEqual([blocked('well'), blocked('half-open'), blocked('half-open', NOW + 1)], [false, false, true]);
    assert.deepEqual([blocked('open', NOW), blocked('open', NOW + 1), blocked('dead')], [false, true, true]);
  });

  describe('by weight', () => {
    it('shares in proportion', () => {
      const count = shares(4000, [
        ['openai/a', 1],
        ['groq/b', 3],
        ['anthropic/c', 6],
      ]);
      assertShare(count['openai/a'], 4000, 0.1);
      assertShare(count['groq/b'], 4000, 0.3);
      assertShare(count['anthropic/c'], 4000, 0.6);
    });

    it('gives the share of one that is blocked to the others in proportion', () => {
      const told = { 'anthropic/c': { state: 'open', until: undefined } } as const;
      const count = shares(
        2000,
        [
          ['openai/a', 1],
          ['groq/b', 3],
          ['anthropic/c', 6],
        ],
        { told },
      );
      assertShare(count['openai/a'], 2000, 0.25);
      assert.equal(count['anthropic/c'], undefined);
    });

    it('orders those behind the first by weight, too', () => {
      const random = seeded(3);
      let second = 0;
      for (let n = 0; n < 2000; n++) {
        const order = ordered(
          [
            ['openai/a', 1],
            ['groq/b', 3],
            ['anthropic/c', 1e9],
          ],
          { order: { random } },
        );
        if (order[1] === 'groq/b') second += 1;
      }
      assertShare(second, 2000, 0.75);
    });
  });

  describe('by latency', () => {
    const told = { 'openai/a': { latencyMs: 100 }, 'groq/b': { latencyMs: 200 }, 'anthropic/c': { latencyMs: 900 } };

    it('never begins with the slowest, and leaves the second its part', () => {
      const count = shares(3000, three, { balance: 'latency', told });
      // Of the three pairs, two hold the fastest and one the second without it.
      assertShare(count['openai/a'], 3000, 2 / 3);
      assertShare(count['groq/b'], 3000, 1 / 3);
      assert.equal(count['anthropic/c'], undefined);
    });

    it('compares all pairs with the same chance', () => {
      const fast = { 'anthropic/c': { latencyMs: 1 }, 'openai/a': { latencyMs: 2 }, 'groq/b': { latencyMs: 3 } };
      assertShare(shares(3000, three, { balance: 'latency', told: fast })['anthropic/c'], 3000, 2 / 3);
    });

    it('counts what runs already', () => {
      const order: Partial<PoolOrder> = { running: ({ model }) => (model === 'a' ? 2 : 0) };
      assert.deepEqual(ordered(['openai/a', 'groq/b'], { balance: 'latency', told, order }), ['groq/b', 'openai/a']);
      const one: Partial<PoolOrder> = { running: ({ model }) => (model === 'a' ? 0 : 1) };
      assert.deepEqual(ordered(['openai/a', 'groq/b'], { balance: 'latency', told, order: one }), ['openai/a', 'groq/b']);
    });

    it('tries one that nobody knows, with a single request', () => {
      const known = { 'openai/a': { latencyMs: 1 } };
      assert.deepEqual(shares(50, ['openai/a', 'groq/b'], { balance: 'latency', told: known }), { 'groq/b': 50 });
      const order: Partial<PoolOrder> = { running: ({ model }) => (model === 'b' ? 1 : 50) };
      assert.deepEqual(shares(50, ['openai/a', 'groq/b'], { balance: 'latency', told: known, order }), { 'openai/a': 50 });
    });
  });

  it('by cost: the cheapest first, whoever has no price last', () => {
    const prices: Record<string, number> = { a: 300, b: 20, c: 0 };
    const order: Partial<PoolOrder> = { price: ({ model }) => prices[model] };
    const all = ['openai/a', 'local/unpriced', 'groq/b', 'anthropic/c'];
    for (let seed = 0; seed < 20; seed++) {
      const found = ordered(all, { balance: 'cost', order: { ...order, random: seeded(seed) } });
      assert.deepEqual(found, ['anthropic/c', 'groq/b', 'openai/a', 'local/unpriced']);
    }
  });

  it('by cost: equals by weight', () => {
    const setting: Setting = { balance: 'cost', order: { price: ({ model }) => (model === 'c' ? 2 : 1) } };
    const count = shares(
      2000,
      [
        ['openai/a', 1],
        ['groq/b', 3],
        ['anthropic/c', 9],
      ],
      setting,
    );
    assertShare(count['openai/a'], 2000, 0.25);
    assert.equal(count['anthropic/c'], undefined);
    assertShare(
      shares(
        2000,
        [
          ['openai/a', 1],
          ['groq/b', 3],
        ],
        { balance: 'cost' },
      )['openai/a'],
      2000,
      0.25,
    );
  });

  it('by headroom: the largest share left first, unknown counting as all', () => {
    const told = { 'openai/a': { headroom: 0.2 }, 'groq/b': { headroom: 0.9 } };
    assert.deepEqual(ordered(three, { balance: 'headroom', told }), ['anthropic/c', 'groq/b', 'openai/a']);
    const full = { 'openai/a': { headroom: 1 }, 'groq/b': { headroom: 0.9 } };
    const count = shares(2000, [['openai/a', 1], 'groq/b', ['anthropic/c', 3]], { balance: 'headroom', told: full });
    assertShare(count['openai/a'], 2000, 0.25);
    assert.equal(count['groq/b'], undefined);
  });

  describe('of a conversation', () => {
    const order: Partial<PoolOrder> = { sticky: 'groq/b', random: always(0) };

    it('begins with whom it was served by, whatever the balance', () => {
      const told = { 'groq/b': { latencyMs: 900, headroom: 0.05 }, 'openai/a': { latencyMs: 1 }, 'anthropic/c': { latencyMs: 1 } };
      for (const balance of ['weighted', 'latency', 'cost', 'headroom'] as const) {
        assert.equal(ordered(three, { balance, order, told })[0], 'groq/b');
        assert.notEqual(ordered(three, { balance, order: { random: always(0) }, told })[0], 'groq/b');
      }
    });

    it('is that of anybody where the pool is not sticky', () => {
      assert.equal(ordered(three, { order, sticky: false })[0], 'openai/a');
    });

    it('leaves a target that is not well', () => {
      for (const state of ['open', 'half-open'] as const) {
        assert.equal(ordered(three, { order, told: { 'groq/b': { state } } })[0], 'openai/a');
      }
    });

    it('is not kept by a target that has left the pool', () => {
      assert.equal(ordered(three, { order: { ...order, sticky: 'groq/gone' } })[0], 'openai/a');
    });
  });

  it('takes as many draws as it needs', () => {
    let draws = 0;
    const counting: Random = { bytes: (size) => new Uint8Array(size), fraction: () => ((draws += 1), 0.5) };
    ordered(three, { order: { random: counting } });
    assert.equal(draws, 2);
    assert.equal(nameOf({ provider: 'p', model: 'm', key: 'k' }), 'p/m k');
  });
});
