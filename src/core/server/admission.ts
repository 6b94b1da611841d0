/**
 * What is refused before anything else is looked at. A page in a browser can reach loopback, under this machine's name or, after DNS
 * rebinding, under its own: so Host must be ours, and no request with an Origin is served. Sec-Fetch headers prove nothing, because
 * Node's fetch sends them too. No CORS header is ever sent.
 */
export function admissionFault(host: string | undefined, origin: string | undefined, port: number): string | undefined {
  if (origin !== undefined) return 'Requests from web pages are not served.';
  if (host === undefined || !isOwnHost(host.toLowerCase(), port))
    return 'The Host header does not name this gateway. Use its 127.0.0.1 address.';
  return undefined;
}

function isOwnHost(host: string, port: number): boolean {
  return host === `127.0.0.1:${port}` || host === `localhost:${port}` || host === `[::1]:${port}`;
}
