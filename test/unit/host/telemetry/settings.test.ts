import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { describe, it } from 'mocha';
import { configSchema } from '../../../../src/core/config/schema.ts';
import type { SnapshotSource, TelemetryHeader } from '../../../../src/core/routing/snapshot.ts';
import { resolveTelemetry, sameTelemetry } from '../../../../src/host/telemetry/settings.ts';

const source = (telemetry: object, telemetryHeaders?: readonly TelemetryHeader[]): SnapshotSource => ({
  config: configSchema.parse({ telemetry }),
  keys: [],
  tokens: {},
  ...(telemetryHeaders && { telemetryHeaders }),
});
const ENDPOINT = { endpoint: 'https://otlp.example.com/base/' };
const header = (value: string, origin?: string): TelemetryHeader => ({ name: 'authorization', value, ...(origin && { origin }) });

describe('resolveTelemetry', () => {
  it('is off without an endpoint, and where nothing is to be sent', () => {
    for (const off of [{}, { traces: true, metrics: true }, { ...ENDPOINT, traces: false, metrics: false }]) {
      assert.equal(resolveTelemetry(source(off)), undefined);
    }
  });

  it('takes the base path without its slash, and everything else as it is', () => {
    const { headers, ...rest } = resolveTelemetry(source(ENDPOINT)) ?? assert.fail();
    assert.deepEqual(rest, {
      origin: 'https://otlp.example.com',
      basePath: '/base',
      json: false,
      traces: true,
      metrics: true,
      metricsEveryMs: 60_000,
      resource: {},
    });
    assert.equal(headers.size, 0);
  });

  it('leaves out headers of another origin, and shows the value of none', () => {
    const here = resolveTelemetry(source(ENDPOINT, [header('Bearer canary', 'https://otlp.example.com')]));
    assert.equal(here?.headers.get('authorization')?.reveal(), 'Bearer canary');
    assert.doesNotMatch(inspect(here, { depth: 9 }) + JSON.stringify(here), /canary/);
    for (const origin of ['https://otlp.example.com:8443', 'http://otlp.example.com', 'https://example.com']) {
      assert.equal(resolveTelemetry(source(ENDPOINT, [header('x', origin)]))?.headers.size, 0);
    }
  });
});

describe('sameTelemetry', () => {
  const resolve = (telemetry: object, headers?: readonly TelemetryHeader[]) => resolveTelemetry(source(telemetry, headers));

  it('finds alike what was read twice', () => {
    assert.ok(sameTelemetry(undefined, undefined));
    assert.ok(sameTelemetry(resolve(ENDPOINT, [header('a')]), resolve(ENDPOINT, [header('a')])));
  });

  it('finds every difference', () => {
    const one = resolve(ENDPOINT, [header('a')]);
    for (const other of [
      undefined,
      resolve(ENDPOINT),
      resolve(ENDPOINT, [header('b')]),
      resolve(ENDPOINT, [header('a'), { name: 'x', value: 'a' }]),
      resolve({ endpoint: 'https://otlp.example.com' }, [header('a')]),
      resolve({ ...ENDPOINT, protocol: 'http/json' }, [header('a')]),
      resolve({ ...ENDPOINT, metrics: false }, [header('a')]),
      resolve({ ...ENDPOINT, metricsEverySeconds: 5 }, [header('a')]),
      resolve({ ...ENDPOINT, resource: { a: 'b' } }, [header('a')]),
    ]) {
      assert.ok(!sameTelemetry(one, other));
      assert.ok(!sameTelemetry(other, one));
    }
  });
});
