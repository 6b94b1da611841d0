import * as z from 'zod';
import { configSchema, editorSettingsSchema } from './schema.ts';

type JsonSchema = { [key: string]: unknown; properties?: Record<string, JsonSchema> };

/** The `contributes.configuration` of the extension's manifest, from the schema. `npm run manifest` writes it, `npm run check` compares. */
export function manifestSettings(): { title: string; properties: Record<string, unknown> } {
  const all = { ...propertiesOf(configSchema), ...propertiesOf(editorSettingsSchema) };
  const shown = Object.entries(all).filter(([, schema]) => schema['scope'] === 'application' || schema['scope'] === 'resource');
  return {
    title: 'Gatehouse',
    properties: Object.fromEntries(
      shown.map(([name, schema]) => [
        `gatehouse.${name}`,
        { ...clean(schema), order: shown.findIndex(([other]) => other === name) },
      ]),
    ),
  };
}

function propertiesOf(schema: z.ZodType): Record<string, JsonSchema> {
  return (z.toJSONSchema(schema, { io: 'input', target: 'draft-7', unrepresentable: 'any' }) as JsonSchema).properties ?? {};
}

/**
 * Settings pages know `description` as plain text; reserved names (no type, see `notYet`) and what only the headless file has are not
 * offered.
 */
function clean(schema: JsonSchema): JsonSchema {
  const { $schema: _, properties, anyOf, ...rest } = schema;
  const nested = ['additionalProperties', 'items'].filter((key) => typeof rest[key] === 'object' && rest[key] !== null);
  return {
    ...rest,
    ...Object.fromEntries(nested.map((key) => [key, clean(rest[key] as JsonSchema)])),
    ...(Array.isArray(anyOf) && { anyOf: (anyOf as JsonSchema[]).map(clean) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties)
          .filter(([, property]) => Object.keys(property).length > 0 && property['scope'] !== 'headless')
          .map(([name, property]) => [name, clean(property)]),
      ),
    }),
  };
}
