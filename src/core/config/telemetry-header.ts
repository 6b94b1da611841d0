/** What a request to the collector has anyway; a second one of these would break it. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** What is wrong with the name of a header for the collector, or undefined. */
export function telemetryHeaderFault(name: string): string | undefined {
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/.test(name)) return 'is not the name of a header in lower case';
  return OWN_HEADERS.has(name) ? 'is set by Gatehouse; leave it out' : undefined;
}

/** Visible ASCII, with blanks inside: anything else is refused on the way, or sent as something else. */
export function isHeaderValue(value: string): boolean {
  return /^[\u0021-\u007e](?:[\u0020-\u007e]*[\u0021-\u007e])?$/.test(value);
}
