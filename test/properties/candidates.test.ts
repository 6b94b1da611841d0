import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { globMatches } from '../../src/core/ir/glob.ts';
import { BALANCES, FALLBACK_CAUSES } from '../../src/core/config/kinds.ts';
import type { Place } from '../../src/core/routing/health/health.ts';
import type { Target } from '../../src/core/routing/resolve-target.ts';
import type { Pool, Route } from '../../src/core/routing/rules/route.ts';
import type { HeldKey } from '../../src/core/routing/snapshot.ts';
import type { Candidate, Candidates, Move } from '../../src/core/routing/targets/candidates.ts';
import { nameOf, poolIn, seeded, worldOf, type World } from '../unit/routing/targets/fakes.ts';

const PROVIDERS = ['openai', 'groq', 'local'] as const;
const MODELS = ['m1', 'm2'] as const;
const ORIGINS: Readonly<Record<string, string>> = {
  openai: 'https://api.openai.com',
  groq: 'https://api.groq.com',
  local: 'http://127.0.0.1:11434',
};

const reference = fc.tuple(fc.constantFrom(...PROVIDERS), fc.constantFrom(...MODELS)).map((parts) => parts.join('/'));
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined, freq: 2 });

const key = fc.record({
  provider: fc.constantFrom(...PROVIDERS),
  priority: fc.integer({ min: -1, max: 1 }),
  weight: fc.constantFrom(0, 1, 3),
  agents: optional(fc.constantFrom(['codex'], ['chat'], ['chat', 'codex'], [])),
  models: optional(fc.constantFrom(['m*'], ['m1'], ['*2'], ['other'], [])),
  origins: optional(fc.constantFrom(...Object.values(ORIGINS), 'https://evil.example').map((origin) => [origin])),
});

const pool = fc.record({
  references: fc.array(reference, { maxLength: 3 }),
  balance: fc.constantFrom(...BALANCES),
  sticky: fc.boolean(),
});

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Move>({ kind: 'start' }) },
  { weight: 3, arbitrary: fc.constant<Move>({ kind: 'next-key' }) },
  { weight: 4, arbitrary: fc.constantFrom(...FALLBACK_CAUSES).map((cause): Move => ({ kind: 'fall-back', cause })) },
);

/** What happens to the health of a place, by a number that chooses it. */
const event = fc.record({
  place: fc.nat(),
  becomes: fc.constantFrom('well' as const, 'blocked' as const, 'last resort' as const, 'half-open' as const),
  waits: fc.boolean(),
});

const world = fc.record({
  keys: fc.array(key, { maxLength: 7 }),
  unspoken: fc.subarray([...PROVIDERS], { maxLength: 1 }),
  first: pool,
  fallbacks: fc.array(fc.tuple(pool, fc.subarray([...FALLBACK_CAUSES], { minLength: 1 })), { maxLength: 3 }),
  before: fc.array(event, { maxLength: 8 }),
  steps: fc.array(fc.record({ move, events: fc.array(event, { maxLength: 2 }), verdict: fc.nat(2) }), {
    minLength: 1,
    maxLength: 12,
  }),
  conversation: fc.constantFrom(undefined, 'c'),
  seed: fc.nat(),
});

type Plan = typeof world extends fc.Arbitrary<infer T> ? T : never;

interface Stage {
  readonly world: World;
  readonly route: Route;
  readonly candidates: Candidates;
  /** How often chance was asked. */
  readonly draws: () => number;
  /** Every place of a target that this agent may ask, from what the rules say and not from what the code does. */
  readonly placesOf: (target: Target) => readonly Place[];
  readonly happens: (events: Plan['before']) => void;
}

function stageOf(plan: Plan): Stage {
  const held = plan.keys.map(({ agents, models, origins, ...rest }, at): HeldKey => ({
    ...rest,
    id: `k${at}`,
    secret: `secret ${at}`,
    ...(agents === undefined ? {} : { agents: [...agents] }),
    ...(models === undefined ? {} : { models: [...models] }),
    ...(origins === undefined ? {} : { origins }),
  }));
  const chance = seeded(plan.seed);
  let draws = 0;
  const made = worldOf(held, {
    random: { bytes: (size) => chance.bytes(size), fraction: () => ((draws += 1), chance.fraction()) },
    originOf: ({ provider }) => (plan.unspoken.some((id) => id === provider.id) ? undefined : ORIGINS[provider.id]),
    price: ({ model }) => (model === 'm1' ? 5 : undefined),
    couldEnter: ({ weight }) => weight !== 3,
    conversation: plan.conversation,
  });
  const poolOf = ({ references, ...rest }: Plan['first']): Pool => poolIn(made.snapshot, references, rest);
  const route = made.route(poolOf(plan.first), ...plan.fallbacks.map(([to, on]) => [poolOf(to), ...on] as const));
  const placesOf = ({ provider, model }: Target): Place[] => {
    if (plan.unspoken.some((id) => id === provider.id)) return [];
    if (!provider.needsKey) return [{ provider: provider.id, model, key: undefined }];
    return held
      .filter(
        (one) =>
          one.provider === provider.id &&
          one.agents?.includes('codex') !== false &&
          one.models?.some((glob) => globMatches(glob, model)) !== false &&
          one.origins?.includes(ORIGINS[provider.id] ?? '') !== false,
      )
      .map(({ id }) => ({ provider: provider.id, model, key: id }));
  };
  const every = [route.first, ...route.fallbacks.map(({ pool: one }) => one)]
    .flatMap(({ choices }) => choices)
    .flatMap(({ target }) => placesOf(target))
    .map(nameOf);
  const happens = (events: Plan['before']): void => {
    for (const { place, becomes, waits } of events) {
      const name = every[place % Math.max(1, every.length)] ?? '';
      made.health.refusals.delete(name);
      made.health.halfOpen.delete(name);
      if (becomes === 'half-open') made.health.halfOpen.add(name);
      const until = waits ? made.clock.now() + 1000 : undefined;
      if (becomes === 'blocked' || becomes === 'last resort') {
        made.health.block(name, 'breaker-open', { until, lastResort: becomes === 'last resort' });
      }
    }
  };
  return { world: made, route, candidates: made.request(route), draws: () => draws, placesOf, happens };
}

