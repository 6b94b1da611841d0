import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { manifestSettings } from '../../../src/core/config/manifest-settings.ts';
import { configSchema } from '../../../src/core/config/schema.ts';

interface Shown {
  readonly scope?: string;
  readonly order?: number;
  readonly description?: string;
  readonly type?: string;
  readonly default?: unknown;
  readonly additionalProperties?: { readonly properties: Record<string, unknown> };
}

interface Nested {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Nested>>;
  readonly additionalProperties?: Nested | boolean;
  readonly items?: Nested;
  readonly anyOf?: readonly Nested[];
}

/** Explained together, where their table is. */
const PRICE: ReadonlySet<string> = new Set(['input', 'output', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h']);

describe('manifestSettings', () => {
  const groups = manifestSettings();
  const properties = Object.assign({}, ...groups.map(({ properties }) => properties)) as Record<string, Shown>;

  it('offers these settings and no others, in groups', () => {
    assert.deepEqual(
      groups.map(({ title, properties }) => [title, ...Object.keys(properties).map((name) => name.replace('gatehouse.', ''))]),
      [
        ['Providers and Models', 'providers', 'models'],
        ['Agents', 'agents', 'terminal.injectEnvironment', 'modelProvider.allowUnnamedCallers'],
        ['Keys', 'keyRotation.overlapMinutes'],
        ['Cost', 'budgets', 'anomalies', 'prices', 'pricesFrom'],
        ['Gateway', 'timeouts', 'retries', 'maxBodyMegabytes', 'activity.keepForRetry'],
        ['Ledger and Telemetry', 'retention', 'telemetry'],
      ],
    );
  });

  it('lets a workspace set agents only: where keys are sent is the user’s alone', () => {
    const open = Object.entries(properties).filter(([, setting]) => setting.scope !== 'application');
    assert.deepEqual(
      open.map(([name, { scope }]) => [name, scope]),
      [['gatehouse.agents', 'resource']],
    );
  });

  it('offers no setting in which a key could be written down', () => {
    assert.doesNotMatch(JSON.stringify(properties), /secret|apiKey|password|"env"/i);
  });

  it('does not offer what is refused', () => {
    const agent = properties['gatehouse.agents']?.additionalProperties?.properties ?? {};
    assert.deepEqual(Object.keys(agent), ['kind', 'model', 'provider', 'environment', 'routes', 'fallbacks', 'allow', 'limits']);
  });

  it('explains every setting inside the others', () => {
    const missing: string[] = [];
    const visit = (path: string, schema: Nested): void => {
      for (const [name, inner] of Object.entries(schema.properties ?? {})) {
        if (!inner.description && !PRICE.has(name)) missing.push(`${path}.${name}`);
        visit(`${path}.${name}`, inner);
      }
      for (const inner of [schema.additionalProperties, schema.items, ...(schema.anyOf ?? [])]) {
        if (typeof inner === 'object') visit(path, inner);
      }
    };
    for (const [name, setting] of Object.entries(properties)) visit(name, setting as Nested);
    assert.deepEqual(missing, []);
  });

  it('explains each setting and gives it a type, a default and a place', () => {
    for (const [name, setting] of Object.entries(properties)) {
      assert.ok(setting.description, name);
      assert.ok(setting.type, name);
      assert.notEqual(setting.default, undefined, name);
    }
    for (const group of groups) {
      const places = Object.values(group.properties as Record<string, Shown>).map(({ order }) => order);
      assert.deepEqual(
        places,
        places.map((_, at) => at),
      );
    }
  });

  it('has defaults that the schema itself accepts', () => {
    const own = Object.entries(properties)
      .map(([name, setting]) => [name.slice('gatehouse.'.length), setting.default] as const)
      .filter(([name]) => name in configSchema.shape);
    assert.ok(own.length > 5);
    assert.ok(configSchema.safeParse(Object.fromEntries(own)).success);
  });
});
