import type { Clock } from '../../ports.ts';

/** An agent asks far more often than it ever did. */
export interface Burst {
  readonly agent: string;
  /** Requests in the last minute. */
  readonly perMinute: number;
  /** The same in a usual busy minute. */
  readonly usual: number;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const SECONDS = 60;

const TIMES_USUAL = 5;
/** Nothing below is worth a word: thirty requests after lunch are five times the usual for an agent that is used by hand. */
const LEAST_PER_MINUTE = 60;
const LEAST_ACTIVE_MINUTES = 10;
const TOLD_ONCE_PER_MS = 10 * MINUTE_MS;

/**
 * How much of the past counts after one more active minute: half after three hours of activity. Activity and not time, or a weekend would
 * wash away what is usual.
 */
const KEPT_PER_MINUTE = 2 ** (-1 / 180);

/** Agents stand in the configuration, so this many is never seen; a bound all the same. */
const MOST_AGENTS = 1000;

interface Past {
  /** The last minute, by second of the clock, as a ring. */
  readonly seconds: Uint32Array;
  /** The second that was written last. */
  second: number;
  lastMinute: number;
  /** The active minute under way: begins with a request, so that none is counted by its half. */
  began: number;
  count: number;
  /** The active minute before it, not part of the past yet: the last minute must not be measured by itself. */
  waiting: number;
  /** Decaying sums over the active minutes before those. */
  requests: number;
  weight: number;
  minutes: number;
  toldAt: number;
}

/**
 * Watches for an agent that runs away: a loop, or somebody else with its token. Tells once per 10 minutes and agent when the last minute
 * has at least 60 requests and 5 times the agent's own mean over its active minutes, once 10 of these are known. What an agent sends in
 * parallel on its own accord (25 token counts at once) is not to be shown to it. 0.05 microseconds, and under 700 bytes per agent.
 *
 * A lasting change becomes usual: with hours of past, ten times the old rate is told of for about half an hour.
 */
export class BurstWatch {
  readonly #clock: Clock;
  readonly #pasts = new Map<string, Past>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  saw(agent: string): Burst | undefined {
    const now = this.#clock.monotonic();
    const past = this.#pasts.get(agent) ?? this.#begin(agent, now);
    countSecond(past, Math.floor(now / SECOND_MS));
    countMinute(past, now);
    if (past.lastMinute < LEAST_PER_MINUTE || past.minutes < LEAST_ACTIVE_MINUTES) return undefined;
    const usual = past.requests / past.weight;
    if (past.lastMinute < TIMES_USUAL * usual || now - past.toldAt < TOLD_ONCE_PER_MS) return undefined;
    past.toldAt = now;
    return { agent, perMinute: past.lastMinute, usual };
  }

  #begin(agent: string, now: number): Past {
    if (this.#pasts.size >= MOST_AGENTS) this.#forgetOne();
    const second = Math.floor(now / SECOND_MS);
    const past: Past = {
      seconds: new Uint32Array(SECONDS),
      second,
      lastMinute: 0,
      began: now,
      count: 0,
      waiting: 0,
      requests: 0,
      weight: 0,
      minutes: 0,
      toldAt: -Infinity,
    };
    this.#pasts.set(agent, past);
    return past;
  }

  /** The one that was silent longest. */
  #forgetOne(): void {
    let silent: string | undefined;
    let since = Infinity;
    for (const [agent, { second }] of this.#pasts) {
      if (second < since) [silent, since] = [agent, second];
    }
    if (silent !== undefined) this.#pasts.delete(silent);
  }
}

function countSecond(past: Past, second: number): void {
  const gone = Math.min(second - past.second, SECONDS);
  for (let at = second - gone + 1; at <= second; at++) {
    past.lastMinute -= past.seconds[at % SECONDS] ?? 0;
    past.seconds[at % SECONDS] = 0;
  }
  past.second = second;
  past.seconds[second % SECONDS] = (past.seconds[second % SECONDS] ?? 0) + 1;
  past.lastMinute += 1;
}

function countMinute(past: Past, now: number): void {
  if (now - past.began >= MINUTE_MS) {
    if (past.waiting > 0) {
      past.requests = past.requests * KEPT_PER_MINUTE + past.waiting;
      past.weight = past.weight * KEPT_PER_MINUTE + 1;
      past.minutes += 1;
    }
    past.waiting = past.count;
    past.count = 0;
    past.began = now;
  }
  past.count += 1;
}
