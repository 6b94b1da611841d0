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

/**
 * What is decided by a header's name alone is decided once: they are a few dozen, and come with every message. Gives the name in lower
 * case; undefined where the header does not pass. Agents choose names, so what is remembered is bounded.
 */
function passingNames(passes: (lower: string) => boolean): (name: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (name) => {
    const remembered = known.get(name);
    if (remembered !== undefined || known.has(name)) return remembered;
    const lower = name.toLowerCase();
    const verdict = passes(lower) && !isUnsafe(name) ? lower : undefined;
    if (known.size < MOST_NAMES && name.length <= LONGEST_NAME) known.set(name, verdict);
    return verdict;
  };
}

const MOST_NAMES = 500;
const LONGEST_NAME = 64;

const toProvider = passingNames(
  (name) => !NOT_TO_PROVIDER.has(name) && !name.startsWith('x-forwarded-') && !name.startsWith('x-gatehouse-'),
);

const toAgent = passingNames(
  (name) =>
    !NOT_TO_AGENT.has(name) &&
    !name.endsWith('-organization-id') &&
    !name.startsWith('cf-') &&
    !name.startsWith('access-control-') &&
    !name.startsWith('x-gatehouse-'),
);

/** From the agent's headers to the provider's, both as flat lists of names and values. The key is not among them. */
export function headersToProvider(raw: readonly string[]): string[] {
  const named = connectionNamed(raw);
  const headers: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!;
    const value = raw[i + 1]!;
    const lower = toProvider(name);
    if (lower === undefined || named.has(lower) || isUnsafe(value)) continue;
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
  const names = Object.keys(headers);
  const connection = names.find(isConnection);
  const named = connection === undefined ? NONE : connectionNamed([connection, String(headers[connection])]);
  const result: Record<string, string | readonly string[]> = {};
  for (const original of names) {
    const value = headers[original];
    const name = toAgent(original);
    if (name === undefined || value === undefined || named.has(name)) continue;
    if (typeof value === 'string' ? isUnsafe(value) : value.some(isUnsafe)) continue;
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
    if (!isConnection(raw[i]!)) continue;
    for (const token of raw[i + 1]!.split(',')) named.add(token.trim().toLowerCase());
  }
  return named;
}

function isConnection(name: string): boolean {
  return name.length === 'connection'.length && name.toLowerCase() === 'connection';
}

/** What could end a header line early and begin another, and what else node:http refuses to send. */
function isUnsafe(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /[\u0000-\u0008\u000a-\u001f\u007f]/.test(text);
}
