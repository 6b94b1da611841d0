import type { SettledRequest } from '../records.ts';
import type { ErrorAnomaly } from './anomaly.ts';
import { Minutes } from './minutes.ts';
import { Past } from './past.ts';

/** A share of fewer says nothing: what is remembered is made of groups of quarters with at least so many requests. */
const LEAST_IN_GROUP = 10;
const GROUPS = 200;
const LEAST_GROUPS = 6;
const HIGH = 0.9;
const TIMES_HIGH = 2;
const LEAST_SHARE = 0.3;
/** An agent whose requests nearly all fail is told of, however usual that is to it. */
const MOST_SHARE = 0.9;
const LEAST_FAILED = 8;
/** What a provider mends within a few minutes nobody needs to know; agents ask again. */
const LEAST_MINUTES = 4;
const LATEST_CODES = 20;

/** The user is told of these in other words: of a dead key by its health. */
const TOLD_ELSEWHERE: ReadonlySet<number> = new Set([401, 402, 403]);

/** Undefined: says nothing of how well the agent is served. It left, a limit or budget of the user's stood in the way, or a key is dead. */
export function isFailure({ settled, status, error }: Pick<SettledRequest, 'settled' | 'status' | 'error'>): boolean | undefined {
  if (settled === 'aborted' || settled === 'blocked' || settled === 'crashed') return undefined;
  if (settled === 'done' && status < 400) return false;
  return TOLD_ELSEWHERE.has(status) || error === 'limit-reached' ? undefined : true;
}

/**
 * How many of one agent's requests fail. At least 8 of them, in at least 4 minutes of the last 15, and a share of 30 % or twice what nine
 * of ten groups of its past had at most. Roll-ups count as errors also what was aborted or blocked, so a share that was read from them is
 * too high at worst: it makes us slower to speak, never quicker.
 */
export class ErrorWatch {
  readonly #requests = new Minutes();
  readonly #failed = new Minutes();
  readonly #past = new Past(GROUPS);
  readonly #codes: string[] = [];
  #quarter = { requests: 0, failed: 0 };
  #group = { requests: 0, failed: 0 };
  #limit = Infinity;

  saw(failed: boolean, code: string | undefined, now: number): void {
    this.#requests.add(1, now);
    this.#quarter.requests += 1;
    this.#failed.add(failed ? 1 : 0, now);
    if (!failed) return;
    this.#quarter.failed += 1;
    this.#codes.push(code ?? '');
    if (this.#codes.length > LATEST_CODES) this.#codes.shift();
  }

  closeQuarter(): void {
    const { requests, failed } = this.#quarter;
    this.learn(requests, failed);
    this.#quarter = { requests: 0, failed: 0 };
  }

  learn(requests: number, failed: number): void {
    this.#group.requests += requests;
    this.#group.failed += failed;
    if (this.#group.requests < LEAST_IN_GROUP) return;
    this.#past.add(this.#group.failed / this.#group.requests);
    this.#group = { requests: 0, failed: 0 };
    if (this.#past.size < LEAST_GROUPS) return;
    this.#limit = Math.min(MOST_SHARE, Math.max(LEAST_SHARE, TIMES_HIGH * this.#past.quantile(HIGH)));
  }

  isOver(): boolean {
    return this.#failed.total >= LEAST_FAILED && this.#share >= this.#limit && this.#failed.active >= LEAST_MINUTES;
  }

  isCalm(): boolean {
    return this.#failed.total === 0 || this.#share < this.#limit / 2;
  }

  describe(agent: string): ErrorAnomaly {
    return {
      kind: 'errors',
      agent,
      since: this.#failed.onset().since,
      requests: this.#requests.total,
      failed: this.#failed.total,
      usualShare: this.#past.quantile(HIGH),
      code: commonest(this.#codes),
    };
  }

  get #share(): number {
    return this.#failed.total / Math.max(1, this.#requests.total);
  }
}

function commonest(codes: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  const [first] = [...counts].toSorted((a, b) => b[1] - a[1]);
  return first?.[0] || undefined;
}
