import { asRecord, type JsonRecord } from '../read-json.ts';
import { snake } from './reading.ts';

/** Deeper schemas are attacks or errors: Google refuses them far earlier. */
const DEEPEST = 64;

const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'array', 'object', 'null']);

/** Counts of Google's `Schema` are 64-bit integers, which its JSON writes as texts. */
const COUNTS = new Set(['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties']);

/** Names of Google's `Schema` that differ between its two spellings. */
const CAMEL: ReadonlyMap<string, string> = new Map(
  ['anyOf', 'propertyOrdering', 'additionalProperties', 'prefixItems', ...COUNTS].map((name) => [snake(name), name]),
);

const SCHEMAS = new Set(['items', 'additionalProperties', 'not']);
const SCHEMA_LISTS = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);
const SCHEMA_MAPS = new Set(['properties', '$defs', 'definitions', 'patternProperties']);

/**
 * A schema of this dialect as JSON Schema. Both kinds pass here: Google's own `Schema` (`STRING`, `nullable`), and what Gemini CLI
 * sends as JSON Schema, whose types are in upper case, too.
 */
export function readSchema(schema: JsonRecord, depth = 0): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  if (depth > DEEPEST) return result;
  const inner = (value: unknown): unknown => {
    const record = asRecord(value);
    return record === undefined ? value : readSchema(record, depth + 1);
  };
  for (const [name, value] of Object.entries(schema)) {
    const key = CAMEL.get(name) ?? name;
    if (key === 'type') setDefined(result, key, readType(value));
    else if (key === 'nullable' || key === 'propertyOrdering' || value === null || value === undefined) continue;
    else if (key === 'format' && value === 'enum') continue;
    else if (key === 'example') result['examples'] = [value];
    else if (COUNTS.has(key)) result[key] = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
    else if (SCHEMA_LISTS.has(key) && Array.isArray(value)) result[key] = value.map(inner);
    else if (SCHEMA_MAPS.has(key) && asRecord(value) !== undefined)
      result[key] = Object.fromEntries(Object.entries(value as JsonRecord).map(([each, one]) => [each, inner(one)]));
    else if (SCHEMAS.has(key)) result[key] = inner(value);
    else result[key] = value;
  }
  return schema['nullable'] === true ? nullable(result) : result;
}

function readType(value: unknown): unknown {
  if (Array.isArray(value)) {
    const types = value.map(readType).filter((each) => each !== undefined);
    return types.length === 0 ? undefined : types;
  }
  if (typeof value !== 'string' || value.toUpperCase() === 'TYPE_UNSPECIFIED') return undefined;
  return TYPES.has(value.toLowerCase()) ? value.toLowerCase() : value;
}

function nullable(schema: Record<string, unknown>): Record<string, unknown> {
  const result = { ...schema };
  const { type, enum: values, anyOf } = result;
  if (typeof type === 'string') result['type'] = [type, 'null'];
  else if (Array.isArray(type) && !type.includes('null')) result['type'] = [...(type as unknown[]), 'null'];
  if (Array.isArray(values) && !values.includes(null)) result['enum'] = [...(values as unknown[]), null];
  if (Array.isArray(anyOf) && !anyOf.some((each) => asRecord(each)?.['type'] === 'null'))
    result['anyOf'] = [...(anyOf as unknown[]), { type: 'null' }];
  return result;
}

function setDefined(target: Record<string, unknown>, key: string, value: unknown): void {
  if (value !== undefined) target[key] = value;
}
