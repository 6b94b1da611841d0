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
    return {
      ...(heard === undefined ? {} : { served: heard.served }),
      ...(earlier.length === 0 ? {} : { earlier }),
      ...(trace === undefined ? {} : { trace }),
      ...(className === undefined ? {} : { class: className }),
      ...(this.#tried.some(isEstimated) ? { inputTokens: tokens() } : {}),
    };
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
    return {
      ...(rule === undefined ? {} : { rule }),
      ...(about === undefined ? {} : { class: about }),
      ...(queuedMs === 0 ? {} : { queuedMs }),
      ...(this.downgradedBy === undefined ? {} : { downgradedBy: this.downgradedBy }),
      ...(skipped.length === 0 ? {} : { passedOver: [...new Set(skipped.map(wordsOf))] }),
      tries: this.#tried.map(traced),
    };
  }

  /**
   * For the header: the rule, the class, and what has failed so far. Undefined: nothing to tell. `attempts`: how many were made. Of one
   * alone, its own answer tells the failure.
   */
  summary(attempts: number): string | undefined {
    const { rule, class: about } = this.#routed;
    const before = (attempts === 1 ? [] : this.#tried).map(
      ({ served, outcome }) => `${served.provider}/${served.model}:${resultOf(outcome)}`,
    );
    const waited = Math.round(this.queuedMs + this.waitedMs);
    const parts = [
      ...(rule === undefined ? [] : [`rule=${rule}`]),
      ...(about === undefined ? [] : [`class=${about}`]),
      ...(this.downgradedBy === undefined ? [] : ['downgraded']),
      ...(before.length === 0 ? [] : [`failed=${before.join(',')}`]),
      ...(waited === 0 ? [] : [`waited=${waited}`]),
    ];
    return parts.length === 0 ? undefined : parts.join('; ');
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
  return {
    target: `${provider}/${model}`,
    ...(key === undefined ? {} : { key }),
    mode,
    outcome: resultOf(outcome),
    ...(waitedMs > 0 ? { waitedMs: Math.round(waitedMs) } : {}),
    ms: Math.round(ms),
    ...(firstOutputMs === undefined ? {} : { firstOutputMs: Math.round(firstOutputMs) }),
    ...(losses.length === 0 ? {} : { losses }),
  };
}

function resultOf({ failure, error, settled }: Outcome): string {
  return failure === undefined && settled === 'done' ? 'ok' : (failure?.code ?? error ?? settled);
}
