import type { EarlierTry, Served } from '../ledger/records.ts';
import type { RouteTrace, TracedTry } from '../ledger/route-trace.ts';
import type { Candidate, Skipped } from '../routing/targets/candidates.ts';
import { countedTokens } from './enter-limits.ts';
import type { Outcome } from './outcome.ts';
import type { RunningRequest } from './running-requests.ts';
import type { Serving } from './serving.ts';
import type { Way } from './settle-once.ts';

/** How the request came to its route: what the trace says before any attempt. */
export interface Routed {
  readonly rule: string | undefined;
  readonly class: string | undefined;
}

/** One attempt that has ended. */
export interface Tried {
  readonly served: Served;
  readonly outcome: Outcome;
  readonly times: TryTimes;
}

/** Milliseconds. */
export interface TryTimes {
  readonly ms: number;
  readonly waitedMs: number;
  readonly firstOutputMs: number | undefined;
}

/** While it is put together: every request has one, and an object that is spread from five others takes five times as long. */
type Writable<Record> = { -readonly [Name in keyof Record]: Record[Name] };

/** What has been tried for one request, for the ledger, the trace and the agent's headers. */
export class TryLog {
  readonly #routed: Routed;
  readonly #tried: Tried[] = [];
  queuedMs = 0;
  waitedMs = 0;
  /** Nano-dollars that the attempts have used, known where there are budgets. */
  usedNano = 0;
  /** The budget that sent the request elsewhere. */
  downgradedBy: string | undefined;
  /** Set while somebody watches. */
  changed: (() => void) | undefined;
  /** The attempt under way; `sinceMs` and `firstOutputMs` from the beginning of the request, and of the attempt. */
  #asking: { readonly served: Served; readonly sinceMs: number; firstOutputMs: number | undefined } | undefined;

  constructor(routed: Routed) {
    this.#routed = routed;
  }

  /** A target is about to be asked. */
  asks(served: Served, sinceMs: number): void {
    this.#asking = { served, sinceMs, firstOutputMs: undefined };
    this.changed?.();
  }

