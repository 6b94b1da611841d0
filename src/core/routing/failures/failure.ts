/** Why an attempt came to nothing before the agent saw any of it, by what helps against it. Source: the table in `decide.ts`. */
export type FailureClass =
  /** The request itself is refused; nobody else would take it either. */
  | 'bad-request'
  | 'context-window'
  | 'content-policy'
  /** This key is not good for this: 401, 403. */
  | 'key-rejected'
  /** Nothing left to spend: 402 and what providers call it under 400, 403 and 429. */
  | 'out-of-credit'
  /** A quota of days: no second try before it is reset. */
  | 'quota'
  /** 429, and the provider said when to come again. */
  | 'rate-limited'
  /** 429 without a word on when: taken for this request's bad luck. */
  | 'throttled'
  /** 529, and 503 that says so: other keys of the provider share it. */
  | 'overloaded'
  | 'model-missing'
  /** 408, 409, 425, 5xx, a connection cut before any output, an answer that is none. */
  | 'transient'
  /** Nobody answers there: DNS, refused, certificate, proxy. */
  | 'unreachable'
  /** It was waited for long enough already. */
  | 'timeout'
  /** The target could not even be asked: no key, no dialect in common, a limit of ours. */
  | 'not-servable';

export interface Failure {
  readonly class: FailureClass;
  /** What the agent would be told. */
  readonly status: number;
  /** For the route trace: `upstream-529`, `reset`; never a message. */
  readonly code: string;
  /** When to come again, as the provider said, in milliseconds from now. */
  readonly waitMs: number | undefined;
  /** The provider said whether a repetition can help (`x-should-retry`). */
  readonly shouldRetry: boolean | undefined;
}
