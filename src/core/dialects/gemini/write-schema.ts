import type { Loss } from '../../ir/loss.ts';
import { asRecord, type JsonRecord } from '../read-json.ts';

/** Google unrolls schemas and refuses deep ones; what lies below this is left open. */
const DEEPEST = 24;

const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'array', 'object', 'null']);
const TEXTS = ['title', 'description', 'pattern'];
const NUMBERS = ['minimum', 'maximum', 'minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties'];
const FORMATS = new Set(['date-time', 'date', 'time', 'float', 'double', 'int32', 'int64', 'enum']);

const READ_BY_NAME = `type format enum const default nullable properties required additionalProperties items prefixItems anyOf oneOf
  allOf $ref $defs definitions exclusiveMinimum exclusiveMaximum`;

/** Everything else (`not`, `if`, `patternProperties`, `enumDescriptions`, ...) is left out. */
const READ = new Set([...TEXTS, ...NUMBERS, ...READ_BY_NAME.split(/\s+/)]);
/** Says nothing about values; leaving it out loses nothing. */
const SILENT = new Set(['$schema', '$id', '$comment', 'propertyOrdering']);

type Schema = Record<string, unknown>;

interface Cleaning {
  readonly losses: Set<Loss>;
  /** The names under `$defs`, which is all that a `$ref` may point at. */
  readonly definitions: ReadonlySet<string>;
}

/**
 * A schema as `parametersJsonSchema` and `responseJsonSchema` take it. An allow-list: agents and MCP servers send keywords that Google
 * answers with 400, new ones all the time (wire notes, "Gemini tool schema subset").
 */
export function writeSchema(schema: JsonRecord, losses: Set<Loss>): Schema {
  const definitions = { ...asRecord(schema['definitions']), ...asRecord(schema['$defs']) };
  const cleaning: Cleaning = { losses, definitions: new Set(Object.keys(definitions)) };
  const result = clean(resolved(schema, definitions), cleaning, 0);
  if (cleaning.definitions.size > 0) result['$defs'] = cleanMap(definitions, cleaning, 1);
  return result;
}

/** A root that only points at a definition, as generators write it: the arguments must be an object there and then. */
function resolved(schema: JsonRecord, definitions: JsonRecord): JsonRecord {
  let result = schema;
  for (let hops = 0; hops < 8; hops++) {
    const target = asRecord(definitions[definitionOf(result['$ref']) ?? '']);
    if (target === undefined) return result;
    const { $ref: _, ...rest } = result;
    result = { ...rest, ...target };
  }
  return result;
}

/** The same for a tool's arguments, which are an object. */
export function writeParameters(schema: JsonRecord, losses: Set<Loss>): Schema {
  const { type, properties, $ref, ...rest } = writeSchema(schema, losses);
  if ((type !== undefined && type !== 'object') || $ref !== undefined) losses.add('schema-keywords');
  return { type: 'object', properties: properties ?? {}, ...rest };
}

function clean(given: JsonRecord, cleaning: Cleaning, depth: number): Schema {
  if (depth > DEEPEST) return lost({}, cleaning);
  const schema = withParts(given, cleaning);
  const result: Schema = {};
  for (const key of Object.keys(schema)) if (!READ.has(key) && !SILENT.has(key)) cleaning.losses.add('schema-keywords');
  for (const key of TEXTS) if (typeof schema[key] === 'string') result[key] = schema[key];
  for (const key of NUMBERS) if (typeof schema[key] === 'number') result[key] = schema[key];
  if (schema['default'] !== undefined) result['default'] = schema['default'];
  cleanType(schema, result, cleaning);
  cleanBounds(schema, result, cleaning);
  cleanEnum(schema, result, cleaning);
  cleanObject(schema, result, cleaning, depth);
  cleanArray(schema, result, cleaning, depth);
  const choices = schema['anyOf'] ?? schema['oneOf'];
  if (schema['anyOf'] !== undefined && schema['oneOf'] !== undefined) cleaning.losses.add('schema-keywords');
  if (Array.isArray(choices)) {
    const kept = choices.flatMap((each) => cleanAny(each, cleaning, depth + 1) ?? []);
    if (kept.length > 0) result['anyOf'] = kept;
  }
  return withReference(schema['$ref'], result, cleaning);
}

