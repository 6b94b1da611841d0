// npm packages that are tools of a test and not dependencies of the project (hundreds of megabytes, or not free to redistribute):
// each is installed once into an untracked folder.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './child-process.ts';

export interface PackageRequest {
  /** The untracked folder that keeps the installations. */
  readonly cache: string;
  readonly name: string;
  readonly version: string;
  /** A folder inside the package whose own dependencies are installed as well. */
  readonly nested?: string;
}

const INSTALL_TIMEOUT_MS = 300_000;
const NPM_FLAGS = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

/** Returns the installed package's folder and how long it took; `ms` is 0 when it was there already. */
export async function installPackage(request: PackageRequest): Promise<{ readonly folder: string; readonly ms: number }> {
  const place = join(request.cache, `${request.name.replace('@', '').replaceAll('/', '-')}-${request.version}`);
  const folder = join(place, 'node_modules', request.name);
  if (existsSync(place)) return { folder, ms: 0 };

  // Installed beside its place and moved there when complete: an interrupted installation is never taken for a whole one.
  const draft = `${place}.${process.pid}.part`;
  const began = performance.now();
  mkdirSync(draft, { recursive: true });
  try {
    writeFileSync(join(draft, 'package.json'), JSON.stringify({ private: true }));
    await npm(draft, ['install', `${request.name}@${request.version}`, ...NPM_FLAGS]);
    if (request.nested !== undefined) {
      await npm(join(draft, 'node_modules', request.name, request.nested), ['install', '--omit=dev', ...NPM_FLAGS]);
    }
    renameSync(draft, place);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return { folder, ms: Math.round(performance.now() - began) };
}

async function npm(cwd: string, args: readonly string[]): Promise<void> {
  // Inside `npm run`, npm hands its own choice of prefix and project to its children; here the folder decides.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(config_(local_)?prefix|package_)/.test(name)),
  );
  const result = await runProgram({ command: 'npm', args, cwd, env, timeoutMs: INSTALL_TIMEOUT_MS });
  if (result.code !== 0) throw new Error(`npm ${args.join(' ')} failed with ${result.code}.\n${result.stderr.slice(-4000)}`);
}
