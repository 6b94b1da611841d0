import { gatewayError, type GatewayError } from '../../ir/error.ts';
import { fieldLoss, type Loss } from '../../ir/loss.ts';
import { asRecord, type JsonRecord } from '../read-json.ts';

/** What a part can hold and a call can, too. */
export const PART = ['text', 'thought', 'thoughtSignature', 'inlineData', 'fileData', 'functionCall', 'functionResponse'];

/** What is noted while a request is read: what is left out, and the first thing that has no meaning. */
export class Reading {
  readonly losses = new Set<Loss>();
  #refused: GatewayError | undefined;

  get refused(): GatewayError | undefined {
    return this.#refused;
  }

  /** Only the first counts; reading goes on, so that nothing but the end has to look. */
  refuse(message: string): undefined {
    this.#refused ??= gatewayError('bad-request', message);
    return undefined;
  }

  lose(loss: Loss): undefined {
    this.losses.add(loss);
    return undefined;
  }

  /** Names the fields of `record` that nobody reads. */
  loseUnknown(record: JsonRecord, known: readonly string[], prefix = ''): void {
    for (const [name, value] of Object.entries(record)) {
      if (isAbsent(value) || known.includes(name) || known.some((each) => snake(each) === name)) continue;
      this.losses.add(fieldLoss(prefix + name));
    }
  }

  number(record: JsonRecord, name: string, where: string): number | undefined {
    const value = field(record, name);
    if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
    return this.refuse(`${where}${name} must be a number.`);
  }

  text(record: JsonRecord, name: string, where: string): string | undefined {
    const value = field(record, name);
    if (value === undefined || typeof value === 'string') return value;
    return this.refuse(`${where}${name} must be a text.`);
  }

  record(record: JsonRecord, name: string, where: string): JsonRecord | undefined {
    const value = field(record, name);
    if (value === undefined) return undefined;
    return asRecord(value) ?? this.refuse(`${where}${name} must be an object.`);
  }

  /** One object stands for a list of one, as Google reads it, too. */
  records(record: JsonRecord, name: string, where: string): readonly JsonRecord[] {
    const value = field(record, name);
    if (value === undefined) return [];
    const all = (Array.isArray(value) ? value : [value]).map(asRecord);
    const known = all.filter((each) => each !== undefined);
    if (known.length !== all.length) this.refuse(`${where}${name} must be a list of objects.`);
    return known;
  }

  texts(record: JsonRecord, name: string, where: string): readonly string[] | undefined {
    const value = field(record, name);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
    return this.refuse(`${where}${name} must be a list of texts.`);
  }
}

/** The API takes both spellings of a field, and null for none. */
export function field(record: JsonRecord | undefined, name: string): unknown {
  const value = record?.[name] ?? record?.[snake(name)];
  return isAbsent(value) ? undefined : value;
}

export function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}
