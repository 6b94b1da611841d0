import type { DialectId, Operation } from '../ir/dialect.ts';

/** What a request line asks for. */
export type Endpoint =
  | {
      readonly kind: 'found';
      readonly dialect: DialectId;
      readonly operation: Operation;
      /** From the path, unescaped; only Gemini names it there. */
      readonly model: string | undefined;
      /** From the path; undefined where the body decides. */
      readonly stream: boolean | undefined;
      /** Below the base URL of this dialect, query included. Holds `{model}` for Gemini: see `upstreamPathFor`. */
      readonly upstreamPath: string;
    }
  | { readonly kind: 'not-found'; readonly dialect: DialectId }
  | { readonly kind: 'method-not-allowed'; readonly dialect: DialectId; readonly allow: 'GET' | 'POST' };

/** Names in lower case. */
type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

interface Fixed {
  readonly dialect: DialectId;
  readonly operation: Operation;
  readonly path: string;
}

/** By path without `/v1`. OpenAI style base URLs hold the version, Anthropic's do not. */
const FIXED: ReadonlyMap<string, Fixed> = new Map([
  ['messages', { dialect: 'anthropic-messages', operation: 'generate', path: '/v1/messages' }],
  ['messages/count_tokens', { dialect: 'anthropic-messages', operation: 'count', path: '/v1/messages/count_tokens' }],
  ['responses', { dialect: 'openai-responses', operation: 'generate', path: '/responses' }],
  ['chat/completions', { dialect: 'openai-chat', operation: 'generate', path: '/chat/completions' }],
  ['embeddings', { dialect: 'openai-chat', operation: 'embed', path: '/embeddings' }],
  ['completions', { dialect: 'openai-chat', operation: 'complete', path: '/completions' }],
  ['beta/completions', { dialect: 'openai-chat', operation: 'complete', path: '/beta/completions' }],
  ['fim/completions', { dialect: 'openai-chat', operation: 'complete', path: '/fim/completions' }],
]);

const GEMINI_ACTIONS: ReadonlyMap<string, { readonly operation: Operation; readonly stream: boolean }> = new Map([
  ['generateContent', { operation: 'generate', stream: false }],
  ['streamGenerateContent', { operation: 'generate', stream: true }],
  ['countTokens', { operation: 'count', stream: false }],
  ['embedContent', { operation: 'embed', stream: false }],
  ['batchEmbedContents', { operation: 'embed', stream: false }],
]);

/**
 * A prefix may say which protocol is meant, for programs that derive several base URLs from one: `/anthropic/v1/messages`. It decides
 * where a path alone does not, which is the list of models.
 */
const PREFIXES: ReadonlyMap<string, DialectId> = new Map([
  ['openai', 'openai-chat'],
  ['anthropic', 'anthropic-messages'],
  ['gemini', 'gemini'],
]);

const MODEL_PLACE = '{model}';

/** `target` is the request target as it came. */
export function findEndpoint(method: string, target: string, headers: Headers): Endpoint {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = withoutKey(mark === -1 ? '' : target.slice(mark + 1));
  const all = path.split('/').filter((segment) => segment !== '');
  const meant = PREFIXES.get(all[0] ?? '');
  const segments = meant === undefined ? all : all.slice(1);
  const nothing: Endpoint = { kind: 'not-found', dialect: meant ?? dialectOf(segments, headers) };
  if (!path.startsWith('/') || isTraversal(path)) return nothing;

  const version = segments[0] === 'v1' || segments[0] === 'v1beta' ? segments[0] : undefined;
  const rest = version === undefined ? segments : segments.slice(1);

  const fixed = version === 'v1beta' ? undefined : FIXED.get(rest.join('/'));
  if (fixed !== undefined) {
    const { dialect, operation } = fixed;
    if (method !== 'POST') return { kind: 'method-not-allowed', dialect, allow: 'POST' };
    return { kind: 'found', dialect, operation, model: undefined, stream: undefined, upstreamPath: fixed.path + query };
  }
  if (rest[0] !== 'models') return nothing;
  if (rest.length === 1) return modelsList(method, version, meant ?? modelsDialect(headers, query), query);
  return (version === undefined ? undefined : geminiCall(method, version, rest.slice(1).join('/'), query)) ?? nothing;
}

