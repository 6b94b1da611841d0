/** What the core is given by its host. These are the only seams for tests. */

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start; never jumps. */
  monotonic(): number;
}

export interface Timers {
  /** Calls `run` once, so many milliseconds from now. */
  after(milliseconds: number, run: () => void): Timer;
}

export interface Timer {
  /** Safe at any time, also after it ran. */
  cancel(): void;
  /** Begins its time anew, from now; also after it ran, but not after it was cancelled. */
  refresh(): void;
}

/** Fields are metadata only: never a key, a token, a body or a path. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
}

export interface Random {
  bytes(size: number): Uint8Array;
  /** In [0, 1). */
  fraction(): number;
}

/** Why a call to a provider failed before or during its answer. */
export type UpstreamFailure =
  | 'dns'
  | 'refused'
  | 'unreachable'
  | 'tls'
  | 'proxy'
  /** The name leads to this machine or a private network, where this provider may not be. */
  | 'private-address'
  /** The name leads to where no provider can be. */
  | 'forbidden-address'
  | 'connect-timeout'
  | 'first-byte-timeout'
  | 'idle-timeout'
  | 'reset'
  | 'protocol'
  | 'aborted';

export interface UpstreamRequest {
  /** `https://api.example.com`, without a path. */
  readonly origin: string;
  /** It may be on this machine or in a private network. Left out: it may not. */
  readonly local?: boolean;
  readonly path: string;
  readonly method: 'GET' | 'POST';
  /** Flat list of names and values; carries the real key, so it is never logged. */
  readonly headers: readonly string[];
  readonly body: Uint8Array | undefined;
  /** Milliseconds. */
  readonly timeouts: { readonly connect: number; readonly firstByte: number; readonly idle: number };
}

/** Receives one answer: `response`, then `data`*, then exactly one of `end` | `fail`; or `fail` alone. */
export interface UpstreamSink {
  response(status: number, headers: Readonly<Record<string, string | readonly string[] | undefined>>): void;
  data(chunk: Buffer): void;
  end(): void;
  fail(failure: UpstreamFailure): void;
}

export interface UpstreamCall {
  /** False until some of the request may have left; what never did can cost nothing. */
  readonly sent: boolean;
  pause(): void;
  resume(): void;
  /** Safe at any time, in every phase; no further sink call follows it. */
  abort(): void;
}

/** The way out. One implementation dials (`server/dial.ts`); the demo provider answers in process. */
export interface Upstream {
  send(request: UpstreamRequest, sink: UpstreamSink): UpstreamCall;
}
