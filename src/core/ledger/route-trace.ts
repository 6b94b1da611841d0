import type { Mode, OpenedRequest } from './records.ts';

/**
 * How a request came to its answer. Metadata only: no message, no content. Kept where there is more to tell than the row's own columns:
 * of a request that went straight to its only target it would repeat them.
 */
export interface RouteTrace {
  /** The agent's route that matched, counted from 1, with its name: `2 titles`. */
  readonly rule?: string;
  /** What the request was taken for, where a rule asked. */
  readonly class?: string;
  /** Milliseconds in the queue of a limit of ours. */
  readonly queuedMs?: number;
  /** The budget that sent the request to a cheaper model, in words. */
  readonly downgradedBy?: string;
  /** Places that were not asked, and why: `anthropic/claude-opus-5-5 (cooldown)`. */
  readonly passedOver?: readonly string[];
  readonly tries: readonly TracedTry[];
}

export interface TracedTry {
  /** `provider/model` */
  readonly target: string;
  /** The key's id. */
  readonly key?: string;
  readonly mode: Mode;
  /** `ok`, or what went wrong: `upstream-529`, `reset`. */
  readonly outcome: string;
  /** Milliseconds of waiting before it. */
  readonly waitedMs?: number;
  /** Milliseconds from asking to its end. */
  readonly ms: number;
  /** Milliseconds from asking to the first output; streams only. */
  readonly firstOutputMs?: number;
  readonly losses?: readonly string[];
  /** Nano-dollars, of an attempt before the one that was heard of; the row's cost holds all. Left out where it cost nothing, or is unpriced. */
  readonly costNano?: number;
}

/** Puts costs to the tries that had some. */
export function withCosts(trace: RouteTrace | undefined, costs: ReadonlyMap<number, number>): RouteTrace | undefined {
  if (trace === undefined || costs.size === 0) return trace;
  const tries = trace.tries.map((each, index) => {
    const costNano = costs.get(index);
    return costNano === undefined ? each : { ...each, costNano };
  });
  return { ...trace, tries };
}

/** Longer ones lose their oldest attempts but the first: a row is not a log. */
const MOST_TRIES = 12;
const MOST_PASSED_OVER = 20;

/** What of an only attempt is in no column of its row. Milliseconds. */
type OnlyTry = Pick<TracedTry, 'ms' | 'firstOutputMs'>;

/** As it is kept. Of one attempt that answered, the row says the rest: that is nearly every request, and three quarters of the text. */
type KeptTrace = Omit<RouteTrace, 'tries'> & ({ readonly tries: readonly TracedTry[] } | { readonly only: OnlyTry });

export function traceText(trace: RouteTrace | undefined): string | null {
  if (trace === undefined) return null;
  const { rule, class: about, queuedMs, downgradedBy, passedOver, tries } = trace;
  const only = onlyTry(tries);
  const shown = tries.length <= MOST_TRIES ? tries : [...tries.slice(0, 1), ...tries.slice(1 - MOST_TRIES)];
  // What is undefined is left out of the text.
  return JSON.stringify({
    rule,
    class: about,
    queuedMs,
    downgradedBy,
    passedOver: passedOver?.slice(0, MOST_PASSED_OVER),
    only,
    tries: only === undefined ? shown : undefined,
  } satisfies { [Name in keyof RouteTrace]-?: unknown } & { only: unknown });
}

export function traceFrom(text: string | undefined, row: OpenedRequest): RouteTrace | undefined {
  if (text === undefined) return undefined;
  const kept = JSON.parse(text) as KeptTrace;
  if ('tries' in kept) return kept;
  const { only, ...rest } = kept;
  const { provider, model, key, mode, losses = [] } = row;
  return {
    ...rest,
    tries: [
      {
        target: `${provider}/${model}`,
        ...(key === undefined ? {} : { key }),
        mode,
        outcome: 'ok',
        ...only,
        ...(losses.length === 0 ? {} : { losses }),
      },
    ],
  };
}

function onlyTry([first, ...others]: readonly TracedTry[]): OnlyTry | undefined {
  if (first === undefined || others.length > 0 || first.outcome !== 'ok' || first.waitedMs !== undefined) return undefined;
  const { ms, firstOutputMs } = first;
  return firstOutputMs === undefined ? { ms } : { ms, firstOutputMs };
}
