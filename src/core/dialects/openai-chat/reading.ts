import { gatewayError, isGatewayError, type GatewayError } from '../../ir/error.ts';
import { asRecord, type JsonRecord } from '../read-json.ts';

/**
 * Exact reading of what agents send: a field of the wrong kind is refused by its name, since nobody can know what was meant.
 * Null stands for a field that was left out, as in OpenAI's API. A path is `messages[2].content`; the body's own is empty.
 */

/** Unwinds a reader that is deep in a body; it never leaves `orRefusal`. */
class Refused extends Error {
  readonly error: GatewayError;

  constructor(error: GatewayError) {
    super(error.message);
    this.error = error;
  }
}

export function refuse(message: string): never {
  throw new Refused(gatewayError('bad-request', message));
}

export function orRefusal<Read extends object>(read: () => Read): Read | GatewayError {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refused && isGatewayError(error.error)) return error.error;
    throw error;
  }
}

export function pathOf(where: string, key: string): string {
  return where === '' ? key : `${where}.${key}`;
}

export function recordOf(value: unknown, where: string): JsonRecord {
  return asRecord(value) ?? wrong(where, 'an object', value);
}

export function textIn(record: JsonRecord, key: string, where = ''): string | undefined {
  const value = record[key] ?? undefined;
  return value === undefined || typeof value === 'string' ? value : wrong(pathOf(where, key), 'a text', value);
}

export function neededText(record: JsonRecord, key: string, where = ''): string {
  const value = textIn(record, key, where);
  return value === undefined || value === '' ? missing(pathOf(where, key)) : value;
}

export function booleanIn(record: JsonRecord, key: string, where = ''): boolean | undefined {
  const value = record[key] ?? undefined;
  return value === undefined || typeof value === 'boolean' ? value : wrong(pathOf(where, key), 'true or false', value);
}

export function recordIn(record: JsonRecord, key: string, where = ''): JsonRecord | undefined {
  const value = record[key] ?? undefined;
  return value === undefined ? undefined : recordOf(value, pathOf(where, key));
}

export function listIn(record: JsonRecord, key: string, where = ''): readonly unknown[] {
  const value = record[key] ?? [];
  return Array.isArray(value) ? value : wrong(pathOf(where, key), 'a list', value);
}

export function wordIn<Word extends string>(record: JsonRecord, key: string, words: readonly Word[], where = ''): Word | undefined {
  const value = textIn(record, key, where);
  if (value === undefined) return undefined;
  const word = words.find((each) => each === value);
  return word ?? refuse(`"${pathOf(where, key)}" is "${shown(value)}", but must be one of ${words.join(', ')}.`);
}

export function numberIn(record: JsonRecord, key: string, range: Range, where = ''): number | undefined {
  const value = record[key] ?? undefined;
  if (value === undefined) return undefined;
  const kind = range.whole === true ? 'a whole number' : 'a number';
  if (typeof value !== 'number' || (range.whole === true && !Number.isSafeInteger(value)))
    return wrong(pathOf(where, key), kind, value);
  if (value < (range.least ?? -Infinity) || value > (range.most ?? Infinity)) {
    const bounds = [
      ...(range.least === undefined ? [] : [`${range.least} or more`]),
      ...(range.most === undefined ? [] : [`${range.most} or less`]),
    ];
    return refuse(`"${pathOf(where, key)}" is ${value}, but must be ${bounds.join(' and ')}.`);
  }
  return value;
}

export interface Range {
  readonly least?: number;
  readonly most?: number;
  readonly whole?: true;
}

export function missing(path: string): never {
  return refuse(`"${path}" is missing.`);
}

export function wrong(path: string, wanted: string, value: unknown): never {
  return value === undefined || value === null ? missing(path) : refuse(`"${path}" must be ${wanted}, not ${kindOf(value)}.`);
}

/** Fields with such values need not be told as lost. */
export function saysNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** Members that are there, for spreading into a value whose optional members may not be undefined. */
export function said<Fields extends Record<string, unknown>>(
  fields: Fields,
): { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Fields]?: Exclude<Fields[Key], undefined>;
  };
}

/** A word of the agent's inside a sentence of ours. */
export function shown(value: string): string {
  const line = value.replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 60)}...` : line;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return 'a text';
    case 'number':
      return 'a number';
    case 'boolean':
      return String(value);
    default:
      return 'an object';
  }
}
