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

describe('manifestSettings', () => {
  const properties = manifestSettings().properties as Record<string, Shown>;

  it('offers these settings and no others', () => {
    assert.deepEqual(Object.keys(properties), [
      'gatehouse.providers',
      'gatehouse.agents',
      'gatehouse.timeouts',
      'gatehouse.maxBodyMegabytes',
      'gatehouse.terminal.injectEnvironment',
      'gatehouse.models.allowUnnamedCallers',
    ]);
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
    assert.deepEqual(Object.keys(agent), ['kind', 'model', 'provider']);
  });

  it('explains each setting and gives it a type, a default and a place', () => {
    for (const [name, setting] of Object.entries(properties)) {
      assert.ok(setting.description, name);
      assert.ok(setting.type, name);
      assert.notEqual(setting.default, undefined, name);
    }
    assert.deepEqual(
      Object.values(properties).map(({ order }) => order),
      [0, 1, 2, 3, 4, 5],
    );
  });

  it('has defaults that the schema itself accepts', () => {
    const own = Object.entries(properties)
      .map(([name, setting]) => [name.slice('gatehouse.'.length), setting.default] as const)
      .filter(([name]) => name in configSchema.shape);
    assert.equal(own.length, 4);
    assert.ok(configSchema.safeParse(Object.fromEntries(own)).success);
  });
});
