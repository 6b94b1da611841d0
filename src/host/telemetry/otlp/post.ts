import type { Clock, Timers, Upstream } from '../../../core/ports.ts';
import { readRetryHints } from '../../../core/routing/failures/retry-hints.ts';
import type { TelemetrySettings } from '../settings.ts';

export interface Way {
  readonly upstream: Upstream;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly settings: TelemetrySettings;
}

/** `why` is a status or a failure of the connection, never what the collector wrote: it may quote what it was sent. */
export type Posted =
  | { readonly kind: 'taken'; readonly reply: Buffer }
  | { readonly kind: 'later'; readonly why: string; readonly waitMs?: number | undefined }
  | { readonly kind: 'refused'; readonly why: string };

export interface Posting {
  readonly outcome: Promise<Posted>;
  /** Gives it up; safe at any time. */
  end(): void;
}

/** A collector answers at once. One that does not is as good as down. */
const WHOLE_MS = 10_000;
/** A reply says how much was not taken, and is small. */
const MOST_REPLY_BYTES = 64 * 1024;
/** The protocol's list. Everything else would be refused the next time as well. */
const COME_AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export function post({ upstream, clock, timers, settings }: Way, path: string, body: Uint8Array): Posting {
  const { promise, resolve } = Promise.withResolvers<Posted>();
  const chunks: Buffer[] = [];
  let size = 0;
  let status = 0;
  let waitMs: number | undefined;
  const giveUp = (why: string): void => {
    call.abort();
    resolve({ kind: 'later', why });
  };
  const limit = timers.after(WHOLE_MS, () => giveUp('timeout'));
  const call = upstream.send(
    {
      origin: settings.origin,
      // The collector is one's own, and mostly stands inside.
      local: true,
      path: settings.basePath + path,
      method: 'POST',
      headers: [
        'content-type',
        settings.json ? 'application/json' : 'application/x-protobuf',
        'user-agent',
        'gatehouse',
        ...[...settings.headers].flatMap(([name, value]) => [name, value.reveal()]),
      ],
      body,
      timeouts: { connect: WHOLE_MS, firstByte: WHOLE_MS, idle: WHOLE_MS },
    },
    {
      response(code, headers) {
        status = code;
        waitMs = readRetryHints(headers, undefined, clock.now()).waitMs;
      },
      data(chunk) {
        size += chunk.length;
        if (size <= MOST_REPLY_BYTES) chunks.push(chunk);
        else giveUp('endless reply');
      },
      end() {
        if (status >= 200 && status < 300) resolve({ kind: 'taken', reply: Buffer.concat(chunks) });
        else if (COME_AGAIN.has(status)) resolve({ kind: 'later', why: String(status), waitMs });
        else resolve({ kind: 'refused', why: String(status) });
      },
      fail: (failure) => resolve({ kind: 'later', why: failure }),
    },
  );
  return { outcome: promise.finally(() => limit.cancel()), end: () => giveUp('closing') };
}
