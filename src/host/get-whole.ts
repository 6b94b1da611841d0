import type { Upstream, UpstreamFailure } from '../core/ports.ts';

export type WholeReply = { readonly status: number; readonly body: Buffer } | { readonly failure: UpstreamFailure };

const TIMEOUTS = { connect: 10_000, firstByte: 20_000, idle: 20_000 };
/** A person waits for this; an answer that drips would hold them up without end. */
const WHOLE_MS = 45_000;

interface Asked {
  readonly origin: string;
  /** It may lead to this machine or a private network. */
  readonly local: boolean;
  readonly path: string;
  readonly headers: readonly string[];
  readonly maxBytes: number;
}

/** A small GET of our own. More than `maxBytes` is a failure. */
export function getWhole(upstream: Upstream, { origin, local, path, headers, maxBytes }: Asked): Promise<WholeReply> {
  const { promise, resolve } = Promise.withResolvers<WholeReply>();
  const chunks: Buffer[] = [];
  let size = 0;
  let status = 0;
  const limit = setTimeout(() => {
    call.abort();
    resolve({ failure: 'idle-timeout' });
  }, WHOLE_MS);
  const call = upstream.send(
    { origin, local, path, method: 'GET', headers, body: undefined, timeouts: TIMEOUTS },
    {
      response(code) {
        status = code;
      },
      data(chunk) {
        chunks.push(chunk);
        size += chunk.length;
        if (size <= maxBytes) return;
        call.abort();
        resolve({ failure: 'protocol' });
      },
      end: () => resolve({ status, body: Buffer.concat(chunks) }),
      fail: (failure) => resolve({ failure }),
    },
  );
  return promise.finally(() => clearTimeout(limit));
}
