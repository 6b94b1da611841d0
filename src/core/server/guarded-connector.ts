import dns from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { reachOf } from '../config/addresses.ts';

/** Codes of the errors with which a connection is not made. */
export const PRIVATE = 'GATEHOUSE_PRIVATE_ADDRESS';
export const FORBIDDEN = 'GATEHOUSE_FORBIDDEN_ADDRESS';

/**
 * Makes connections only where they may lead. Names are judged by the very addresses that the socket then takes, so a name that is
 * answered differently a moment later (DNS rebinding) gains nothing. Called for new connections only: a kept one costs nothing more.
 */
export function guardedConnector(options: buildConnector.BuildOptions, local: boolean): buildConnector.connector {
  const overHttps = buildConnector({ ...options, lookup: guardedLookup((address) => faultOf(address, local, false)) });
  const overHttp = buildConnector({ ...options, lookup: guardedLookup((address) => faultOf(address, local, true)) });
  return (target, callback) => {
    const inClear = target.protocol === 'http:';
    // An address is never looked up.
    const host = target.hostname.replace(/^\[|\]$/g, '');
    const fault = isIP(host) === 0 ? undefined : faultOf(host, local, inClear);
    if (fault === undefined) (inClear ? overHttp : overHttps)(target, callback);
    else queueMicrotask(() => callback(refusal(fault), null));
  };
}

/** Names that lead to several addresses keep those that may be dialled. */
function guardedLookup(fault: (address: string) => string | undefined): LookupFunction {
  return (hostname, options, callback) => {
    dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '');
      const allowed = addresses.filter(({ address }) => fault(address) === undefined);
      const [first] = allowed;
      if (first === undefined) return callback(refusal(fault(addresses[0]?.address ?? '') ?? FORBIDDEN), '');
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

function faultOf(address: string, local: boolean, inClear: boolean): string | undefined {
  const reach = reachOf(address);
  if (reach === 'never') return FORBIDDEN;
  if (reach === 'private') return local ? undefined : PRIVATE;
  // What is sent in clear stays in a private network, whatever a name like `x.localhost` is made to mean.
  return inClear ? FORBIDDEN : undefined;
}

function refusal(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error('the address may not be dialled'), { code });
}
