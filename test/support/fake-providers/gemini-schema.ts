import { fieldsOf, isObject, kindOf, listOf, refuse, textOf, wordOf, words } from './dialect.ts';

/** The `Schema` message of the Gemini API: what is not in this list is an unknown field, and one is enough to refuse the request. */
const KEYWORDS = words(`
  type format title description nullable enum maxItems minItems properties required minProperties maxProperties minLength
  maxLength pattern example anyOf propertyOrdering default items minimum maximum
`);
const TYPES = ['STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'ARRAY', 'OBJECT', 'NULL', 'TYPE_UNSPECIFIED'];
const FORMATS: Readonly<Record<string, readonly string[]>> = {
  STRING: ['enum', 'date-time'],
  NUMBER: ['float', 'double'],
  INTEGER: ['int32', 'int64'],
};

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export function checkSchema(value: unknown, where: string): void {
  if (!isObject(value))
    refuse(`Invalid value at '${where}' (type.googleapis.com/google.ai.generativelanguage.v1beta.Schema), ${kindOf(value)}`);
  for (const name of Object.keys(value)) {
    if (KEYWORDS.includes(name) || KEYWORDS.some((each) => snake(each) === name)) continue;
    refuse(`Invalid JSON payload received. Unknown name "${name}" at '${where}': Cannot find field.`);
  }
  if (Array.isArray(value['type'])) {
    refuse(`Invalid JSON payload received. Unknown name "type" at '${where}': Proto field is not repeating, cannot start list.`);
  }
  const type = textOf(value['type']).toUpperCase();
  if (value['type'] !== undefined && !TYPES.includes(type)) {
    refuse(
      `Invalid value at '${where}.type' (type.googleapis.com/google.ai.generativelanguage.v1beta.Type), "${wordOf(value['type'])}"`,
    );
  }
  const format = value['format'];
  if (format !== undefined && !(FORMATS[type] ?? []).includes(textOf(format))) {
    refuse(`* GenerateContentRequest.${where}.format: only 'enum' and 'date-time' are supported for STRING type\n`);
  }
  if (value['enum'] !== undefined) {
    const odd = listOf(value['enum']).findIndex((each) => typeof each !== 'string');
    if (odd !== -1) refuse(`Invalid value at '${where}.enum[${odd}]' (TYPE_STRING), ${JSON.stringify(listOf(value['enum'])[odd])}`);
    if (type !== 'STRING') refuse(`* GenerateContentRequest.${where}.enum: only allowed for STRING type\n`);
    if (listOf(value['enum']).includes('')) refuse(`* GenerateContentRequest.${where}.enum[0]: cannot be empty\n`);
  }
  if (type === 'ARRAY' && value['items'] === undefined) refuse(`* GenerateContentRequest.${where}.items: missing field.\n`);
  const properties = fieldsOf(value['properties']);
  if (type === 'OBJECT' && Object.keys(properties).length === 0) {
    refuse(`* GenerateContentRequest.${where}.properties: should be non-empty for OBJECT type\n`);
  }
  listOf(value['required']).forEach((name, at) => {
    if (!(textOf(name) in properties)) refuse(`* GenerateContentRequest.${where}.required[${at}]: property is not defined\n`);
  });
  for (const [name, inner] of Object.entries(properties)) checkSchema(inner, `${where}.properties[${name}]`);
  if (value['items'] !== undefined) checkSchema(value['items'], `${where}.items`);
  listOf(value['anyOf'] ?? value['any_of']).forEach((inner, at) => checkSchema(inner, `${where}.any_of[${at}]`));
}
