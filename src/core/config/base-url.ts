import { literalReach } from './addresses.ts';

/** What goes to the address, in the words of a fault: where a secret belongs that stands in it, and what would be seen on the way. */
interface Cargo {
  readonly move: string;
  readonly carried: string;
}

const KEY: Cargo = { move: 'add the key with "Gatehouse: Add Key"', carried: 'the key' };

/**
 * A provider's base URL is where a key will be sent, so it is judged once, here. Returns what is wrong with it, or undefined.
 * Plain http is for this machine and private networks only; user info, query and fragment have no place in a base URL.
 */
export function baseUrlFault(text: string, { move, carried }: Cargo = KEY): string | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return 'is not a URL; expected something like https://api.example.com/v1';
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return 'must begin with https:// (or http:// on this machine or a private network)';
  if (url.username || url.password) return `must not hold a user name or password; ${move}`;
  if (url.search || url.hash) return 'must not have a query or a fragment';
  const reach = literalReach(url.hostname);
  if (reach === 'never' && url.protocol === 'https:')
    return 'is an address at which no provider can be (link-local, metadata or multicast)';
  if (url.protocol === 'http:' && reach !== 'private') {
    return `uses http:// to a host that is not on this machine or a private network, so ${carried} would cross the network in clear; use https://`;
  }
  return undefined;
}
