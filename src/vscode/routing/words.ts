import type { SettledAs } from '../../core/ledger/records.ts';
import type { FailureClass } from '../../core/routing/failures/failure.ts';

/** Why a place is set aside, so that "set aside: ..." can stand before it. `status` is the provider's, where it is known. */
export function whyWords(why: FailureClass | undefined, status?: number): string {
  const said = status === undefined ? '' : ` (${status})`;
  switch (why) {
    case 'key-rejected':
      return `rejected by the provider${said}`;
    case 'out-of-credit':
      return `out of credit${said}`;
    case 'quota':
      return 'its quota is used up';
    case 'rate-limited':
    case 'throttled':
      return 'the provider limits its rate';
    case 'overloaded':
      return 'overloaded';
    case 'unreachable':
      return 'not reachable';
    case 'timeout':
      return 'too slow to answer';
    case 'transient':
      return 'failing';
    case 'model-missing':
      return 'the provider has no such model';
    case 'bad-request':
    case 'context-window':
    case 'content-policy':
      return 'it refuses the request';
    case 'not-servable':
      return 'it cannot be asked';
    case undefined:
      // Health gives no failure where only the told limits are nearly spent.
      return 'its limits are nearly spent';
    default:
      return why satisfies never;
  }
}

/** What an attempt came to, from the code in a route trace. Codes of providers' own are passed on as they are. */
export function outcomeWords(code: string): string {
  const status = /^upstream-(\d{3})$/.exec(code)?.[1];
  if (status !== undefined) return `the provider answered ${status}${STATUSES[status] ?? ''}`;
  return OUTCOMES[code] ?? code;
}

const STATUSES: Readonly<Record<string, string>> = {
  400: ' (bad request)',
  401: ' (key rejected)',
  402: ' (out of credit)',
  403: ' (not allowed)',
  404: ' (not there)',
  413: ' (too large)',
  429: ' (rate limited)',
  500: ' (its own error)',
  503: ' (not available)',
  529: ' (overloaded)',
};

const OUTCOMES: Readonly<Record<string, string>> = {
  ok: 'answered',
  dns: 'its host was not found',
  refused: 'nothing listens there',
  unreachable: 'not reachable',
  tls: 'its certificate is not trusted',
  proxy: 'the proxy refused the way',
  'connect-timeout': 'no connection in time',
  'first-byte-timeout': 'no answer in time',
  'idle-timeout': 'fell silent',
  reset: 'the connection was closed',
  protocol: 'not valid HTTP',
  'no-output': 'no output in time',
  'too-slow': 'too slow',
  deadline: 'the time for the whole request was over',
  'no-key': 'there is no key for it',
  'limit-reached': 'a limit of yours was reached',
  'upstream-unreachable': 'not reachable',
  'upstream-broken': 'the answer was broken off',
  'upstream-timeout': 'no answer in time',
  'upstream-overloaded': 'overloaded',
  'upstream-rate-limited': 'rate limited',
  'upstream-error': 'the provider failed',
  'context-too-long': 'the request is too long for it',
  'content-policy': 'it refuses the content',
  'quota-spent': 'its quota is used up',
  'out-of-credit': 'out of credit',
  internal: 'a fault in Gatehouse',
  aborted: 'the agent went away',
  truncated: 'the answer was cut off',
  timeout: 'took too long',
  error: 'failed',
};

/** Why a place was passed over, from the code in a route trace. */
export function skippedWords(code: string): string {
  return SKIPPED[code] ?? code;
}

const SKIPPED: Readonly<Record<string, string>> = {
  cooldown: 'resting, as the provider told',
  'breaker-open': 'failed several times in a row',
  'probe-under-way': 'is being tried by another request',
  'key-rejected': 'the provider rejected the key',
  'out-of-credit': 'out of credit',
  quota: 'its quota is used up',
  'no-headroom': 'its limits are nearly spent',
  'no-key': 'there is no key for it',
  'not-spoken': 'it does not take this kind of request',
};

export function settledWords(settled: SettledAs, status: number): string {
  switch (settled) {
    case 'done':
      return 'answered';
    case 'error':
      return `error ${status}`;
    case 'aborted':
      return 'the agent went away';
    case 'truncated':
      return 'cut off';
    case 'timeout':
      return 'timed out';
    case 'blocked':
      return 'blocked by Gatehouse';
    case 'crashed':
      return 'the gateway stopped meanwhile';
    default:
      return settled satisfies never;
  }
}
