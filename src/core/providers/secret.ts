import { inspect } from 'node:util';

/**
 * A provider key in memory. It does not print, serialise or inspect to its value, so a stray log line or error cannot carry it;
 * only `sign.ts` and the redaction of upstream errors ask for it.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