/** What the rules leave for each move, kept apart from the code under test. */
class Rules {
  readonly #stage: Stage;
  readonly given = new Set<string>();
  readonly #leftTargets = new Set<string>();
  readonly #leftPools = new Set<Pool>();
  current: Candidate | undefined;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  leave(next: Move): void {
    if (next.kind !== 'fall-back' || this.current === undefined) return;
    this.#leftTargets.add(targetName(this.current.target));
    if (next.cause !== 'error') this.#leftPools.add(this.current.pool);
  }

  /** Names of the places that the move may give, blocked ones among them. */
  eligible(next: Move): ReadonlySet<string> {
    const cause = next.kind === 'fall-back' ? next.cause : 'error';
    const { first, fallbacks } = this.#stage.route;
    const pools = [
      ...(cause === 'error' ? [first] : []),
      ...(cause === 'error' && this.current !== undefined ? [this.current.pool] : []),
      ...fallbacks.filter(({ on }) => on.includes(cause)).map(({ pool: one }) => one),
    ];
    const targets = pools
      .filter((one) => !this.#leftPools.has(one))
      .flatMap(({ choices }) => choices)
      .map(({ target }) => target)
      .filter((target) => !this.#leftTargets.has(targetName(target)));
    const names = targets.flatMap((target) => this.#stage.placesOf(target)).map(nameOf);
    return new Set(names.filter((name) => !this.given.has(name)));
  }
}

function targetName({ provider, model }: Target): string {
  return `${provider.id}/${model}`;
}

function check(plan: Plan): void {
  const stage = stageOf(plan);
  const { candidates } = stage;
  const { health } = stage.world;
  const rules = new Rules(stage);
  const order: string[] = [];
  stage.happens(plan.before);
  for (const { move: next, events, verdict } of plan.steps) {
    const promised = promise(stage, next);
    rules.leave(next);
    const eligible = rules.eligible(next);
    const open = [...eligible].filter((name) => !health.refusals.has(name));
    const resort = [...eligible].filter((name) => health.refusals.get(name)?.lastResort === true);
    const found = candidates.next(next);
    if (found.kind === 'candidate') {
      const name = nameOf(found.place);
      assert.ok(eligible.has(name), `${name} is not among ${[...eligible].join(', ')}`);
      assert.equal(found.place.key, found.key?.id);
      assert.equal(targetName(found.target), `${found.place.provider}/${found.place.model}`);
      assert.ok(open.length === 0 ? resort.includes(name) : open.includes(name), `${name} while open: ${open.join(', ')}`);
      assert.equal(found.probe, health.halfOpen.has(name) || health.refusals.has(name));
      const hasOtherKey = next.kind === 'next-key' && promised === true;
      if (hasOtherKey) assert.equal(targetName(found.target), rules.current && targetName(rules.current.target));
      order.push(name);
      rules.given.add(name);
      rules.current = found;
      if (verdict === 1) candidates.served(found);
      if (verdict === 2) candidates.failed(found);
    } else {
      assert.deepEqual([...open, ...resort], [], 'somebody was left');
      assert.equal(found.kind, eligible.size > 0 ? 'wait' : 'none');
      if (found.kind === 'wait') {
        assert.ok(eligible.has(nameOf(found.place)));
        const times = [...eligible].map((name) => health.refusals.get(name)?.until ?? Infinity);
        assert.equal(found.until ?? Infinity, Math.min(...times));
      } else {
        assert.ok(found.error === undefined || order.length === 0);
      }
    }
    if (promised !== undefined && next.kind === 'fall-back') assert.equal(promised, open.length > 0);
    stage.happens(events);
  }
  assert.deepEqual(health.letThrough, order, 'every admission is given out, and only those');
  assert.equal(new Set(order).size, order.length);
}

/** What `left` says about a move; and that saying it changes nothing. */
function promise({ candidates, world: { health }, draws }: Stage, next: Move): boolean | undefined {
  const before = [health.asked.length, draws(), candidates.skipped.length];
  const { left } = candidates;
  const said = next.kind === 'next-key' ? left.otherKeys : next.kind === 'fall-back' ? left.fallbackFor(next.cause) : undefined;
  assert.deepEqual([health.asked.length, draws(), candidates.skipped.length], before);
  return said;
}

describe('the places of any request', () => {
  it('are bound to the agent and entered for the origin, given once, blocked ones last, and all of them before none', () => {
    fc.assert(fc.property(world, check), { numRuns: 600 });
  });

  it('are all tried by next-key alone', () => {
    fc.assert(
      fc.property(world, (plan) => {
        const stage = stageOf(plan);
        const found = new Set<string>();
        const expected = new Rules(stage).eligible({ kind: 'start' });
        for (let n = 0; n <= expected.size; n++) {
          const one = stage.candidates.next(n === 0 ? { kind: 'start' } : { kind: 'next-key' });
          if (one.kind === 'candidate') found.add(nameOf(one.place));
          else assert.equal(n, expected.size);
        }
        assert.deepEqual(found, expected);
      }),
      { numRuns: 200 },
    );
  });
});