/**
 * The upstream path for a provider's model, whose slashes stay and whose other characters are escaped. Undefined where the name
 * cannot stand in a path because it would climb out of it.
 */
export function upstreamPathFor(upstreamPath: string, model: string): string | undefined {
  // Only in the path: a query may hold anything.
  if (!upstreamPath.split('?', 1)[0]!.includes(MODEL_PLACE)) return upstreamPath;
  const segments = model.split('/');
  if (segments.some((segment) => segment === '' || isDots(segment))) return undefined;
  if (hasControl(model) || model.includes('\\') || !model.isWellFormed()) return undefined;
  return upstreamPath.replace(MODEL_PLACE, () => segments.map(encodeURIComponent).join('/'));
}

function geminiCall(method: string, version: string, name: string, query: string): Endpoint | undefined {
  const colon = name.lastIndexOf(':');
  const action = name.slice(colon + 1);
  const known = colon < 1 ? undefined : GEMINI_ACTIONS.get(action);
  const model = unescaped(name.slice(0, colon));
  if (known === undefined || model === undefined) return undefined;
  if (method !== 'POST') return { kind: 'method-not-allowed', dialect: 'gemini', allow: 'POST' };
  return { kind: 'found', dialect: 'gemini', ...known, model, upstreamPath: `/${version}/models/${MODEL_PLACE}:${action}${query}` };
}

function modelsList(method: string, version: string | undefined, meant: DialectId, query: string): Endpoint {
  const dialect = version === 'v1beta' ? 'gemini' : meant;
  if (method !== 'GET') return { kind: 'method-not-allowed', dialect, allow: 'GET' };
  const path =
    dialect === 'gemini' ? `/${version ?? 'v1beta'}/models` : dialect === 'anthropic-messages' ? '/v1/models' : '/models';
  return { kind: 'found', dialect, operation: 'models', model: undefined, stream: undefined, upstreamPath: path + query };
}

/** Three protocols list their models under one path. Codex asks under it too, but for something else, and tells its version. */
function modelsDialect(headers: Headers, query: string): DialectId {
  if (headers['x-goog-api-key'] !== undefined || headers['x-goog-api-client'] !== undefined) return 'gemini';
  if (headers['anthropic-version'] !== undefined) return 'anthropic-messages';
  return /[?&]client_version=/.test(query) ? 'openai-responses' : 'openai-chat';
}

/** Whose error shape an unknown path gets. */
function dialectOf(segments: readonly string[], headers: Headers): DialectId {
  if (segments.includes('messages')) return 'anthropic-messages';
  if (segments.includes('responses')) return 'openai-responses';
  if (segments[0] === 'v1beta' || segments.at(-1)?.includes(':') === true) return 'gemini';
  if (segments.includes('chat') || segments.includes('embeddings')) return 'openai-chat';
  return modelsDialect(headers, '');
}

/** The query with its question mark. Gemini clients may put their key there; it is the local token and stays here. */
function withoutKey(query: string): string {
  const kept = query.split('&').filter((pair) => pair !== '' && unescaped(pair.split('=', 1)[0]!) !== 'key');
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}

/** Dot segments, plain or escaped (once or more), also behind an escaped slash or a backslash. */
function isTraversal(path: string): boolean {
  let plain: string | undefined = path;
  for (let depth = 0; depth < 4 && plain !== undefined; depth++) {
    if (plain.includes('\\') || plain.includes('#') || hasControl(plain) || plain.split('/').some(isDots)) return true;
    if (!plain.includes('%')) return false;
    const next = unescaped(plain);
    // A percent sign of the name itself, once unescaped, is no escape.
    if (next === undefined && depth > 0) return false;
    plain = next;
  }
  return true;
}

function isDots(segment: string): boolean {
  return segment === '.' || segment === '..';
}

function hasControl(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return /[\u0000-\u001f\u007f]/.test(text);
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
