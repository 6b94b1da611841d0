import { gatewayError, type GatewayError } from '../ir/error.ts';
import type { Usage } from '../ir/usage.ts';
import type { Limiter, LimitRefusal, Scope, Ticket } from '../routing/limits/limiter.ts';
import type { RequestLife } from './request-life.ts';

/** Waits for its turn where it has to. Undefined: the request was over before. */
export async function enter(
  limiter: Limiter,
  scope: Scope,
  flow: string,
  tokens: number,
  life: RequestLife,
): Promise<Ticket | LimitRefusal | undefined> {
  // Nobody would tell a waiter that the request was over before it began to wait.
  if (life.over !== undefined) return undefined;
  const entered = limiter.enter(scope, flow, tokens);
  if (entered.kind !== 'waiting') return entered;
  life.during(() => entered.cancel());
  const result = await entered.entered;
  if (life.over !== undefined) return undefined;
  // Who is in leaves with what was used, and not with the estimate, as `cancel` would.
  life.during(() => undefined);
  return result;
}

const WHAT: Readonly<Record<LimitRefusal['limit'], string>> = {
  requests: 'requests a minute (requestsPerMinute)',
  tokens: 'tokens a minute (tokensPerMinute)',
  concurrent: 'requests at the same time (concurrent)',
};

/** `whose`: "this agent", "the key". */
export function limitError({ limit, queueFull }: LimitRefusal, whose: string): GatewayError {
  return gatewayError(
    'limit-reached',
    `The limit of ${whose} for ${WHAT[limit]} is reached${queueFull ? ', and so is that of its queue' : ''}. Wait a little, or raise the limit in Gatehouse.`,
  );
}

/** Longer waits make some agents give up and others ignore it (clients.md 2). */
const LONGEST_TOLD_SECONDS = 60;

export function limitHints({ waitMs }: LimitRefusal): Record<string, string> {
  return { 'retry-after': String(Math.min(LONGEST_TOLD_SECONDS, Math.ceil(waitMs / 1000))) };
}

/** What counts against a limit of tokens: not what the provider had in its cache, which counts for none of them either. */
export function countedTokens(usage: Usage | undefined): number | undefined {
  return usage && usage.input + usage.cacheWrite5m + usage.cacheWrite1h + usage.output;
}
