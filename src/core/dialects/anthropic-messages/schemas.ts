import type { Loss } from '../../ir/loss.ts';
import { asRecord, listAt, recordAt, textAt, type JsonRecord } from '../read-json.ts';

type Json = Record<string, unknown>;

const JOINERS = ['allOf', 'anyOf', 'oneOf'] as const;

/**
 * The schema of a tool's arguments: an object that is none of several at its top, which is refused. Alternatives become one object
 * with the properties of all, where only what each of them requires is required.
 */
export function toolSchema(parameters: JsonRecord, losses: Set<Loss>): Json {
  const schema: Json = parameters['type'] === 'object' ? { ...parameters } : { properties: {}, ...parameters, type: 'object' };
  const joins = JOINERS.filter((key) => key in schema);
  if (joins.length === 0) return schema;
  losses.add('schema-keywords');
  let properties: Json = { ...recordAt(schema, 'properties') };
  let required = namesAt(schema, 'required');
  for (const key of joins) {
    const branches = listAt(schema, key).map((branch) => resolved(branch, parameters));
    delete schema[key];
    for (const branch of branches) properties = joined(properties, recordAt(branch, 'properties') ?? {}, key);
    const named = branches.map((branch) => namesAt(branch, 'required'));
    const wanted = key === 'allOf' ? named.flat() : (named[0] ?? []).filter((name) => named.every((each) => each.includes(name)));
    required = [...new Set([...required, ...wanted])];
  }
  return { ...schema, properties, ...(required.length > 0 ? { required } : {}) };
}

/** What one name means in several branches: all of it, or any. */
function joined(one: Json, other: JsonRecord, key: (typeof JOINERS)[number]): Json {
  const result: Json = { ...one };
  for (const [name, schema] of Object.entries(other)) {
    const before = Object.hasOwn(result, name) ? result[name] : undefined;
    const same = before === undefined || JSON.stringify(before) === JSON.stringify(schema);
    result[name] = same ? schema : { [key === 'allOf' ? 'allOf' : 'anyOf']: [before, schema] };
  }
  return result;
}

/** A branch, or what its local reference points at. */
function resolved(branch: unknown, root: JsonRecord): JsonRecord {
  const record = asRecord(branch) ?? {};
  const path = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(textAt(record, '$ref') ?? '');
  return (path && recordAt(recordAt(root, path[1]!), path[2]!)) ?? record;
}

function namesAt(schema: JsonRecord, key: string): readonly string[] {
  return listAt(schema, key).filter((name) => typeof name === 'string');
}

/** Keywords that hold no schema and are taken as they are. */
const PLAIN = new Set(['type', 'enum', 'const', 'required', 'description', 'title', 'default', '$ref', 'examples']);

const FORMATS = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid']);

/**
 * The schema of an answer, in the subset that is enforced: every object is closed, and limits on numbers, lengths and counts are
 * refused. What is taken out goes into the description, so that the model still reads it.
 */
export function answerSchema(schema: JsonRecord, losses: Set<Loss>): Json {
  const result: Json = {};
  const taken: string[] = [];
  for (const [key, value] of Object.entries(schema)) {
    if (key === '$schema' || key === '$id') continue;
    if (PLAIN.has(key)) result[key] = value;
    else if (key === 'properties' || key === '$defs' || key === 'definitions') result[key] = eachIn(value, losses);
    else if (key === 'items' && !Array.isArray(value)) result[key] = subschema(value, losses);
    else if (key === 'anyOf' || key === 'allOf') result[key] = all(value, losses);
    else if (key === 'oneOf' && !('anyOf' in schema)) result['anyOf'] = all(value, losses);
    else if (key === 'format' && typeof value === 'string' && FORMATS.has(value)) result[key] = value;
    else if (key === 'minItems' && (value === 0 || value === 1)) result[key] = value;
    else if (key === 'additionalProperties' && (value === false || value === undefined)) continue;
    else taken.push(`${key}: ${JSON.stringify(value)}`);
  }
  if (isObjectSchema(schema)) Object.assign(result, { type: schema['type'] ?? 'object', additionalProperties: false });
  if (taken.length > 0) {
    losses.add('schema-keywords');
    result['description'] = [textAt(schema, 'description'), `(${taken.join(', ')})`].filter(Boolean).join(' ');
  }
  return result;
}

function isObjectSchema(schema: JsonRecord): boolean {
  const type = schema['type'];
  return type === 'object' || (Array.isArray(type) && type.includes('object')) || (type === undefined && 'properties' in schema);
}

function eachIn(value: unknown, losses: Set<Loss>): Json {
  return Object.fromEntries(Object.entries(asRecord(value) ?? {}).map(([name, inner]) => [name, subschema(inner, losses)]));
}

function all(value: unknown, losses: Set<Loss>): unknown[] {
  return Array.isArray(value) ? value.map((inner) => subschema(inner, losses)) : [];
}

/** `true` and `false` are schemas, too. */
function subschema(value: unknown, losses: Set<Loss>): unknown {
  const record = asRecord(value);
  return record === undefined ? value : answerSchema(record, losses);
}
