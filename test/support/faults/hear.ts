import http from 'node:http';
import type { VirtualClock } from '../virtual-clock.ts';

/** An answer as it came, whatever became of it. */
export interface Heard {
  /** Undefined: no answer began. */
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  /** Sizes of the pieces in which the body came. */
  readonly pieces: readonly number[];
  /** `silent`: nothing more came for the whole of the client's patience. */
  readonly end: 'clean' | 'cut' | 'silent' | 'refused';
  /** Of the clock, until the status line came; undefined where it did not. */
  readonly headersMs: number | undefined;
  /** Of the clock, until the end, or until the client lost patience. */
  readonly milliseconds: number;
}

export interface HearOptions {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
  /** How long silence is borne; 10 minutes when left out. */
  readonly patienceMs?: number;
}

/** One request over a connection of its own, by a client that lives by the clock and tells it of each byte. */
export function hear(clock: VirtualClock, url: string, options: HearOptions): Promise<Heard> {
  const { promise, resolve } = Promise.withResolvers<Heard>();
  const started = clock.monotonic();
  const release = clock.hold();
  const chunks: Buffer[] = [];
  let answer: http.IncomingMessage | undefined;
  let headersMs: number | undefined;
  let end: Heard['end'] | undefined;
  const request = http.request(url + options.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...options.headers },
    agent: false,
  });
  const patience = clock.after(options.patienceMs ?? 600_000, () => {
    end = 'silent';
    request.destroy();
  });
  request.on('finish', release);
  request.on('error', (error: NodeJS.ErrnoException) => (end ??= error.code === 'ECONNREFUSED' ? 'refused' : 'cut'));
  request.on('response', (response) => {
    answer = response;
    headersMs = clock.monotonic() - started;
    clock.touch();
    patience.refresh();
    response.on('error', () => undefined);
    response.on('data', (chunk: Buffer) => {
      clock.touch();
      patience.refresh();
      chunks.push(chunk);
    });
  });
  request.on('close', () => {
    release();
    patience.cancel();
    resolve({
      status: answer?.statusCode,
      headers: answer?.headers ?? {},
      body: Buffer.concat(chunks),
      pieces: chunks.map((chunk) => chunk.length),
      end: end ?? (answer?.complete === true ? 'clean' : 'cut'),
      headersMs,
      milliseconds: clock.monotonic() - started,
    });
  });
  request.end(Buffer.from(JSON.stringify(options.body)));
  return promise;
}
