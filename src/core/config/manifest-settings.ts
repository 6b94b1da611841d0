import * as z from 'zod';
import { configSchema, editorSettingsSchema } from './schema.ts';

type JsonSchema = { [key: string]: unknown; properties?: Record<string, JsonSchema> };

interface SettingsGroup {
  readonly title: string;
  readonly order: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** How the settings page groups them, and in which order. Every setting stands in one group. */
const GROUPS: readonly (readonly [title: string, settings: readonly string[]])[] = [
  ['Providers and Models', ['providers', 'models']],
  ['Agents', ['agents', 'terminal.injectEnvironment', 'modelProvider.allowUnnamedCallers']],
  ['Keys', ['keyRotation.overlapMinutes']],
  ['Cost', ['budgets', 'anomalies', 'prices', 'pricesFrom']],
  ['Gateway', ['timeouts', 'retries', 'maxBodyMegabytes', 'activity.keepForRetry']],
  ['Ledger and Telemetry', ['retention', 'telemetry']],
];

/** The `contributes.configuration` of the extension's manifest, from the schema. `npm run manifest` writes it, `npm run check` compares. */
export function manifestSettings(): readonly SettingsGroup[] {
  const all = { ...propertiesOf(configSchema), ...propertiesOf(editorSettingsSchema) };
  const shown = Object.keys(all).filter((name) => ['application', 'resource'].includes(String(all[name]?.['scope'])));
  const grouped = GROUPS.flatMap(([, settings]) => settings);
  const wrong = [...shown.filter((name) => !grouped.includes(name)), ...grouped.filter((name) => !shown.includes(name))];
  if (wrong.length > 0) throw new Error(`not in one group of settings each: ${wrong.join(', ')}`);
  return GROUPS.map(([title, settings], order) => ({
    title,
    order,
    properties: Object.fromEntries(
      settings.map((name, place) => [`gatehouse.${name}`, { ...clean(all[name] ?? {}), order: place }]),
    ),
  }));
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
