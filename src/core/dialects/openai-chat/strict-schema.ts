import type { Loss } from '../../ir/loss.ts';
import { asRecord, listAt, type JsonRecord } from '../read-json.ts';

/** Schemas as OpenAI takes them for the arguments of a function. */

/** Beside `type: "object"`, OpenAI refuses these at the top of a schema; other providers use them. */
const NOT_ON_TOP = ['oneOf', 'anyOf', 'allOf', 'enum', 'not'];

/** Deeper schemas are not looked into: strict mode allows ten levels. */
const DEEPEST = 32;

/** A tool without parameters comes as `{}` from some editors; the schema must be an object's, and have properties. */
export function objectSchema(parameters: JsonRecord, forOpenAi: boolean, losses: Set<Loss>): Record<string, unknown> {
  const schema: Record<string, unknown> = { properties: {}, ...parameters };
  if (asRecord(schema['properties']) === undefined) schema['properties'] = {};
  if (schema['type'] !== undefined && schema['type'] !== 'object') losses.add('schema-keywords');
  const result: Record<string, unknown> = { ...schema, type: 'object' };
  if (!forOpenAi) return result;
  for (const key of NOT_ON_TOP) {
    if (!(key in result)) continue;
    delete result[key];
    losses.add('schema-keywords');
  }
  return result;
}

/** Whether each object in a schema is closed and each of its properties required, as strict mode wants it. */
export function fitsStrictMode(schema: JsonRecord, depth = 0): boolean {
  if (depth > DEEPEST) return false;
  const within = (value: unknown): boolean => {
    const inner = asRecord(value);
    return inner !== undefined && fitsStrictMode(inner, depth + 1);
  };
  const types = [schema['type']].flat();
  const properties = asRecord(schema['properties']) ?? {};
  if (types.includes('object') || Object.keys(properties).length > 0) {
    const required = listAt(schema, 'required');
    if (schema['additionalProperties'] !== false) return false;
    if (!Object.keys(properties).every((key) => required.includes(key))) return false;
  }
  if (types.includes('array') && !within(schema['items'])) return false;
  const definitions = ['$defs', 'definitions'].flatMap((key) => Object.values(asRecord(schema[key]) ?? {}));
  return [...Object.values(properties), ...listAt(schema, 'anyOf'), ...definitions].every(within);
}
