import type { Random } from '../../ports.ts';
import type { HealthBook, Place, PlaceHealth } from '../health/health.ts';
import type { Target } from '../resolve-target.ts';
import type { Choice, Pool } from '../rules/route.ts';

export interface PoolOrder {
  /** `targetId` of the one that served this conversation. */
  readonly sticky: string | undefined;
  readonly health: Pick<HealthBook, 'of'>;
  readonly random: Random;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Where the choice would be asked; undefined: it cannot be. */
  place(choice: Choice): Place | undefined;
  /** Nano-dollars for this request; undefined where no price is known. */
  price(target: Target): number | undefined;
  /** Requests of ours that run there. */
  running(place: Place): number;
}

/** Longer than any latency that is known. */
const UNKNOWN_AND_TRIED_MS = 1e12;

interface Rated {
  readonly choice: Choice;
  readonly place: Place | undefined;
  readonly health: PlaceHealth | undefined;
}

/** The choices in the order in which they are tried. Those that are blocked or cannot be asked come last, ordered likewise. */
export function orderPool(pool: Pool, order: PoolOrder): readonly Choice[] {
  if (pool.choices.length < 2) return pool.choices;
  const open: Rated[] = [];
  const blocked: Rated[] = [];
  for (const choice of pool.choices) {
    const one = rate(choice, order);
    (one.health === undefined || isBlocked(one.health, order.now) ? blocked : open).push(one);
  }
  // Balanced apart, so that one that is blocked takes no draw from the others.
  const balanced = balance(pool, open, order);
  const sticky = pool.sticky ? balanced.find((one) => isSticky(one, order.sticky)) : undefined;
  const first = sticky === undefined ? balanced : [sticky, ...balanced.filter((one) => one !== sticky)];
  return [...first, ...balance(pool, blocked, order)].map(({ choice }) => choice);
}

export function targetId({ provider, model }: Target): string {
  return `${provider.id}/${model}`;
}

/**
 * Whether a place would refuse now, without asking it. One whose time is over, or that is half-open without a probe under way (which
 * has an `until`), would not: somebody has to be its probe, else it would stay behind its peers for ever.
 */
export function isBlocked({ state, until }: PlaceHealth, now: number): boolean {
  return state !== 'well' && (until === undefined ? state !== 'half-open' : until > now);
}

/** All of them: each next one drawn among those left, with a chance in proportion to its weight. */
export function drawnByWeight<T extends { readonly weight: number }>(all: readonly T[], random: Random): readonly T[] {
  const left = [...all];
  const drawn: T[] = [];
  while (left.length > 1) {
    let at = random.fraction() * left.reduce((sum, { weight }) => sum + weight, 0);
    // Not found where all weigh nothing, or so much that the sum is infinite.
    const found = left.findIndex(({ weight }) => (at -= weight) < 0);
    drawn.push(...left.splice(Math.max(0, found), 1));
  }
  return [...drawn, ...left];
}

function rate(choice: Choice, order: PoolOrder): Rated {
  const place = order.place(choice);
  return { choice, place, health: place && order.health.of(place) };
}

/** A bond holds while its target is well. A half-open one is left to its probe: a session does not wait for that. */
function isSticky({ choice, health }: Rated, sticky: string | undefined): boolean {
  return health?.state === 'well' && targetId(choice.target) === sticky;
}

function balance(pool: Pool, rated: readonly Rated[], order: PoolOrder): readonly Rated[] {
  switch (pool.balance) {
    case 'weighted':
      return shuffled(rated, order.random);
    case 'latency':
      return byTwoChoices(rated, order);
    case 'cost':
      return lowestFirst(shuffled(rated, order.random), ({ choice }) => order.price(choice.target) ?? Infinity);
    case 'headroom':
      return lowestFirst(shuffled(rated, order.random), ({ health }) => -(health?.headroom ?? 1));
    default:
      return pool.balance satisfies never;
  }
}

function shuffled(rated: readonly Rated[], random: Random): readonly Rated[] {
  return drawnByWeight(
    rated.map((one) => ({ one, weight: one.choice.weight })),
    random,
  ).map(({ one }) => one);
}

/** Stable: equals stay as they were drawn. Not by subtraction, because two infinities have no difference. */
function lowestFirst(rated: readonly Rated[], value: (one: Rated) => number): readonly Rated[] {
  return rated
    .map((one) => ({ one, value: value(one) }))
    .sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0))
    .map(({ one }) => one);
}

/**
 * The better of two drawn at random, again and again. Always taking the best sends every request of a moment to the same place,
 * since latencies are known only afterwards; two choices spread them almost as well as perfect knowledge would.
 */
function byTwoChoices(rated: readonly Rated[], order: PoolOrder): readonly Rated[] {
  const left = rated.map((one) => ({ one, load: load(one, order) }));
  const drawn: Rated[] = [];
  while (left.length > 1) {
    const a = Math.floor(order.random.fraction() * left.length);
    // Any of the others.
    const b = (a + 1 + Math.floor(order.random.fraction() * (left.length - 1))) % left.length;
    const better = (left[b]?.load ?? 0) < (left[a]?.load ?? 0) ? b : a;
    drawn.push(...left.splice(better, 1).map(({ one }) => one));
  }
  return [...drawn, ...left.map(({ one }) => one)];
}

/**
 * Milliseconds that a request has to expect. A place that nobody knows is tried at once, but by one request only: while that runs it
 * goes behind those that are known, else all of them would try it together.
 */
function load({ place, health }: Rated, order: PoolOrder): number {
  if (place === undefined) return Infinity;
  const running = order.running(place);
  const latency = health?.latencyMs;
  if (latency === undefined) return running === 0 ? 0 : UNKNOWN_AND_TRIED_MS + running;
  return latency * (running + 1);
}
