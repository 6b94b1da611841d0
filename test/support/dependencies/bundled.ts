import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import esbuild from 'esbuild';

export const ROOT = resolve(import.meta.dirname, '../../..');

/** A package whose code is in what ships. */
export interface Bundled {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** Of the lock file: which bytes these are. */
  readonly integrity: string | undefined;
}

/** What a bundler takes in, it names: so this is what ships, and not what might. */
export async function bundledPackages(): Promise<readonly Bundled[]> {
  const { metafile } = await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: ['src/extension.ts', 'src/worker.ts', 'src/cli.ts', 'media/usage-panel.ts', 'media/usage-panel.css'],
    bundle: true,
    platform: 'node',
    external: ['vscode'],
    metafile: true,
    write: false,
    outdir: 'out',
    logLevel: 'error',
  });
  const folders = new Set(
    Object.keys(metafile.inputs).flatMap((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []),
  );
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string; integrity?: string }>;
  };
  return [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Record<
      string,
      string
    >;
    if (lock.packages[folder]?.version !== version)
      throw new Error(`${name} ${version} is not what the lock file says. Run "npm ci".`);
    return {
      name: name ?? folder,
      version: version ?? '',
      license: license ?? 'none',
      integrity: lock.packages[folder]?.integrity,
    };
  });
}
