import { readFileSync } from 'node:fs';
import { parseConfig, type ParsedConfig } from '../core/config/parse.ts';
import type { Config } from '../core/config/schema.ts';
import { isHeaderValue } from '../core/config/schema-telemetry.ts';
import type { Log } from '../core/ports.ts';
import type { HeldKey, TelemetryHeader } from '../core/routing/snapshot.ts';

export function readConfig(file: string): ParsedConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return { faults: [{ path: '', message: `the configuration file ${JSON.stringify(file)} cannot be read` }] };
  }
  try {
    return parseConfig(JSON.parse(text));
  } catch (error) {
    return { faults: [{ path: '', message: `the configuration is not valid JSON${placeOf(error)}` }] };
  }
}

/** What and where, and nothing else of the parser's words: they quote the file, in which somebody may have put a key after all. */
function placeOf(error: unknown): string {
  const words = error instanceof Error ? error.message : '';
  const what = /^Unexpected (?:token '.'|end of JSON input)/su.exec(words)?.[0];
  const where = /line \d+ column \d+/.exec(words)?.[0];
  return [what, where]
    .filter((part) => part !== undefined)
    .reduce((text, part) => `${text}${text === '' ? ': ' : ', '}${part}`, '');
}

/** Headless, a key is named by the variable that holds it; the value is never in the file. */
export function keysFromEnvironment(config: Config, log: Log): HeldKey[] {
  return config.keys.flatMap(({ env, id, provider, priority, weight, agents, models, environment, limits }) => {
    const secret = env === undefined ? undefined : process.env[env]?.trim();
    if (!secret) {
      log.warn('a key has no value: its environment variable is not set', { key: id });
      return [];
    }
    return [
      {
        id,
        provider,
        priority,
        weight,
        secret,
        ...(agents && { agents }),
        ...(models && { models }),
        ...(environment !== undefined && { environment }),
        ...(limits && { limits }),
      },
    ];
  });
}

/** Headers for the collector, whose values are named in the same way. */
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
