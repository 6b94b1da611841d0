import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { TelemetryHeaders } from '../../../src/vscode/telemetry-headers.ts';
import { memorySecrets, once, refusing } from './secret-storage.ts';

const ORIGIN = 'https://otlp.example.com';
const header = (name: string, value = `value of ${name}`) => ({ name, value, origin: ORIGIN });

describe('TelemetryHeaders', () => {
  it('gives back what it was given, one value a name', async () => {
    const headers = new TelemetryHeaders(memorySecrets());
    await headers.set(header('authorization', 'Bearer old'));
    await headers.set(header('x-team'));
    await headers.set(header('authorization', 'Bearer new'));
    assert.deepEqual(await headers.list(), [header('x-team'), header('authorization', 'Bearer new')]);
    await headers.remove('x-team');
    assert.deepEqual(await headers.list(), [header('authorization', 'Bearer new')]);
  });

  it('keeps no value that was replaced or removed', async () => {
    const secrets = memorySecrets();
    const headers = new TelemetryHeaders(secrets);
    await headers.set(header('authorization', 'Bearer old'));
    await headers.set(header('authorization', 'Bearer new'));
    await headers.remove('authorization');
    assert.doesNotMatch([...secrets.kept.values()].join(), /old|new/);
  });

  it('loses neither of two that are set at once, nor one that another window sets meanwhile', async () => {
    const secrets = memorySecrets();
    const headers = new TelemetryHeaders(secrets);
    await Promise.all([headers.set(header('a')), headers.set(header('b'))]);
    secrets.interrupt = once('get', /telemetry/, () => {
      const kept = JSON.parse(secrets.kept.get('gatehouse.telemetryHeaders') ?? '[]') as unknown[];
      secrets.kept.set('gatehouse.telemetryHeaders', JSON.stringify([...kept, header('elsewhere')]));
    });
    await headers.set(header('c'));
    assert.deepEqual(
      (await headers.list()).map(({ name }) => name),
      ['a', 'b', 'elsewhere', 'c'],
    );
  });

  it('goes on after a keyring that was locked, and passes over what is damaged', async () => {
    const secrets = memorySecrets();
    const headers = new TelemetryHeaders(secrets);
    secrets.interrupt = refusing('store', /telemetry/, 1);
    await assert.rejects(headers.set(header('a')));
    await headers.set(header('b'));
    assert.deepEqual(await headers.list(), [header('b')]);
    for (const damage of ['{', '"text"', '[null,{"name":"a"}]']) {
      secrets.kept.set('gatehouse.telemetryHeaders', damage);
      assert.deepEqual(await headers.list(), []);
    }
  });

  it('knows its own changes', () => {
    const headers = new TelemetryHeaders(memorySecrets());
    assert.deepEqual([headers.isChange('gatehouse.telemetryHeaders'), headers.isChange('gatehouse.keys')], [true, false]);
  });
});
