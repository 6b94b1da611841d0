import type { Upstream, UpstreamFailure } from '../core/ports.ts';
import type { Provider } from '../core/providers/provider.ts';
import type { Secret } from '../core/providers/secret.ts';
import { signHeaders } from '../core/providers/sign.ts';

export type ProviderReply = { readonly status: number; readonly body: Buffer } | { readonly failure: UpstreamFailure };

const TIMEOUTS = { connect: 10_000, firstByte: 20_000, idle: 20_000 };
/** A person waits for this; an answer that drips would hold them up without end. */
const WHOLE_MS = 45_000;
const MAX_BYTES = 4 * 1024 * 1024;

/** A small GET of our own to a provider's first dialect, for testing a key or listing models. `path` is below the base URL. */
export function askProvider(
  upstream: Upstream,
  provider: Provider,
  secret: Secret | undefined,
  path?: string,
): Promise<ProviderReply> {
  const first = [...provider.endpoints].at(0);
  if (first === undefined) return Promise.resolve({ failure: 'unreachable' });
  const [dialect, endpoint] = first;
  const modelsPath =
    dialect === 'anthropic-messages' ? '/v1/models?limit=1000' : dialect === 'gemini' ? '/v1beta/models?pageSize=1000' : '/models';
  const version = dialect === 'anthropic-messages' ? ['anthropic-version', '2023-06-01'] : [];
  const { promise, resolve } = Promise.withResolvers<ProviderReply>();
  const chunks: Buffer[] = [];
  let size = 0;
  let status = 0;
  const limit = setTimeout(() => {
    call.abort();
    resolve({ failure: 'idle-timeout' });
  }, WHOLE_MS);
  const call = upstream.send(
    {
      origin: endpoint.origin,
      local: endpoint.local,
      path: endpoint.basePath + (path ?? modelsPath),
      method: 'GET',
      headers: ['accept', 'application/json', 'user-agent', 'gatehouse', ...version, ...signHeaders(endpoint.auth, secret)],
      body: undefined,
      timeouts: TIMEOUTS,
    },
    {
      response(code) {
        status = code;
      },
      data(chunk) {
        chunks.push(chunk);
        size += chunk.length;
        if (size <= MAX_BYTES) return;
        call.abort();
        resolve({ failure: 'protocol' });
      },
      end: () => resolve({ status, body: Buffer.concat(chunks) }),
      fail: (failure) => resolve({ failure }),
    },
  );
  return promise.finally(() => clearTimeout(limit));
}
