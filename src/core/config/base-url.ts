import { isIP } from 'node:net';

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
  if (url.protocol === 'http:' && !isPrivateHost(url.hostname)) {
    return `uses http:// to a host that is not on this machine or a private network, so ${carried} would cross the network in clear; use https://`;
  }
  return undefined;
}

/** WHATWG URL parsing has already turned decimal, hexadecimal and octal IPv4 forms into dotted ones. */
function isPrivateHost(hostname: string): boolean {
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  switch (isIP(host)) {
    case 4: {
      const [a = 0, b = 0] = host.split('.').map(Number);
      return a === 127 || a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168);
    }
    case 6:
      return host === '::1' || /^f[cd][0-9a-f]{2}:/i.test(host);
    default:
      return false;
  }
}
