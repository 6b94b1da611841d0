import type { Loss } from '../ir/loss.ts';
import { asRecord, listAt, recordAt, type JsonRecord } from './read-json.ts';

/** Schemas as OpenAI takes them, in both of its dialects. */

/** Deeper ones are not looked into: strict mode allows ten levels. */
const DEEPEST = 32;

/**
 * Whether OpenAI takes a schema as strict: every object closed, every property required. Without `strict: false` it takes every
 * schema for a strict one and refuses those that are not.
 */
export function isStrictSchema(schema: JsonRecord): boolean {
  return schema['type'] === 'object' && strictWithin(schema, 0);
}

function strictWithin(value: unknown, depth: number): boolean {
  const schema = asRecord(value);
  if (schema === undefined || depth > DEEPEST) return false;
  if (isObjectType(schema['type'])) {
    if (schema['additionalProperties'] !== false) return false;
    const required = listAt(schema, 'required');
    const properties = Object.entries(recordAt(schema, 'properties') ?? {});
    if (!properties.every(([name, inner]) => required.includes(name) && strictWithin(inner, depth + 1))) return false;
    if (required.length !== properties.length) return false;
  } else if (schema['properties'] !== undefined) {
    return false;
  }
  if (schema['type'] === 'array' && schema['items'] === undefined) return false;
  if (UNKNOWN_TO_STRICT.some((keyword) => schema[keyword] !== undefined)) return false;
  const definitions = ['$defs', 'definitions'].flatMap((key) => Object.values(recordAt(schema, key) ?? {}));
  const inner = schema['items'] === undefined ? [] : [schema['items']];
  const all = [...inner, ...listAt(schema, 'anyOf'), ...definitions];
  return all.every((each) => strictWithin(each, depth + 1)) && saysWhatItIs(schema);
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

/**
 * The schema of a function's arguments. It must be an object's; some editors send `{}` for a tool without any. Alternatives on its top
 * level are refused by OpenAI, and used by others.
 */
export function functionParameters(schema: JsonRecord, forOpenAi: boolean, losses: Set<Loss>): JsonRecord {
  const refused = forOpenAi ? REFUSED_ON_TOP.filter((keyword) => schema[keyword] !== undefined) : [];
  const hasProperties = asRecord(schema['properties']) !== undefined;
  if (schema['type'] === 'object' && hasProperties && refused.length === 0) return schema;
  const { type, properties, ...rest } = schema;
  if (refused.length > 0 || (type !== undefined && type !== 'object')) losses.add('schema-keywords');
  const kept = Object.fromEntries(Object.entries(rest).filter(([keyword]) => !refused.includes(keyword)));
  return { type: 'object', properties: hasProperties ? properties : {}, ...kept };
}