/** `allOf` as one schema: what the branches say is laid over each other, and what the schema says itself over that. */
function withParts(schema: JsonRecord, cleaning: Cleaning): JsonRecord {
  const all = schema['allOf'];
  if (!Array.isArray(all)) return schema;
  if (all.length > 1) cleaning.losses.add('schema-keywords');
  const branches = all.map((each) => asRecord(each) ?? {});
  const { allOf: _, ...own } = schema;
  let result: Schema = {};
  for (const branch of [...branches, own]) {
    const properties = { ...asRecord(result['properties']), ...asRecord(branch['properties']) };
    const required = [...listOf(result['required']), ...listOf(branch['required'])];
    result = { ...result, ...branch, ...(required.length > 0 ? { required } : {}) };
    if (Object.keys(properties).length > 0) result['properties'] = properties;
  }
  // One level: a branch with branches of its own is read without them.
  if (result['allOf'] !== undefined) cleaning.losses.add('schema-keywords');
  const { allOf: __, ...flat } = result;
  return flat;
}

function cleanType(schema: JsonRecord, result: Schema, cleaning: Cleaning): void {
  const given = schema['type'];
  if (given !== undefined) {
    const types = (Array.isArray(given) ? given : [given])
      .map((each: unknown) => (typeof each === 'string' ? each.toLowerCase() : ''))
      .filter((each, n, all) => TYPES.has(each) && all.indexOf(each) === n);
    if (types.length === 0) cleaning.losses.add('schema-keywords');
    else result['type'] = types.length === 1 ? types[0] : types;
  }
  if (schema['nullable'] === true && typeof result['type'] === 'string' && result['type'] !== 'null')
    result['type'] = [result['type'], 'null'];
  const format = schema['format'];
  if (format === undefined) return;
  if (typeof format === 'string' && FORMATS.has(format)) result['format'] = format;
  else cleaning.losses.add('schema-keywords');
}

/** An exclusive bound of a whole number is the next one. */
function cleanBounds(schema: JsonRecord, result: Schema, cleaning: Cleaning): void {
  for (const [key, plain, step] of [
    ['exclusiveMinimum', 'minimum', 1],
    ['exclusiveMaximum', 'maximum', -1],
  ] as const) {
    const bound = schema[key];
    if (bound === undefined) continue;
    if (result['type'] === 'integer' && typeof bound === 'number' && Number.isSafeInteger(bound)) result[plain] ??= bound + step;
    else cleaning.losses.add('schema-keywords');
  }
}

/** Texts and numbers only, and never a blank text. Numbers that are declared as texts are texts. */
function cleanEnum(schema: JsonRecord, result: Schema, cleaning: Cleaning): void {
  const given = schema['const'] === undefined ? schema['enum'] : [schema['const']];
  if (given === undefined) return;
  const values = listOf(given);
  const hasNull = values.includes(null);
  let kept: readonly unknown[] = values.filter((each) => (typeof each === 'string' && each !== '') || typeof each === 'number');
  if (kept.length < values.length - (hasNull ? 1 : 0)) cleaning.losses.add('schema-keywords');
  const types = typeof result['type'] === 'string' ? [result['type']] : listOf(result['type']);
  const numeric = types.includes('number') || types.includes('integer');
  const mixed = kept.some((each) => typeof each === 'string') && kept.some((each) => typeof each === 'number');
  if (numeric && !types.includes('string')) kept = kept.filter((each) => typeof each === 'number');
  else if (types.includes('string') || mixed) kept = kept.map(String);
  const fits = numeric || types.includes('string') || types.every((each) => each === 'null');
  if (!fits) cleaning.losses.add('schema-keywords');
  if (kept.length === 0 || !fits) return;
  result['enum'] = [...new Set(kept)];
  if (types.every((each) => each === 'null')) {
    const type = typeof kept[0] === 'string' ? 'string' : 'number';
    result['type'] = hasNull || types.length > 0 ? [type, 'null'] : type;
  } else if (hasNull && !types.includes('null')) {
    result['type'] = [...types, 'null'];
  }
}

