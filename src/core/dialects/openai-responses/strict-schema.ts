import type { Loss } from '../../ir/loss.ts';
import { asRecord, listAt, recordAt, type JsonRecord } from '../read-json.ts';

/**
 * Whether OpenAI takes a schema as strict: every object closed, every property required. Without `strict: false` it takes every
 * schema for a strict one and refuses those that are not.
 */
export function isStrictSchema(schema: JsonRecord): boolean {
  return schema['type'] === 'object' && strictWithin(schema);
}

function strictWithin(value: unknown): boolean {
  const schema = asRecord(value);
  if (schema === undefined) return false;
  if (isObjectType(schema['type'])) {
    if (schema['additionalProperties'] !== false) return false;
    const required = listAt(schema, 'required');
    const properties = Object.entries(recordAt(schema, 'properties') ?? {});
    if (!properties.every(([name, inner]) => required.includes(name) && strictWithin(inner))) return false;
    if (required.length !== properties.length) return false;
  } else if (schema['properties'] !== undefined) {
    return false;
  }
  if (schema['type'] === 'array' && schema['items'] === undefined) return false;
  if (UNKNOWN_TO_STRICT.some((keyword) => schema[keyword] !== undefined)) return false;
  const definitions = ['$defs', 'definitions'].flatMap((key) => Object.values(recordAt(schema, key) ?? {}));
  const inner = schema['items'] === undefined ? [] : [schema['items']];
  return [...inner, ...listAt(schema, 'anyOf'), ...definitions].every(strictWithin) && saysWhatItIs(schema);
}

/** Refused in strict schemas, by OpenAI's guide to structured outputs. */
const UNKNOWN_TO_STRICT = [
  'allOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'patternProperties',
  'propertyNames',
  'unevaluatedProperties',
  'unevaluatedItems',
  'contains',
  'prefixItems',
  'uniqueItems',
  'default',
];

function saysWhatItIs(schema: JsonRecord): boolean {
  return ['type', 'anyOf', '$ref', 'enum', 'const'].some((keyword) => schema[keyword] !== undefined);
}

function isObjectType(type: unknown): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object'));
}

const REFUSED_ON_TOP = ['oneOf', 'anyOf', 'allOf', 'enum', 'not'];

/** Parameters must be an object's schema; alternatives are refused on its top level. */
export function parametersOf(schema: JsonRecord, losses: Set<Loss>): JsonRecord {
  const refused = REFUSED_ON_TOP.filter((keyword) => schema[keyword] !== undefined);
  if (schema['type'] === 'object' && refused.length === 0) return schema;
  const { type, ...rest } = schema;
  if (refused.length > 0 || (type !== undefined && type !== 'object')) losses.add('schema-keywords');
  const kept = Object.fromEntries(Object.entries(rest).filter(([keyword]) => !refused.includes(keyword)));
  return { type: 'object', properties: {}, ...kept };
}
