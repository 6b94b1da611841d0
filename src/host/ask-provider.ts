import type { Upstream } from '../core/ports.ts';
import type { Provider } from '../core/providers/provider.ts';
import type { Secret } from '../core/providers/secret.ts';
import { signHeaders } from '../core/providers/sign.ts';
import { getWhole, type WholeReply } from './get-whole.ts';

const MAX_BYTES = 4 * 1024 * 1024;

/** A small GET of our own to a provider's first dialect, for testing a key or listing models. `path` is below the base URL. */
export function askProvider(
  upstream: Upstream,
  provider: Provider,
  secret: Secret | undefined,
  path?: string,
): Promise<WholeReply> {
  const first = [...provider.endpoints].at(0);
  if (first === undefined) return Promise.resolve({ failure: 'unreachable' });
  const [dialect, endpoint] = first;
  const modelsPath =
    dialect === 'anthropic-messages' ? '/v1/models?limit=1000' : dialect === 'gemini' ? '/v1beta/models?pageSize=1000' : '/models';
  const version = dialect === 'anthropic-messages' ? ['anthropic-version', '2023-06-01'] : [];
  return getWhole(upstream, {
    origin: endpoint.origin,
    local: endpoint.local,
    path: endpoint.basePath + (path ?? modelsPath),
    headers: ['accept', 'application/json', 'user-agent', 'gatehouse', ...version, ...signHeaders(endpoint.auth, secret)],
    maxBytes: MAX_BYTES,
  });
}
