import { gatewayError, type GatewayError } from '../ir/error.ts';
import type { BlockedWhy, Place } from '../routing/health/health.ts';
import type { Route } from '../routing/rules/route.ts';
import type { AnswerHeaders } from './exchange.ts';

/** Longer waits make some agents give up and others ignore it (clients.md 2). */
const LONGEST_TOLD_SECONDS = 60;

/** What the agent is told when every place that it may reach is set aside. `waitMs`: until the first of them is not. */
export function blockedError(
  why: BlockedWhy,
  { provider, model }: Place,
  waitMs: number | undefined,
): { readonly error: GatewayError; readonly hints: AnswerHeaders } {
  const error = errorFor(why, provider, `${provider}/${model}`, waitMs);
  const seconds = waitMs === undefined ? undefined : Math.min(LONGEST_TOLD_SECONDS, Math.max(1, Math.ceil(waitMs / 1000)));
  return { error, hints: error.retryable && seconds !== undefined ? { 'retry-after': String(seconds) } : {} };
}

function errorFor(why: BlockedWhy, provider: string, target: string, waitMs: number | undefined): GatewayError {
  const when = waitMs === undefined ? '' : ` for another ${spanOf(waitMs)}`;
  switch (why) {
    case 'cooldown':
    case 'no-headroom':
      return gatewayError(
        'upstream-rate-limited',
        `"${provider}" limits the rate of ${target}, so it is left alone${when}. Wait, add another key, or give the agent a fallback.`,
      );
    case 'quota':
      return gatewayError(
        'quota-spent',
        `The quota of "${provider}" for ${target} is used up, so it is left alone${when}. Add another key, or give the agent a fallback.`,
      );
    case 'breaker-open':
    case 'probe-under-way':
      return gatewayError(
        'upstream-overloaded',
        `${target} has failed several times in a row and is being tried again. Wait a little, or give the agent a fallback.`,
      );
    case 'key-rejected':
      return gatewayError(
        'no-key',
        `"${provider}" has just rejected the key for ${target}. Test it in VS Code, or enter a new one with "Gatehouse: Rotate Key".`,
      );
    case 'out-of-credit':
      return gatewayError(
        'out-of-credit',
        `The account of "${provider}" has nothing left to spend. Add credit there, or give the agent a fallback.`,
      );
    default:
      return why satisfies never;
  }
}

/** `40 seconds`, `12 minutes`, `5 hours`. */
function spanOf(milliseconds: number): string {
  const units = [
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ] as const;
  const [unit, size] = units.find(([, each]) => milliseconds >= 2 * each) ?? ['second', 1000];
  const count = Math.max(1, Math.ceil(milliseconds / size));
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** Neither a failure nor a reason: no place of the route could be asked at all. */
export function nobodyLeft({ first }: Route): GatewayError {
  return gatewayError(
    'not-supported',
    `No provider of "${first.reference}" takes this kind of request, and it cannot be translated. Choose a model of one that does.`,
  );
}
