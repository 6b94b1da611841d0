import type { CacheMark } from '../../ir/call.ts';
import { gatewayError, type GatewayError } from '../../ir/error.ts';
import type { Loss } from '../../ir/loss.ts';
import { asRecord } from '../read-json.ts';

/** What goes along while one request is read. */
export interface Reading {
  readonly losses: Set<Loss>;
  /** Names of the tools that were called so far, by call id: results do not repeat them. */
  readonly toolNames: Map<string, string>;
  /** The first fault wins; reading goes on, and what it yields is thrown away. `reason` is a sentence without its full stop. */
  refuse(where: string, reason: string): void;
  readonly fault: GatewayError | undefined;
}

export function newReading(): Reading {
  let fault: GatewayError | undefined;
  return {
    losses: new Set(),
    toolNames: new Map(),
    refuse(where, reason) {
      fault ??= gatewayError('bad-request', `${where}: ${reason}.`);
    },
    get fault() {
      return fault;
    },
  };
}

export function cacheMark(control: unknown): CacheMark | undefined {
  const record = asRecord(control);
  if (record === undefined) return undefined;
  return record['ttl'] === '1h' ? '1h' : '5m';
}
