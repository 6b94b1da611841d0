import { Secret } from '../../core/providers/secret.ts';
import type { SnapshotSource } from '../../core/routing/snapshot.ts';

/** Where telemetry goes, and what of it. */
export interface TelemetrySettings {
  /** `http://127.0.0.1:4318` */
  readonly origin: string;
  /** Path of the endpoint without a trailing slash. */
  readonly basePath: string;
  readonly json: boolean;
  readonly traces: boolean;
  readonly metrics: boolean;
  readonly metricsEveryMs: number;
  readonly resource: Readonly<Record<string, string>>;
  readonly headers: ReadonlyMap<string, Secret>;
}

/** Undefined: off. */
export function resolveTelemetry({ config, telemetryHeaders = [] }: SnapshotSource): TelemetrySettings | undefined {
  const { endpoint, protocol, traces, metrics, metricsEverySeconds, resource = {} } = config.telemetry;
  if (endpoint === undefined || (!traces && !metrics)) return undefined;
  const { origin, pathname } = new URL(endpoint);
  const own = telemetryHeaders.filter((header) => header.origin === undefined || header.origin === origin);
  return {
    origin,
    basePath: pathname.replace(/\/+$/, ''),
    json: protocol === 'http/json',
    traces,
    metrics,
    metricsEveryMs: metricsEverySeconds * 1000,
    resource,
    headers: new Map(own.map(({ name, value }) => [name, new Secret(value)])),
  };
}

export function sameTelemetry(a: TelemetrySettings | undefined, b: TelemetrySettings | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  // A secret does not serialise: what is compared here is everything else.
  if (JSON.stringify({ ...a, headers: [...a.headers.keys()] }) !== JSON.stringify({ ...b, headers: [...b.headers.keys()] }))
    return false;
  return [...a.headers].every(([name, value]) => b.headers.get(name)?.equals(value) === true);
}
