import { gatewayError, type GatewayError } from '../../ir/error.ts';
import type { Loss } from '../../ir/loss.ts';

/** One reading of a request: what it could not keep, and the first thing in it that has no meaning. */
export interface Reading {
  readonly losses: Set<Loss>;
  fault: GatewayError | undefined;
}

/** Reading goes on with whatever the caller has: the first fault is the answer in any case. */
export function refuse(reading: Reading, sentence: string): undefined {
  reading.fault ??= gatewayError('bad-request', sentence);
  return undefined;
}

/** `a string`, `an object`: what somebody sent instead of what was wanted. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** A name of the agent's choice, as it may stand in a sentence. */
export function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : kindOf(value);
  return `"${text.replace(/\s+/g, ' ').slice(0, 80)}"`;
}
