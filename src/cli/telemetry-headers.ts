import type { Config } from '../core/config/schema.ts';
import { isHeaderValue } from '../core/config/telemetry-header.ts';
import type { Log } from '../core/ports.ts';
import type { TelemetryHeader } from '../core/routing/snapshot.ts';

/** Headers for the collector, whose values are named by environment variables, as those of keys are. */
export function telemetryHeadersFromEnvironment({ telemetry }: Config, log: Log): TelemetryHeader[] {
  return Object.entries(telemetry.headers ?? {}).flatMap(([name, { env }]) => {
    const value = process.env[env]?.trim();
    if (!value) {
      log.warn('a telemetry header has no value: its environment variable is not set', { header: name });
      return [];
    }
    if (!isHeaderValue(value)) {
      log.warn('a telemetry header has a value that no header can have', { header: name });
      return [];
    }
    return [{ name, value }];
  });
}
