import type { GatewayError } from '../../ir/error.ts';
import type { UpstreamFailure } from '../../ports.ts';
import type { Failure, FailureClass } from './failure.ts';
import type { RetryHints } from './retry-hints.ts';

/**
 * What a provider's refusal means for further attempts. `error` is as the codec's `readError` or `refusal()` read it. Waits of our own
 * that ran out have a class of their own, which no status can tell: take `failureOfTransport` for them.
 */
export function failureOfError(error: GatewayError, hints: RetryHints): Failure {
  const kind = classOf(error, hints);
  return {
    class: kind,
    status: error.status,
    code: codeOf(error),
    waitMs: kind === 'quota' ? hintForDays(hints.waitMs) : hints.waitMs,
    shouldRetry: hints.shouldRetry,
  };
}

/** Statuses as `gateway/upstream-trouble.ts` tells them to the agent. */
export function failureOfTransport(failure: Exclude<UpstreamFailure, 'aborted'>): Failure {
  const kind = TRANSPORT[failure];
  return { class: kind, status: kind === 'timeout' ? 504 : 502, code: failure, waitMs: undefined, shouldRetry: undefined };
}

const TRANSPORT: Readonly<Record<Exclude<UpstreamFailure, 'aborted'>, FailureClass>> = {
  dns: 'unreachable',
  refused: 'unreachable',
  unreachable: 'unreachable',
  tls: 'unreachable',
  proxy: 'unreachable',
  'private-address': 'unreachable',
  'forbidden-address': 'unreachable',
  // Not "unreachable", though nobody answered: that is asked once more, and here the agent has waited already.
  'connect-timeout': 'timeout',
  'first-byte-timeout': 'timeout',
  'idle-timeout': 'timeout',
  reset: 'transient',
  protocol: 'transient',
};

function classOf(error: GatewayError, { waitMs }: RetryHints): FailureClass {
  switch (error.code) {
    case 'context-too-long':
    // Too many bytes are too much for this target, as too many tokens are: a fallback for large requests helps, a second try does not.
    // Groq says 413 to a prompt that is larger than a minute's tokens.
    case 'body-too-large':
      return 'context-window';
    case 'content-policy':
      return 'content-policy';
    case 'unauthenticated':
    // Also where a region or a model is meant: to this key it makes no difference, and another key may be allowed.
    case 'forbidden':
      return 'key-rejected';
    case 'out-of-credit':
      return 'out-of-credit';
    case 'quota-spent':
      return 'quota';
    case 'upstream-rate-limited':
      return waitMs === undefined ? 'throttled' : 'rate-limited';
    case 'upstream-overloaded':
      return error.status === 529 || OVERLOADED.test(error.message) ? 'overloaded' : 'transient';
    case 'model-not-found':
    case 'not-found':
    case 'method-not-allowed':
    // This provider has no such thing. The next one may.
    case 'not-supported':
      return 'model-missing';
    case 'upstream-unreachable':
      return 'unreachable';
    // 408 and 504 of a provider or of what stands before it.
    case 'upstream-timeout':
    case 'upstream-broken':
    case 'upstream-error':
    case 'internal':
      return 'transient';
    case 'no-key':
    case 'limit-reached':
      return 'not-servable';
    case 'bad-request':
      return ofRefusedRequest(error);
    // Said by ourselves before anybody is asked, and true of every target.
    case 'unsupported-encoding':
    case 'budget-spent':
    case 'shutting-down':
      return 'bad-request';
    default:
      return error.code satisfies never;
  }
}

/** Most 4xx are this; a few of them are about the moment or the model. */
function ofRefusedRequest({ status, retryable }: GatewayError): FailureClass {
  if (status === 410) return 'model-missing';
  return retryable ? 'transient' : 'bad-request';
}

/** 503 alone is said by any proxy whose server restarts; these words mean that the model has too much to do. */
const OVERLOADED = /overload|capacity|high demand|too busy|slow down/i;

/**
 * Google sends a RetryInfo of less than a minute with a spent day, too; believed, it would have the key asked a thousand times until
 * midnight. A reset of a day's quota that is truly so near costs us the default of an hour.
 */
const SHORTEST_FOR_DAYS_MS = 300_000;

function hintForDays(waitMs: number | undefined): number | undefined {
  return waitMs !== undefined && waitMs >= SHORTEST_FOR_DAYS_MS ? waitMs : undefined;
}

function codeOf({ code, status }: GatewayError): string {
  return OURS.has(code) ? code : `upstream-${status}`;
}

/** Found by ourselves: no provider said that status. */
const OURS: ReadonlySet<GatewayError['code']> = new Set([
  'no-key',
  'limit-reached',
  'budget-spent',
  'unsupported-encoding',
  'shutting-down',
  'upstream-unreachable',
  'upstream-broken',
  'internal',
]);