function cleanObject(schema: JsonRecord, result: Schema, cleaning: Cleaning, depth: number): void {
  const given = asRecord(schema['properties']);
  const properties = given === undefined ? {} : cleanMap(given, cleaning, depth + 1);
  if (given !== undefined) result['properties'] = properties;
  const required = listOf(schema['required']);
  const known = [...new Set(required)].filter((name) => typeof name === 'string' && Object.hasOwn(properties, name));
  if (known.length < new Set(required).size) cleaning.losses.add('schema-keywords');
  if (known.length > 0) result['required'] = known;
  const more = schema['additionalProperties'];
  if (typeof more === 'boolean') result['additionalProperties'] = more;
  else if (asRecord(more) !== undefined) result['additionalProperties'] = clean(more as JsonRecord, cleaning, depth + 1);
}

function cleanArray(schema: JsonRecord, result: Schema, cleaning: Cleaning, depth: number): void {
  const { items } = schema;
  // Before 2020 a list of items was what prefixItems are now.
  const prefix = schema['prefixItems'] ?? (Array.isArray(items) ? items : undefined);
  if (Array.isArray(prefix)) result['prefixItems'] = prefix.map((each) => cleanAny(each, cleaning, depth + 1) ?? {});
  if (items !== undefined && !Array.isArray(items)) {
    const kept = cleanAny(items, cleaning, depth + 1);
    if (kept !== undefined) result['items'] = kept;
  }
  const isArray = result['type'] === 'array' || listOf(result['type']).includes('array');
  // An array without items is refused.
  if (isArray && result['items'] === undefined && result['prefixItems'] === undefined) result['items'] = {};
}

/** A schema may be a boolean. `false` allows nothing, which cannot be said. */
function cleanAny(schema: unknown, cleaning: Cleaning, depth: number): Schema | undefined {
  const record = asRecord(schema);
  if (record !== undefined) return clean(record, cleaning, depth);
  if (schema === true) return {};
  cleaning.losses.add('schema-keywords');
  return undefined;
}

function cleanMap(map: JsonRecord, cleaning: Cleaning, depth: number): Schema {
  // No prototype: a property named `__proto__` is a property like any other.
  const result = Object.create(null) as Schema;
  for (const [name, each] of Object.entries(map)) {
    const kept = cleanAny(each, cleaning, depth);
    if (kept !== undefined) result[name] = kept;
  }
  return result;
}

/** Nothing may stand beside a `$ref`, so what does is put around it. */
function withReference(reference: unknown, result: Schema, cleaning: Cleaning): Schema {
  if (reference === undefined) return result;
  const name = definitionOf(reference);
  if (name === undefined || !cleaning.definitions.has(name)) return lost(result, cleaning);
  const target = { $ref: `#/$defs/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` };
  if (Object.keys(result).length === 0) return target;
  return result['anyOf'] === undefined ? { ...result, anyOf: [target] } : lost(result, cleaning);
}

/** The name in `#/$defs/name`, a JSON pointer inside a URI fragment. */
function definitionOf(reference: unknown): string | undefined {
  const name = typeof reference === 'string' ? /^#\/(?:\$defs|definitions)\/([^/]+)$/.exec(reference)?.[1] : undefined;
  if (name === undefined) return undefined;
  try {
    return decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return name;
  }
}

function lost(schema: Schema, cleaning: Cleaning): Schema {
  cleaning.losses.add('schema-keywords');
  return schema;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
