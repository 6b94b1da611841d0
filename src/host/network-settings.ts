import type { NetworkSettings } from '../core/server/dial.ts';

/** The usual variables, lower case first, as curl reads them. */
export function networkFromEnvironment(env: NodeJS.ProcessEnv): NetworkSettings {
  const read = (name: string): string => env[name.toLowerCase()] ?? env[name] ?? '';
  const all = read('ALL_PROXY');
  return {
    httpProxy: read('HTTP_PROXY') || all,
    httpsProxy: read('HTTPS_PROXY') || all,
    noProxy: read('NO_PROXY'),
    strictTls: true,
  };
}
