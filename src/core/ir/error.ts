/**
 * Everything that can go wrong, as a value. It takes a dialect's shape only at the edge (`dialects/<id>/errors.ts`).
 * `message` is shown to a person by the agent: one sentence on what happened, one on what to do. It never holds a key,
 * a token, a path or a stack.
 */
export type ErrorCode =
  | 'bad-request'
  | 'forbidden'
  | 'unauthenticated'
  | 'not-found'
  | 'method-not-allowed'
  | 'body-too-large'
  | 'unsupported-encoding'
  | 'model-not-found'
  | 'context-too-long'
  | 'content-policy'
  | 'out-of-credit'
  | 'quota-spent'
  | 'not-supported'
  | 'no-key'
  /** A budget that the user has set. */
  | 'budget-spent'
  /** A limit that the user has set. */
  | 'limit-reached'
  | 'shutting-down'
  | 'upstream-unreachable'
  | 'upstream-timeout'
  | 'upstream-broken'
  | 'upstream-overloaded'
  | 'upstream-rate-limited'
  | 'upstream-error'
  | 'internal';

export interface GatewayError {
  readonly code: ErrorCode;
  readonly status: number;
  readonly message: string;
  /** False where repeating the same call cannot help; agents that heed it are told so (`x-should-retry: false`). */
  readonly retryable: boolean;
}

const SHAPE: Readonly<Record<ErrorCode, { status: number; retryable: boolean }>> = {
  'bad-request': { status: 400, retryable: false },
  forbidden: { status: 403, retryable: false },
  unauthenticated: { status: 401, retryable: false },
  'not-found': { status: 404, retryable: false },
  'method-not-allowed': { status: 405, retryable: false },
  'body-too-large': { status: 413, retryable: false },
  'unsupported-encoding': { status: 415, retryable: false },
  'model-not-found': { status: 404, retryable: false },
  'context-too-long': { status: 400, retryable: false },
  'content-policy': { status: 400, retryable: false },
  'out-of-credit': { status: 402, retryable: false },
  'quota-spent': { status: 429, retryable: false },
  'not-supported': { status: 501, retryable: false },
  'no-key': { status: 401, retryable: false },
  'budget-spent': { status: 429, retryable: false },
  'limit-reached': { status: 429, retryable: true },
  'shutting-down': { status: 503, retryable: true },
  'upstream-unreachable': { status: 502, retryable: true },
  'upstream-timeout': { status: 504, retryable: true },
  'upstream-broken': { status: 502, retryable: true },
  'upstream-overloaded': { status: 529, retryable: true },
  'upstream-rate-limited': { status: 429, retryable: true },
  'upstream-error': { status: 502, retryable: true },
  internal: { status: 500, retryable: true },
};

export function gatewayError(code: ErrorCode, message: string): GatewayError {
  return { code, message, ...SHAPE[code] };
}

export function isGatewayError(value: object | undefined): value is GatewayError {
  return value !== undefined && 'code' in value && 'retryable' in value;
}
