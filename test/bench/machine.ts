import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { resolve } from 'node:path';
import { NGINX } from './servers.ts';

/** Where the figures come from: without it they cannot be compared with others. */
export function machine() {
  const manifest = readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8');
  const { version, dependencies } = JSON.parse(manifest) as {
    readonly version: string;
    readonly dependencies: Readonly<Record<string, string>>;
  };
  return {
    node: process.version,
    gatehouse: version,
    undici: dependencies['undici'],
    nginx: existsSync(NGINX) ? nginxVersion() : undefined,
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.cpus().length,
    platform: `${os.platform()} ${os.release()}`,
    loadAverage: os.loadavg(),
  };
}

function nginxVersion(): string {
  return execFileSync('sh', ['-c', `${NGINX} -v 2>&1`], { encoding: 'utf8' }).trim();
}
