/** Which headers pass. Everything not named here does, unchanged and in order: agents and providers add new ones weekly. */

const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
];

const NOT_TO_PROVIDER = new Set([
  ...HOP_BY_HOP,
  // Set anew for the connection to the provider.
  'host',
  'content-length',
  'content-encoding',
  'expect',
  // Asked for as `identity`, so that the meter can read what passes.
  'accept-encoding',
  // The agent's local token, or a real key that the agent should not have sent. Ours is put on later.
  'authorization',
  'x-api-key',
  'x-goog-api-key',
  'api-key',
  'cf-aig-authorization',
  'cookie',
  'openai-organization',
  'openai-project',
  // Where the agent runs is nobody's business.
  'origin',
  'referer',
  'forwarded',
  'via',
  'x-real-ip',
]);

const NOT_TO_AGENT = new Set([
  ...HOP_BY_HOP,
  'set-cookie',
  'openai-organization',
  'openai-project',
  'server',
  'alt-svc',
  'strict-transport-security',
  'report-to',
  'nel',
]);

/** From the agent's headers to the provider's, both as flat lists of names and values. The key is not among them. */
export function headersToProvider(raw: readonly string[]): string[] {
  const named = connectionNamed(raw);
  const headers: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!;
    const value = raw[i + 1]!;
    const lower = name.toLowerCase();
    if (NOT_TO_PROVIDER.has(lower) || lower.startsWith('x-forwarded-') || lower.startsWith('x-gatehouse-')) continue;
    if (named.has(lower) || isUnsafe(name) || isUnsafe(value)) continue;
    headers.push(name, value);
  }
  headers.push('accept-encoding', 'identity');
  return headers;
}

/**
 * From the provider's headers to the agent's; names come out in lower case. A content encoding stays, because the bytes do: some
 * providers compress although they were asked not to.
 */
export function headersToAgent(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, string | readonly string[]> {
  const entries = Object.entries(headers);
  const connection = entries.find(([name]) => name.toLowerCase() === 'connection')?.[1];
  const named = connection === undefined ? NONE : connectionNamed(['connection', String(connection)]);
  const result: Record<string, string | readonly string[]> = {};
  for (const [original, value] of entries) {
    const name = original.toLowerCase();
    if (value === undefined || NOT_TO_AGENT.has(name) || named.has(name) || name.endsWith('-organization-id')) continue;
    if (name.startsWith('cf-') || name.startsWith('access-control-') || name.startsWith('x-gatehouse-')) continue;
    if (isUnsafe(name) || (typeof value === 'string' ? isUnsafe(value) : value.some(isUnsafe))) continue;
    result[name] = typeof value === 'string' ? asBytes(value) : value.map(asBytes);
  }
  return result;
}

/** A header is bytes; some providers put UTF-8 there, which was decoded on its way in and must be taken for bytes again. */
function asBytes(value: string): string {
  // oxlint-disable-next-line no-control-regex
  return /[^\u0000-\u00ff]/.test(value) ? Buffer.from(value).toString('latin1') : value;
}

const NONE: ReadonlySet<string> = new Set();

/** The headers that `Connection` declares to be for this hop only. */
function connectionNamed(raw: readonly string[]): ReadonlySet<string> {
  const named = new Set<string>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (raw[i]!.toLowerCase() !== 'connection') continue;
    for (const token of raw[i + 1]!.split(',')) named.add(token.trim().toLowerCase());
  }
  return named;
}

/** What could end a header line early and begin another, and what else node:http refuses to send. */
function isUnsafe(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /[\u0000-\u0008\u000a-\u001f\u007f]/.test(text);
}
