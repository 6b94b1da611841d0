import type { Endpoint } from '../dialects/endpoints.ts';
import type { DialectId } from '../ir/dialect.ts';
import { isGatewayError } from '../ir/error.ts';
import { NO_USAGE } from '../ir/usage.ts';
import type { FailureClass } from '../routing/failures/failure.ts';
import type { Place, PlaceHealth } from '../routing/health/health.ts';
import type { Limits } from '../routing/limits/limiter.ts';
import type { Target } from '../routing/resolve-target.ts';
import { allowedOf } from '../routing/rules/allow-list.ts';
import type { Balance, Choice, FallbackCause, Pool } from '../routing/rules/route.ts';
import type { Key } from '../routing/snapshot.ts';
import type { CandidatesContext } from '../routing/targets/candidates.ts';
import { whyNotUsable, type NotUsable } from '../routing/targets/order-keys.ts';
import { expectedMs, isBlocked, OrderedPool, targetId, type PoolOrder } from '../routing/targets/order-pool.ts';
import { orderedSpotsOf, placeOf, standingAmong, type Missing, type Spot } from '../routing/targets/spots.ts';
import { keyScope } from './candidates-context.ts';
import type { ExplainDeps } from './explain-route.ts';
import { plan, type Asked } from './plan.ts';
import { CarryMemory } from './translate/carry-memory.ts';
import { ConversationIssuers } from './translate/foreign-state.ts';
import { closestDialect } from './translate/plan-translation.ts';

/** Targets that can stand for each other, in the order in which this request would meet them. */
export interface ExplainedStep {
  /** As the configuration names it: `provider/model`, or an alias. */
  readonly reference: string;
  /** What the fallback is for; empty for the first step. */
  readonly on: readonly FallbackCause[];
  readonly balance: Balance;
  readonly sticky: boolean;
  readonly targets: readonly ExplainedTarget[];
}

export interface ExplainedTarget {
  /** `provider/model` */
  readonly target: string;
  /** False: the agent's allow-list leaves it out, and it is not asked. */
  readonly allowed: boolean;
  readonly mode: 'relay' | 'translate' | 'refused';
  /** The dialect in which the provider is asked; left out where it is not. */
  readonly dialect?: DialectId;
  /** Why it is refused, in a sentence. */
  readonly refusal?: string;
  /** What the translation cannot say; only where there is a body to translate. */
  readonly losses?: readonly string[];
  readonly weight: number;
  /** It served this session last, and is preferred for that. */
  readonly bonded: boolean;
  /** Those that may be used first, in the order in which they are tried. A provider that needs none has one without an id. */
  readonly keys: readonly ExplainedKey[];
  /** To the first output, exponentially weighted; left out until one was seen. */
  readonly latencyMs?: number;
  readonly price: ExplainedPrice;
  /** Of the tightest budget that covers it; null: of none, or not known here. */
  readonly budgetLeftUsd: number | null;
}

/** US dollars; left out where no price is known. */
export interface ExplainedPrice {
  /** Per million tokens, below any threshold. */
  readonly inputUsd?: number;
  readonly outputUsd?: number;
  /** This request, with a short answer; left out without a body. */
  readonly estimateUsd?: number;
}

export interface ExplainedKey {
  /** Left out where the provider needs no key. */
  readonly id?: string;
  /** Why it is not used here at all: it is bound to other agents, to other models, or to another address. */
  readonly unusable?: NotUsable;
  /** It served this session last, and is preferred for that. */
  readonly bonded: boolean;
  /** It would be refused now: nobody asks it before `until`. */
  readonly blocked: boolean;
  readonly state: PlaceHealth['state'];
  readonly why?: FailureClass;
  /** The provider's status that made it `dead`. */
  readonly status?: number;
  /** Milliseconds since the epoch. */
  readonly since?: number;
  readonly until?: number;
  /** Smallest share left of any limit that the provider tells, 0 to 1. */
  readonly headroom?: number;
  readonly latencyMs?: number;
  readonly limits?: ExplainedLimits;
}

/** Limits of ours, and how they stand. */
export interface ExplainedLimits {
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  readonly concurrent?: number;
  readonly queue: number;
  readonly queueSeconds: number;
  /** Left this minute, negative in debt. */
  readonly requestsLeft?: number;
  readonly tokensLeft?: number;
  readonly running: number;
  readonly waiting: number;
  /** False: this request would have to wait, or be turned away. */
  readonly open: boolean;
}

