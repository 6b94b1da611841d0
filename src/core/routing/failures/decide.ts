import type { Random } from '../../ports.ts';
import type { FallbackCause } from '../rules/route.ts';
import type { Failure, FailureClass } from './failure.ts';

/** What there is still to try, and well. */
export interface Left {
  readonly otherKeys: boolean;
  fallbackFor(cause: FallbackCause): boolean;
}

export interface Spent {
  /** Own retries so far at this place. */
  readonly retriesHere: number;
  /** May another own retry be spent? */
  readonly budget: boolean;
  /** Until the request's deadline. */
  readonly remainingMs: number;
}

export interface RetryPolicy {
  /** Own retries for each place. */
  readonly attempts: number;
  readonly longestWaitMs: number;
}

export type Decision =
  | { readonly kind: 'retry'; readonly waitMs: number }
  | { readonly kind: 'next-key' }
  | { readonly kind: 'fall-back'; readonly cause: FallbackCause }
  | { readonly kind: 'give-up' };

interface Remedy {
  /** Most own retries at the same place; the policy may allow fewer. */
  readonly retries: number;
  /** What comes first, where a short wait and somebody else could both help. */
  readonly first: 'here' | 'elsewhere';
  /** Is another key of the same target any better? */
  readonly otherKey: boolean;
  /** The kind of fallback that helps. */
  readonly fallback: FallbackCause | undefined;
}

const FINAL: Remedy = { retries: 0, first: 'elsewhere', otherKey: false, fallback: undefined };
/** The account or its key is to blame, and will be until a person has seen to it or the day is over. */
const ANOTHER_KEY: Remedy = { retries: 0, first: 'elsewhere', otherKey: true, fallback: 'error' };
/** A moment's trouble of the provider, which all its keys share. The prompt's cache is there, so a short wait is worth it. */
const PASSING: Remedy = { retries: Infinity, first: 'here', otherKey: false, fallback: 'error' };

/** What helps against what. */
const REMEDIES: Readonly<Record<FailureClass, Remedy>> = {
  'bad-request': FINAL,
  'context-window': { ...FINAL, fallback: 'context-window' },
  'content-policy': { ...FINAL, fallback: 'content-policy' },
  'key-rejected': ANOTHER_KEY,
  'out-of-credit': ANOTHER_KEY,
  quota: ANOTHER_KEY,
  'rate-limited': { ...PASSING, otherKey: true },
  // No word on when: taken for this request's bad luck, which a second try shows at once. A third would only add to the load.
  throttled: { ...PASSING, retries: 1, otherKey: true },
  overloaded: PASSING,
  transient: PASSING,
  'model-missing': { ...FINAL, fallback: 'error' },
  // A local server restarts, a laptop wakes up. That helps only who has nowhere else to go.
  unreachable: { ...PASSING, retries: 1, first: 'elsewhere' },
  timeout: { ...FINAL, fallback: 'error' },
  'not-servable': ANOTHER_KEY,
};

/**
 * What to do after an attempt that failed before the agent saw any of it. Who has another key or a fallback never waits longer than about
 * a second; who has none waits for a short hint, and gets a long one handed on, because the agent can wait better than a request that
 * is held open. Some agents repeat a failing call 33 times by themselves, so what is not likely to help is left to them.
 */
export function decide(failure: Failure, left: Left, spent: Spent, policy: RetryPolicy, random: Random): Decision {
  if (spent.remainingMs <= 0) return { kind: 'give-up' };
  const remedy = REMEDIES[failure.class];
  const wait = waitFor(failure, remedy, spent, policy);
  const elsewhere = goElsewhere(remedy, left);
  if (wait !== undefined && (elsewhere === undefined || (remedy.first === 'here' && wait.most <= WORTH_STAYING_MS)))
    return { kind: 'retry', waitMs: Math.min(wait.most, Math.ceil(wait.least + random.fraction() * (wait.most - wait.least))) };
  return elsewhere ?? { kind: 'give-up' };
}

/** A new account or provider means that the whole prompt is read anew, at ten times the price of its cache, and takes about that long. */
const WORTH_STAYING_MS = 1000;

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 8000;

/** A quarter more than the hint, so that those who were refused together do not come back together. */
const SPREAD = 1.25;

/** Within what bounds to wait before a repetition; undefined where there must be none. */
function waitFor(
  { waitMs = 0, shouldRetry }: Failure,
  { retries }: Remedy,
  { retriesHere, budget, remainingMs }: Spent,
  { attempts, longestWaitMs }: RetryPolicy,
): { readonly least: number; readonly most: number } | undefined {
  if (shouldRetry === false || !budget || retriesHere >= Math.min(retries, attempts)) return undefined;
  if (waitMs > longestWaitMs) return undefined;
  // Full jitter where nothing was said; what was said is a lower bound.
  const backoff = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** retriesHere);
  const most = Math.min(longestWaitMs, Math.max(backoff, waitMs * SPREAD));
  return most < remainingMs ? { least: waitMs, most } : undefined;
}

function goElsewhere({ otherKey, fallback }: Remedy, left: Left): Decision | undefined {
  if (otherKey && left.otherKeys) return { kind: 'next-key' };
  return fallback !== undefined && left.fallbackFor(fallback) ? { kind: 'fall-back', cause: fallback } : undefined;
}
