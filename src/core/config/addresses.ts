import { BlockList, isIP } from 'node:net';

/**
 * Where an IP address leads. `never`: no provider is there, and some that are there give credentials to whoever asks (metadata services
 * of clouds). `private`: this machine or a network of one's own.
 */
export type Reach = 'public' | 'private' | 'never';

export function reachOf(address: string): Reach {
  const bare = address.replace(/%.*$/s, '');
  const family = isIP(bare);
  if (family === 0) return 'never';
  const inside = family === 6 ? ipv4Inside(bare) : undefined;
  if (inside !== undefined) return reachOf(inside);
  const type = family === 4 ? 'ipv4' : 'ipv6';
  if (NEVER.check(bare, type)) return 'never';
  return PRIVATE.check(bare, type) ? 'private' : 'public';
}

/** For the host of a URL, which has no resolved address yet. WHATWG parsing has made dotted ones of decimal, hexadecimal and octal forms. */
export function literalReach(hostname: string): Reach | undefined {
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  if (host === 'localhost' || host.endsWith('.localhost')) return 'private';
  return isIP(host) === 0 ? undefined : reachOf(host);
}

/** Not among these: 198.18.0.0/15, for which proxies that catch all traffic answer every name with an address of their own. */
const NEVER = list([
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // Metadata services outside the link-local range: Alibaba, Oracle, Azure's agent, Amazon, Google.
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
  ['168.63.129.16', 32],
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
  ['::', 128],
  ['fe80::', 10],
  ['ff00::', 8],
]);

const PRIVATE = list([
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  // Between a carrier and its customers, and the addresses of Tailscale.
  ['100.64.0.0', 10],
  ['::1', 128],
  ['fc00::', 7],
  ['fec0::', 10],
]);

interface AddressList {
  check(address: string, family: 'ipv4' | 'ipv6'): boolean;
}

/** Made when it is asked for the first time: that takes 4 ms, which a start has better uses for. */
function list(ranges: readonly (readonly [address: string, bits: number])[]): AddressList {
  let made: BlockList | undefined;
  return { check: (address, family) => (made ??= blockListOf(ranges)).check(address, family) };
}

function blockListOf(ranges: readonly (readonly [address: string, bits: number])[]): BlockList {
  const blocked = new BlockList();
  for (const [address, bits] of ranges) blocked.addSubnet(address, bits, isIP(address) === 4 ? 'ipv4' : 'ipv6');
  return blocked;
}

/** An IPv4 address written as an IPv6 one: mapped, compatible, through NAT64 or 6to4. It is reached there, too. */
function ipv4Inside(address: string): string | undefined {
  const groups = groupsOf(address);
  const start = groups.slice(0, 5).every((group) => group === 0);
  const [a = 0, b = 0, c = 0] = groups;
  if (start && (groups[5] === 0xffff || (groups[5] === 0 && (groups[6] !== 0 || groups[7]! > 1))))
    return dotted(groups[6]!, groups[7]!);
  if (a === 0x64 && b === 0xff9b) return dotted(groups[6]!, groups[7]!);
  return a === 0x2002 ? dotted(b, c) : undefined;
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight numbers of a valid IPv6 address. */
function groupsOf(address: string): readonly number[] {
  // The URL parser writes a dotted end as two groups.
  const [before = '', after] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const numbers = (text: string | undefined): number[] => (text ? text.split(':').map((group) => Number.parseInt(group, 16)) : []);
  const [left, right] = [numbers(before), numbers(after)];
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}
