import * as l10n from '@vscode/l10n';
import type { SettledAs } from '../../core/ledger/records.ts';
import type { FailureClass } from '../../core/routing/failures/failure.ts';

/** Why a place is set aside, so that "set aside: ..." can stand before it. `status` is the provider's, where it is known. */
export function whyWords(why: FailureClass | undefined, status?: number): string {
  switch (why) {
    case 'key-rejected':
      return withStatus(l10n.t('rejected by the provider'), status);
    case 'out-of-credit':
      return withStatus(l10n.t('out of credit'), status);
    case 'quota':
      return l10n.t('its quota is used up');
    case 'rate-limited':
    case 'throttled':
      return l10n.t('the provider limits its rate');
    case 'overloaded':
      return l10n.t('overloaded');
    case 'unreachable':
      return l10n.t('not reachable');
    case 'timeout':
      return l10n.t('too slow to answer');
    case 'transient':
      return l10n.t('failing');
    case 'model-missing':
      return l10n.t('the provider has no such model');
    case 'bad-request':
    case 'context-window':
    case 'content-policy':
      return l10n.t('it refuses the request');
    case 'not-servable':
      return l10n.t('it cannot be asked');
    case undefined:
      // Health gives no failure where only the told limits are nearly spent.
      return l10n.t('its limits are nearly spent');
    default:
      return why satisfies never;
  }
}

function withStatus(words: string, status: number | undefined): string {
  return status === undefined ? words : `${words} (${status})`;
}

/** What an attempt came to, from the code in a route trace. Codes of providers' own are passed on as they are. */
export function outcomeWords(code: string): string {
  const status = /^upstream-(\d{3})$/.exec(code)?.[1];
  if (status !== undefined) {
    const meaning = statusMeanings()[status];
    return meaning === undefined
      ? l10n.t('the provider answered {0}', status)
      : l10n.t('the provider answered {0} ({1})', status, meaning);
  }
  return outcomes()[code] ?? code;
}

function statusMeanings(): Readonly<Record<string, string>> {
  return {
    400: l10n.t('bad request'),
    401: l10n.t('key rejected'),
    402: l10n.t('out of credit'),
    403: l10n.t('not allowed'),
    404: l10n.t('not there'),
    413: l10n.t('too large'),
    429: l10n.t('rate limited'),
    500: l10n.t('its own error'),
    503: l10n.t('not available'),
    529: l10n.t('overloaded'),
  };
}

function outcomes(): Readonly<Record<string, string>> {
  return {
    ok: l10n.t('answered'),
    dns: l10n.t('its host was not found'),
    refused: l10n.t('nothing listens there'),
    unreachable: l10n.t('not reachable'),
    tls: l10n.t('its certificate is not trusted'),
    proxy: l10n.t('the proxy refused the way'),
    'connect-timeout': l10n.t('no connection in time'),
    'first-byte-timeout': l10n.t('no answer in time'),
    'idle-timeout': l10n.t('fell silent'),
    reset: l10n.t('the connection was closed'),
    protocol: l10n.t('not valid HTTP'),
    'no-output': l10n.t('no output in time'),
    'too-slow': l10n.t('too slow'),
    deadline: l10n.t('the time for the whole request was over'),
    'no-key': l10n.t('there is no key for it'),
    'limit-reached': l10n.t('a limit of yours was reached'),
    'upstream-unreachable': l10n.t('not reachable'),
    'upstream-broken': l10n.t('the answer was broken off'),
    'upstream-timeout': l10n.t('no answer in time'),
    'upstream-overloaded': l10n.t('overloaded'),
    'upstream-rate-limited': l10n.t('rate limited'),
    'upstream-error': l10n.t('the provider failed'),
    'context-too-long': l10n.t('the request is too long for it'),
    'content-policy': l10n.t('it refuses the content'),
    'quota-spent': l10n.t('its quota is used up'),
    'out-of-credit': l10n.t('out of credit'),
    internal: l10n.t('a fault in Gatehouse'),
    aborted: l10n.t('the agent went away'),
    cancelled: l10n.t('stopped by hand'),
    truncated: l10n.t('the answer was cut off'),
    timeout: l10n.t('took too long'),
    error: l10n.t('failed'),
  };
}

/** Why a place was passed over, from the code in a route trace. */
export function skippedWords(code: string): string {
  return skips()[code] ?? code;
}

function skips(): Readonly<Record<string, string>> {
  return {
    cooldown: l10n.t('resting, as the provider told'),
    'breaker-open': l10n.t('failed several times in a row'),
    'probe-under-way': l10n.t('is being tried by another request'),
    'key-rejected': l10n.t('the provider rejected the key'),
    'out-of-credit': l10n.t('out of credit'),
    quota: l10n.t('its quota is used up'),
    'no-headroom': l10n.t('its limits are nearly spent'),
    'no-key': l10n.t('there is no key for it'),
    'not-spoken': l10n.t('it does not take this kind of request'),
  };
}

/** `error`: its code; a request that somebody stopped and one that its agent left are booked alike. */
export function settledWords(settled: SettledAs, status: number, error?: string): string {
  switch (settled) {
    case 'done':
      return l10n.t('answered');
    case 'error':
      return l10n.t('error {0}', status);
    case 'aborted':
      return error === undefined ? l10n.t('the agent went away') : outcomeWords(error);
    case 'truncated':
      return l10n.t('cut off');
    case 'timeout':
      return l10n.t('timed out');
    case 'blocked':
      return l10n.t('blocked by Gatehouse');
    case 'crashed':
      return l10n.t('the gateway stopped meanwhile');
    default:
      return settled satisfies never;
  }
}
