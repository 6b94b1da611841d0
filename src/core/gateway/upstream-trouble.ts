import { gatewayError, type GatewayError } from '../ir/error.ts';
import type { UpstreamFailure } from '../ports.ts';
import type { SettledAs } from '../ledger/records.ts';
import type { Failure } from '../routing/failures/failure.ts';
import { failureOfError, failureOfTransport } from '../routing/failures/failure-of.ts';

/** What a failed call means for the agent: a status it understands and a sentence that says what to do. */
function upstreamError(failure: Exclude<UpstreamFailure, 'aborted'>, provider: string, host: string): GatewayError {
  switch (failure) {
    case 'dns':
      return gatewayError(
        'upstream-unreachable',
        `The host ${host} of "${provider}" could not be found. Check the network and the base URL.`,
      );
    case 'refused':
      return gatewayError(
        'upstream-unreachable',
        `Nothing answers at ${host} ("${provider}"). Is it running, and is the base URL right?`,
      );
    case 'unreachable':
      return gatewayError('upstream-unreachable', `${host} ("${provider}") cannot be reached from here. Check the network.`);
    case 'tls':
      return gatewayError(
        'upstream-unreachable',
        `The certificate of ${host} ("${provider}") is not trusted. Behind a corporate proxy, add its certificate to the system's store.`,
      );
    case 'proxy':
      return gatewayError(
        'upstream-unreachable',
        `The proxy refused the way to ${host} ("${provider}"). Check the setting http.proxy.`,
      );
    case 'private-address':
      return gatewayError(
        'upstream-unreachable',
        `${host} ("${provider}") leads to this machine or a private network, so nothing was sent. If it belongs there, set "network": "local" for "${provider}" in gatehouse.providers.`,
      );
    case 'forbidden-address':
      return gatewayError(
        'upstream-unreachable',
        `${host} ("${provider}") leads to an address at which no provider can be (link-local, metadata or multicast, or a public one for http://), so nothing was sent. Check the base URL and the network.`,
      );
    case 'connect-timeout':
      return gatewayError('upstream-timeout', `${host} ("${provider}") did not accept a connection in time. Check the network.`);
    case 'first-byte-timeout':
      return gatewayError(
        'upstream-timeout',
        `"${provider}" did not begin to answer in time. The limit is timeouts.firstByteSeconds.`,
      );
    case 'idle-timeout':
      return gatewayError(
        'upstream-timeout',
        `"${provider}" fell silent in the middle of its answer. The limit is timeouts.idleSeconds.`,
      );
    case 'reset':
      return gatewayError('upstream-broken', `"${provider}" closed the connection before its answer was complete. Try again.`);
    case 'protocol':
      return gatewayError('upstream-broken', `What ${host} ("${provider}") sent is not valid HTTP. Check the base URL.`);
    default:
      return failure satisfies never;
  }
}

export function truncatedError(provider: string): GatewayError {
  return gatewayError('upstream-broken', `The answer of "${provider}" was cut off before its end. Try again.`);
}

/** An answer that breaks off on its way, or never came. */
export interface Break {
  readonly error: GatewayError;
  readonly failure: Failure;
  /** By whether any of the answer had come. */
  readonly settled: (begun: boolean) => SettledAs;
}

/** The connection failed, or a time was over for which undici would have given up. */
export function transportBreak(failure: Exclude<UpstreamFailure, 'aborted'>, provider: string, host: string): Break {
  return {
    error: upstreamError(failure, provider, host),
    failure: failureOfTransport(failure),
    settled: (begun) => (failure.endsWith('timeout') ? 'timeout' : begun ? 'truncated' : 'error'),
  };
}

export function noOutputBreak(provider: string): Break {
  return timeBreak('no-output', `"${provider}" said nothing in time. The limit is timeouts.firstTokenSeconds.`);
}

export function tooSlowBreak(provider: string): Break {
  return timeBreak('too-slow', `"${provider}" answered too slowly. The limit is timeouts.minTokensPerSecond.`);
}

export function deadlineBreak(): Break {
  return timeBreak('deadline', 'The request took longer than it may. The limit is timeouts.totalSeconds.');
}

/** The key was taken away while the request was on its way with it, or before it was. */
export function revokedBreak(provider: string): Break {
  const error = gatewayError(
    'no-key',
    `The key of "${provider}" that served this request was revoked. Ask again: another key serves it then, or add one with "Gatehouse: Add Key".`,
  );
  return { error, failure: { ...failureOfError(error, {}), class: 'key-rejected', code: REVOKED }, settled: () => 'error' };
}

export const REVOKED = 'key-revoked';

/** Somebody stopped it while it was on its way. Says nothing about the place where it was. */
export function cancelledBreak(): Break {
  const error = gatewayError('forbidden', 'Somebody stopped this request in Gatehouse. Ask again if it is still wanted.');
  return {
    error,
    failure: { ...failureOfError(error, {}), class: 'not-servable', code: CANCELLED },
    settled: () => 'aborted',
  };
}

export const CANCELLED = 'cancelled';

function timeBreak(code: string, message: string): Break {
  const error = gatewayError('upstream-timeout', message);
  return { error, failure: { ...failureOfTransport('idle-timeout'), code }, settled: () => 'timeout' };
}
