import { gatewayError, type GatewayError } from '../../ir/error.ts';
import { asRecord, type JsonRecord } from '../read-json.ts';

/**
 * Exact reading of an agent's fields: null is absent, and a field of the wrong kind is a fault. The first fault is kept, so that a
 * reader can take all fields in one go and look once.
 */
export class ExactFields {
  readonly #body: JsonRecord;
  readonly #read = new Set<string>();
  fault: GatewayError | undefined;

  constructor(body: JsonRecord) {
    this.#body = body;
  }

  /** Names that nobody has asked for, nulls left out. */
  get unread(): readonly string[] {
    return Object.keys(this.#body).filter((name) => !this.#read.has(name) && this.#body[name] !== null);
  }

  any(name: string): unknown {
    this.#read.add(name);
    return this.#body[name] ?? undefined;
  }

  text(name: string): string | undefined {
    const value = this.any(name);
    if (value === undefined || typeof value === 'string') return value;
    return this.refuse(name, 'must be a text.');
  }

  flag(name: string): boolean | undefined {
    const value = this.any(name);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.refuse(name, 'must be true or false.');
  }

  number(name: string, least: number, most: number): number | undefined {
    const value = this.any(name);
    if (value === undefined || (typeof value === 'number' && value >= least && value <= most)) return value;
    return this.refuse(name, `must be a number from ${least} to ${most}.`);
  }

  integer(name: string, least: number): number | undefined {
    const value = this.any(name);
    if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value) && value >= least)) return value;
    return this.refuse(name, Number.isFinite(least) ? `must be a whole number, ${least} or more.` : 'must be a whole number.');
  }

  /** One text or a list of texts. */
  texts(name: string): readonly string[] {
    const value = this.any(name);
    if (value === undefined) return [];
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    const texts = list.filter((each) => typeof each === 'string');
    if (texts.length !== list.length) this.refuse(name, 'must be a text or a list of texts.');
    return texts;
  }

  record(name: string): JsonRecord | undefined {
    const value = this.any(name);
    if (value === undefined) return undefined;
    return asRecord(value) ?? this.refuse(name, 'must be an object.');
  }

  refuse(name: string, reason: string): undefined {
    this.fault ??= gatewayError('bad-request', `${name} ${reason}`);
    return undefined;
  }
}