  sawOutput(firstOutputMs: number): void {
    if (this.#asking !== undefined) this.#asking.firstOutputMs = firstOutputMs;
    this.changed?.();
  }

  /** For who watches it. `at`: when the request began, milliseconds since the epoch. */
  soFar(at: number): Pick<RunningRequest, 'rule' | 'class' | 'tries' | 'asking'> {
    const { served, sinceMs = 0, firstOutputMs } = this.#asking ?? {};
    return {
      ...this.#routed,
      tries: this.#tried.map(traced),
      asking: served && {
        target: `${served.provider}/${served.model}`,
        key: served.key,
        mode: served.mode,
        losses: served.losses ?? [],
        since: Math.round(at + sinceMs),
        firstOutputMs: firstOutputMs && Math.round(firstOutputMs),
      },
    };
  }

  add(candidate: Candidate, serving: Pick<Serving, 'mode' | 'losses'>, outcome: Outcome, times: TryTimes): Tried {
    const tried: Tried = { served: servedBy(candidate, serving), outcome, times };
    this.#tried.push(tried);
    this.#asking = undefined;
    this.changed?.();
    return tried;
  }

  /** For the settlement. `heard`: the one attempt that the agent heard of, if there was one. */
  way(heard: Tried | undefined, skipped: readonly Skipped[], className: string | undefined, tokens: () => number): Way {
    const earlier = this.#earlierThan(heard);
    const trace = this.#trace(skipped);
    const way: Writable<Way> = {};
    if (heard !== undefined) way.served = heard.served;
    if (earlier.length > 0) way.earlier = earlier;
    if (trace !== undefined) way.trace = trace;
    if (className !== undefined) way.class = className;
    if (this.#tried.some(isEstimated)) way.inputTokens = tokens();
    return way;
  }

  #earlierThan(heard: Tried | undefined): readonly EarlierTry[] {
    return this.#tried.flatMap((tried, index) => {
      const { served, outcome } = tried;
      const used = outcome.billable || outcome.metered !== undefined;
      if (tried === heard || !used) return [];
      const { usage, tier, billedNano } = outcome.metered ?? {};
      return [{ ...served, index, usage, tier, billedNano, billable: outcome.billable }];
    });
  }

  /** Tokens of all attempts that count against a limit; `estimate` for each that worked and of which nothing more is known. */
  counted(estimate: number): number {
    return this.#tried.reduce(
      (sum, { outcome }) => sum + (countedTokens(outcome.metered?.usage) ?? (outcome.billable ? estimate : 0)),
      0,
    );
  }

  /** Undefined where the row says it all: one attempt, and nothing chosen or waited for. */
  #trace(skipped: readonly Skipped[]): RouteTrace | undefined {
    const { rule, class: about } = this.#routed;
    const queuedMs = Math.round(this.queuedMs);
    if (this.#tried.length < 2 && rule === undefined && skipped.length === 0 && queuedMs === 0 && this.downgradedBy === undefined)
      return undefined;
    const trace: Writable<RouteTrace> = { tries: this.#tried.map(traced) };
    if (rule !== undefined) trace.rule = rule;
    if (about !== undefined) trace.class = about;
    if (queuedMs !== 0) trace.queuedMs = queuedMs;
    if (this.downgradedBy !== undefined) trace.downgradedBy = this.downgradedBy;
    if (skipped.length > 0) trace.passedOver = [...new Set(skipped.map(wordsOf))];
    return trace;
  }

  /**
   * For the header: the rule, the class, and what has failed so far. Undefined: nothing to tell. `attempts`: how many were made. Of one
   * alone, its own answer tells the failure.
   */
  summary(attempts: number): string | undefined {
    const { rule, class: about } = this.#routed;
    const waited = Math.round(this.queuedMs + this.waitedMs);
    // Every answer has it, so it is put together by hand: lists of parts that are mostly empty took 1 microsecond.
    let text = '';
    if (rule !== undefined) text += `; rule=${rule}`;
    if (about !== undefined) text += `; class=${about}`;
    if (this.downgradedBy !== undefined) text += '; downgraded';
    if (attempts !== 1 && this.#tried.length > 0) {
      const failed = this.#tried.map(({ served, outcome }) => `${served.provider}/${served.model}:${resultOf(outcome)}`);
      text += `; failed=${failed.join(',')}`;
    }
    if (waited !== 0) text += `; waited=${waited}`;
    return text === '' ? undefined : text.slice(2);
  }
}

function isEstimated({ outcome: { metered, billable } }: Tried): boolean {
  return metered === undefined ? billable : metered.usage.source !== 'reported';
}

function wordsOf({ place, why }: Skipped): string {
  const key = place.key === undefined ? '' : ` with ${place.key}`;
  return `${place.provider}/${place.model}${key} (${why})`;
}

export function servedBy({ target, key }: Candidate, { mode, losses }: Pick<Serving, 'mode' | 'losses'>): Served {
  return { provider: target.provider.id, model: target.model, key: key?.id, mode, losses };
}

function traced({ served, outcome, times }: Tried): TracedTry {
  const { provider, model, key, mode, losses = [] } = served;
  const { ms, waitedMs, firstOutputMs } = times;
  const trace: Writable<TracedTry> = { target: `${provider}/${model}`, mode, outcome: resultOf(outcome), ms: Math.round(ms) };
  if (key !== undefined) trace.key = key;
  if (waitedMs > 0) trace.waitedMs = Math.round(waitedMs);
  if (firstOutputMs !== undefined) trace.firstOutputMs = Math.round(firstOutputMs);
  if (losses.length > 0) trace.losses = losses;
  return trace;
}

function resultOf({ failure, error, settled }: Outcome): string {
  return failure === undefined && settled === 'done' ? 'ok' : (failure?.code ?? error ?? settled);
}
