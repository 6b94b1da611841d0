import type { Clock } from '../../../../src/core/ports.ts';
import type { Failure, FailureClass } from '../../../../src/core/routing/failures/failure.ts';
import type { Place } from '../../../../src/core/routing/health/health.ts';

/** Moved by hand, at once: health has no timers, and properties take many steps. */
export class HandClock implements Clock {
  #elapsed = 0;

  now(): number {
    return Date.UTC(2026, 10, 2, 12) + this.#elapsed;
  }

  monotonic(): number {
    return 5000 + this.#elapsed;
  }

  advance(milliseconds: number): void {
    this.#elapsed += milliseconds;
  }
}

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** A new object each time, as each request has its own. */
export function placeAt(model = 'opus', key = 'anthropic/work', provider = 'anthropic'): Place {
  return { provider, model, key };
}

const STATUS: Partial<Record<FailureClass, number>> = {
  'key-rejected': 401,
  'out-of-credit': 402,
  quota: 429,
  'rate-limited': 429,
};

export function failure(kind: FailureClass, more: Partial<Failure> = {}): Failure {
  return { class: kind, status: STATUS[kind] ?? 500, code: 'test', waitMs: undefined, shouldRetry: undefined, ...more };
}