/** What a request is explained with. */
export interface StepContext {
  readonly deps: Pick<ExplainDeps, 'clock' | 'price' | 'routing' | 'budgets' | 'workspace'>;
  readonly endpoint: Extract<Endpoint, { kind: 'found' }>;
  /** `raw` undefined: there is no body. */
  readonly asked: Asked;
  /** Its chance must prefer what stands first: see `likeliestFirst`. */
  readonly candidates: CandidatesContext;
}

export function explainStep(pool: Pool, on: readonly FallbackCause[], context: StepContext): ExplainedStep {
  const { candidates } = context;
  const allowed = allowedOf(candidates.agent.allow, pool);
  const left = pool.choices.filter((choice) => !allowed.choices.includes(choice));
  const { reference, balance, sticky } = pool;
  return {
    reference,
    on,
    balance,
    sticky,
    targets: [
      ...inOrder(allowed, candidates).map((choice) => explainTarget(pool, choice, true, context)),
      ...left.map((choice) => explainTarget(pool, choice, false, context)),
    ],
  };
}

/** As `Candidates` orders them, chance aside. */
function inOrder(pool: Pool, candidates: CandidatesContext): readonly Choice[] {
  const { affinity, clock, conversation, health } = candidates;
  const now = clock.now();
  const order = {
    sticky: conversation === undefined ? undefined : affinity.get(conversation, pool.reference),
    random: candidates.random,
    now,
    standing: ({ target }: Choice) => standingAmong(orderedSpotsOf(pool, target, candidates), health, now),
    price: (target: Target) => candidates.price(target),
    running: (at: Place) => candidates.running(at),
  };
  return new OrderedPool(likeliestFirst(pool, order), order).all();
}

/** Where chance has a word, who is likeliest to come first stands first: the heaviest, or the one to answer soonest. */
function likeliestFirst(pool: Pool, order: PoolOrder): Pool {
  const rated = pool.choices.map((choice) => {
    if (pool.balance !== 'latency') return { choice, rank: -choice.weight };
    return { choice, rank: expectedMs(order.standing(choice), order) };
  });
  // Not by subtraction: two infinities have no difference.
  rated.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
  return { ...pool, choices: rated.map(({ choice }) => choice) };
}

function explainTarget(pool: Pool, { target, weight }: Choice, allowed: boolean, context: StepContext): ExplainedTarget {
  const { affinity, conversation, health } = context.candidates;
  const spots = orderedSpotsOf(pool, target, context.candidates);
  const latencyMs = typeof spots === 'string' || spots[0] === undefined ? undefined : health.of(spots[0].place).latencyMs;
  return {
    target: targetId(target),
    allowed,
    ...wayOf(target, spots, context),
    weight,
    bonded: conversation !== undefined && pool.sticky && affinity.get(conversation, pool.reference) === targetId(target),
    keys: keysOf(pool, target, spots, context),
    ...given({ latencyMs }),
    price: priceOf(target, context),
    budgetLeftUsd: budgetLeft(target, spots, context),
  };
}

function budgetLeft(
  { provider, model }: Target,
  spots: readonly Spot[] | Missing,
  { candidates, deps }: StepContext,
): number | null {
  const key = typeof spots === 'string' ? undefined : spots[0]?.key?.id;
  const spender = { workspace: deps.workspace ?? '', agent: candidates.agent.id, provider: provider.id, model, key };
  const nano = deps.budgets?.leftFor(spender);
  return nano === undefined ? null : nano / NANO_PER_USD;
}

type Way = Pick<ExplainedTarget, 'mode' | 'dialect' | 'refusal' | 'losses'>;

