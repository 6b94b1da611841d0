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
  readonly running: (place: Place) => number;
}

/** Longer than any latency that is known. */
const UNKNOWN_AND_TRIED_MS = 1e12;

interface Rated {
  readonly choice: Choice;
  readonly place: Place | undefined;
  readonly health: PlaceHealth | undefined;
}

/**
 * The choices in the order in which they are tried. Those that are blocked or cannot be asked come last. Worked out as far as somebody
 * looks: of ten targets mostly only the first is asked, and judging all of them costs more than all the rest of routing.
 */
export function* orderPool(pool: Pool, order: PoolOrder): Generator<Choice, void> {
  if (pool.choices.length < 2) return yield* pool.choices;
  const left = [...pool.choices];
  const blocked: Rated[] = [];
  /** Undefined, and no longer among those that are left, where it is blocked: it takes no draw from the others. */
  const open = (choice: Choice): Rated | undefined => {
    const one = rate(choice, order);
    if (one.health !== undefined && !isBlocked(one.health, order.now)) return one;
    remove(left, choice);
    blocked.push(one);
    return undefined;
  };

  // Looked for only where there is one: ten names are made for it.
  const bound =
    pool.sticky && order.sticky !== undefined ? left.find(({ target }) => targetId(target) === order.sticky) : undefined;
  // A bond holds while its target is well. A half-open one is left to its probe: a session does not wait for that.
  if (bound !== undefined && rate(bound, order).health?.state === 'well') yield remove(left, bound);

  switch (pool.balance) {
    case 'weighted':
      while (left.length > 0) {
        const choice = drawByWeight(left, order.random);
        if (open(choice) !== undefined) yield remove(left, choice);
      }
      break;
    case 'latency':
      yield* byTwoChoices(left, open, order);
      break;
    case 'cost':
    case 'headroom':
      yield* choicesOf(
        balance(
          pool,
          [...left].map(open).filter((one) => one !== undefined),
          order,
        ),
      );
      break;
    default:
      pool.balance satisfies never;
  }
  yield* choicesOf(balance(pool, blocked, order));
}

/**
 * The better of two drawn at random, again and again. Always taking the best sends every request of a moment to the same place,
 * since latencies are known only afterwards; two choices spread them almost as well as perfect knowledge would.
 */
function* byTwoChoices(
  left: Choice[],
  open: (choice: Choice) => Rated | undefined,
  { random, running }: PoolOrder,
): Generator<Choice, void> {
  while (left.length > 0) {
    const at = left.length === 1 ? 0 : Math.floor(random.fraction() * left.length);
    const one = open(left[at]!);
    if (one === undefined) continue;
    // Any of the others, which may turn out to be none.
    const another = left[(at + 1 + Math.floor(random.fraction() * (left.length - 1))) % left.length]!;
    const other = another === one.choice ? undefined : open(another);
    const better = other !== undefined && expectedMs(other, running) < expectedMs(one, running) ? other : one;
    yield remove(left, better.choice);
  }
}

function remove(from: Choice[], choice: Choice): Choice {
  from.splice(from.indexOf(choice), 1);
  return choice;
}

function choicesOf(rated: readonly Rated[]): readonly Choice[] {
  return rated.map(({ choice }) => choice);
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
  while (left.length > 0) drawn.push(...left.splice(left.indexOf(drawByWeight(left, random)), 1));
  return drawn;
}

/** Of at least one. */
function drawByWeight<T extends { readonly weight: number }>(all: readonly T[], random: Random): T {
  if (all.length === 1) return all[0]!;
  let at = random.fraction() * all.reduce((sum, { weight }) => sum + weight, 0);
  // Not found where all weigh nothing, or so much that the sum is infinite.
  return all.find(({ weight }) => (at -= weight) < 0) ?? all[0]!;
}

function rate(choice: Choice, order: PoolOrder): Rated {
  const place = order.place(choice);
  return { choice, place, health: place && order.health.of(place) };
}

function balance(pool: Pool, rated: readonly Rated[], order: PoolOrder): readonly Rated[] {
  switch (pool.balance) {
    case 'weighted':
      return shuffled(rated, order.random);
    case 'latency':
      return lowestFirst(rated, (one) => expectedMs(one, order.running));
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
 * Milliseconds that a request has to expect. A place that nobody knows is tried at once, but by one request only: while that runs it
 * goes behind those that are known, else all of them would try it together.
 */
export function expectedMs({ place, health }: Pick<Rated, 'place' | 'health'>, runningAt: PoolOrder['running']): number {
  if (place === undefined) return Infinity;
  const running = runningAt(place);
  const latency = health?.latencyMs;
  if (latency === undefined) return running === 0 ? 0 : UNKNOWN_AND_TRIED_MS + running;
  return latency * (running + 1);
}
