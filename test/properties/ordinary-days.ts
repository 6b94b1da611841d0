import type { SettledRequest } from '../../src/core/ledger/records.ts';
import { NO_USAGE } from '../../src/core/ir/usage.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Numbers by chance that are the same for the same seed. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** In [0, 1). mulberry32. */
  chance(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.chance();
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.chance());
  }

  /** Heavy-tailed: half are above `median`, and for a sigma of 1 one in forty is seven times that. */
  lognormal(median: number, sigma: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.chance())) * Math.cos(2 * Math.PI * this.chance());
    return median * Math.exp(sigma * normal);
  }
}

/** How somebody works with an agent. */
export interface Habit {
  readonly agent: string;
  readonly models: readonly string[];
  /** US dollars of a usual request. */
  readonly usd: number;
  /** Milliseconds to the first byte, and for each token, when the provider is at ease. */
  readonly firstByteMs: number;
  readonly msPerToken: number;
  /** Share of turns for which several sub-agents run at once. */
  readonly crowds: number;
  /** Share of turns in which the model thinks long before its first byte. */
  readonly thinks: number;
}

export function habitOf(dice: Dice, n: number): Habit {
  return {
    agent: `agent-${n}`,
    models: ['large', 'small'],
    usd: dice.lognormal(0.04, 0.8),
    firstByteMs: dice.lognormal(1300, 0.4),
    msPerToken: dice.lognormal(14, 0.4),
    crowds: dice.chance() < 0.5 ? 0.08 : 0.01,
    thinks: dice.chance() < 0.3 ? 0.3 : 0,
  };
}

export interface Seen {
  readonly at: number;
  readonly entry: SettledRequest;
}

interface Hour {
  readonly from: number;
  readonly until: number;
}

/**
 * What an agent sends from day to day, as it is settled, in the order of time. Sessions of half an hour to three hours on working days,
 * now and then on a weekend; turns of a few to a hundred requests with pauses between them; days that are three times as dear as others;
 * crowds of sub-agents; prompts that come back cold; requests that the user stops; single failures and a provider that is overloaded for a
 * minute or two, against which the agent repeats; a provider that is up to twice as slow in the afternoon.
 */
export function ordinaryDays(dice: Dice, habit: Habit, days: number, from: number): Seen[] {
  const seen: Seen[] = [];
  for (let day = 0; day < days; day++) {
    const midnight = from + day * DAY;
    const weekend = day % 7 >= 5;
    if (weekend && dice.chance() < 0.7) continue;
    const scale = dice.lognormal(1, 0.5);
    const trouble = Array.from({ length: Math.floor(dice.exponential(1.5)) }, (): Hour => {
      const begins = midnight + dice.between(8, 20) * HOUR;
      return { from: begins, until: begins + Math.min(dice.exponential(MINUTE), 3 * MINUTE) };
    });
    let at = midnight + dice.between(7.5, 10) * HOUR;
    for (let session = Math.ceil(dice.exponential(2)); session > 0 && at < midnight + 22 * HOUR; session--) {
      const end = at + dice.between(0.5, 3) * HOUR;
      let first = true;
      while (at < end) {
        at = playTurn(dice, habit, seen, at, scale, trouble, first);
        at += dice.exponential(4 * MINUTE);
        first = false;
      }
      at += dice.exponential(2 * HOUR);
    }
  }
  return seen.sort((a, b) => a.at - b.at);
}

function playTurn(
  dice: Dice,
  habit: Habit,
  seen: Seen[],
  from: number,
  scale: number,
  trouble: readonly Hour[],
  cold: boolean,
): number {
  const crowd = dice.chance() < habit.crowds ? Math.ceil(dice.between(3, 9)) : 1;
  const thinks = dice.chance() < habit.thinks;
  let end = from;
  for (let worker = 0; worker < crowd; worker++) {
    let at = from + worker * SECOND;
    const length = Math.min(150, Math.ceil(dice.lognormal(6, 1.1)));
    for (let step = 0; step < length; step++) {
      at = ask(dice, habit, seen, at, scale, trouble, { thinks, cold: cold && step === 0 });
      at += dice.exponential(5 * SECOND);
    }
    end = Math.max(end, at);
  }
  return end;
}

interface Kind {
  readonly thinks: boolean;
  readonly cold: boolean;
}

/** One request, and what the agent repeats when it fails. Returns when it is over. */
function ask(dice: Dice, habit: Habit, seen: Seen[], from: number, scale: number, trouble: readonly Hour[], kind: Kind): number {
  let at = from;
  for (let repeat = 0; repeat < 8; repeat++) {
    const failing = trouble.some((spell) => at >= spell.from && at < spell.until) ? 0.8 : 0.006;
    if (dice.chance() >= failing) break;
    at += dice.between(200, 2000);
    seen.push({ at, entry: failure(habit, 'upstream-529', 529) });
    at += Math.min(30_000, 500 * 2 ** repeat) * dice.between(0.75, 1.25);
  }
  const answer = answerOf(dice, habit, from, scale, kind);
  at += answer.totalMs;
  seen.push({ at, entry: dice.chance() < 0.03 ? { ...answer, settled: 'aborted', status: 499 } : answer });
  return at;
}

export function answerOf(dice: Dice, habit: Habit, at: number, scale: number, { thinks, cold }: Kind): SettledRequest {
  const model = habit.models[dice.chance() < 0.85 ? 0 : 1] ?? '';
  const hour = (at % DAY) / HOUR;
  const load = 1 + 0.9 * Math.exp(-(((hour - 15) / 3) ** 2));
  const thought = thinks ? dice.lognormal(2500, 0.8) : 0;
  const written = Math.ceil(dice.lognormal(220, 1.1));
  const fresh = cold ? dice.between(40_000, 120_000) : dice.lognormal(2500, 1);
  const perToken = habit.msPerToken * load * dice.lognormal(1, 0.25) * (model === 'small' ? 0.4 : 1);
  const firstByteMs = habit.firstByteMs * load * dice.lognormal(1, 0.5) + fresh / 15 + thought * perToken;
  const totalMs = firstByteMs + written * perToken;
  const usd = Math.min(5, habit.usd * scale * dice.lognormal(1, 0.9) + (cold ? 0.3 : 0)) * (model === 'small' ? 0.1 : 1);
  return entryOf(habit, {
    model,
    firstByteMs,
    totalMs,
    costNano: Math.round(usd * 1e9),
    usage: { ...NO_USAGE, input: Math.round(fresh), cacheRead: 60_000, output: Math.ceil(written + thought), source: 'reported' },
  });
}

export function failure(habit: Habit, error: string, status: number): SettledRequest {
  return entryOf(habit, { settled: 'error', status, error, costNano: 0, totalMs: 800, firstByteMs: undefined });
}

export function entryOf({ agent, models }: Pick<Habit, 'agent' | 'models'>, values: Partial<SettledRequest>): SettledRequest {
  return {
    id: '',
    at: 0,
    workspace: 'w',
    agent,
    session: undefined,
    operation: 'generate',
    dialect: 'anthropic-messages',
    requestedModel: models[0] ?? '',
    provider: 'anthropic',
    model: models[0] ?? '',
    key: 'k',
    mode: 'relay',
    stream: true,
    bytesIn: 4000,
    settled: 'done',
    status: 200,
    attempts: 1,
    firstByteMs: 400,
    totalMs: 3000,
    bytesOut: 9000,
    tier: undefined,
    error: undefined,
    usage: { ...NO_USAGE, output: 100, source: 'reported' },
    costNano: 1_000_000,
    estimated: false,
    ...values,
  };
}