/** With a body it is planned as it would be for an attempt, but with a memory of its own: what models signed stays where it is. */
function wayOf(target: Target, spots: readonly Spot[] | Missing, { asked, endpoint }: StepContext): Way {
  const speaks = target.provider.endpoints.has(endpoint.dialect);
  const dialect = speaks ? endpoint.dialect : closestDialect(endpoint.dialect, target.provider);
  if (dialect === undefined) return { mode: 'refused', refusal: `"${target.provider.id}" can be asked in no dialect at all.` };
  const way: Way = { mode: speaks ? 'relay' : 'translate', dialect };
  if (asked.raw === undefined) return way;
  const key = typeof spots === 'string' ? undefined : spots[0]?.key;
  const planned = plan({ carries: new CarryMemory(), issuers: new ConversationIssuers() }, { target, key }, endpoint, asked);
  if (isGatewayError(planned)) return { mode: 'refused', refusal: planned.message };
  return 'known' in planned || planned.serving.losses.length === 0 ? way : { ...way, losses: [...planned.serving.losses] };
}

function keysOf(
  pool: Pool,
  target: Target,
  spots: readonly Spot[] | Missing,
  { deps, candidates }: StepContext,
): readonly ExplainedKey[] {
  const { affinity, agent, conversation, snapshot } = candidates;
  const bond = conversation === undefined ? undefined : affinity.get(conversation, pool.reference, target.provider.id);
  const usable = typeof spots === 'string' ? [] : spots;
  const tokens = (): number => candidates.tokens();
  const origin = candidates.originOf(target);
  const unusable = snapshot.keys.flatMap((key) => {
    if (!target.provider.needsKey || key.provider !== target.provider.id || origin === undefined) return [];
    const why = whyNotUsable(key, agent, target, origin);
    return why === undefined ? [] : [{ key, why }];
  });
  const standing = (key: Key | undefined) => standingOf(candidates.health.of(placeOf(target, key)), candidates.clock.now());
  return [
    ...usable.map(({ key }) => ({
      ...given({ id: key?.id }),
      bonded: key !== undefined && key.id === bond,
      ...standing(key),
      ...(key === undefined ? {} : given({ limits: explainLimits(keyScope(key.id), key.limits, deps.routing.limiter, tokens) })),
    })),
    ...unusable.map(({ key, why }) => ({ id: key.id, unusable: why, bonded: false, ...standing(key) })),
  ];
}

function standingOf(health: PlaceHealth, now: number): Omit<ExplainedKey, 'bonded'> {
  const { state, why, status, since, until, headroom, latencyMs } = health;
  return { blocked: isBlocked(health, now), state, ...given({ why, status, since, until, headroom, latencyMs }) };
}

/** Undefined where nothing is limited. */
export function explainLimits(
  name: string,
  limits: Limits,
  limiter: ExplainDeps['routing']['limiter'],
  tokens: () => number,
): ExplainedLimits | undefined {
  const { requestsPerMinute, tokensPerMinute, concurrent, queue, queueMs } = limits;
  if (requestsPerMinute === undefined && tokensPerMinute === undefined && concurrent === undefined) return undefined;
  const { running, waiting, requestsLeft, tokensLeft } = limiter.usage(name);
  return {
    ...given({ requestsPerMinute, tokensPerMinute, concurrent }),
    queue,
    queueSeconds: queueMs / 1000,
    // Unused for long: all is left.
    ...given({ requestsLeft: requestsLeft ?? requestsPerMinute, tokensLeft: tokensLeft ?? tokensPerMinute }),
    running,
    waiting,
    open: limiter.couldEnter({ name, limits }, tokensPerMinute === undefined ? 0 : tokens()),
  };
}

/** Few enough to be below the threshold of every tiered price. */
const PROBED_TOKENS = 1000;
const NANO_PER_USD = 1e9;

function priceOf(target: Target, { asked, candidates, deps }: StepContext): ExplainedPrice {
  const perMillion = (usage: Partial<typeof NO_USAGE>): number | undefined => {
    const nano = deps.price(target, { ...NO_USAGE, ...usage }, deps.clock.now());
    return nano === undefined ? undefined : (nano / NANO_PER_USD) * (1_000_000 / PROBED_TOKENS);
  };
  const nano = asked.raw === undefined ? undefined : candidates.price(target);
  return given({
    inputUsd: perMillion({ input: PROBED_TOKENS }),
    outputUsd: perMillion({ output: PROBED_TOKENS }),
    estimateUsd: nano === undefined ? undefined : nano / NANO_PER_USD,
  });
}

/** Members that are there: what is left out and what is undefined are the same in JSON, and should be so before. */
export function given<Members extends object>(members: Members): { readonly [Name in keyof Members]?: NonNullable<Members[Name]> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}
