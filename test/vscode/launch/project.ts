import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const PROJECT_ROOT = resolve(import.meta.dirname, '../../..');
/** Untracked: what is downloaded and kept between runs. */
export const VSCODE_CACHE = join(PROJECT_ROOT, '.vscode-test');
/** Untracked: what a run leaves behind (bundles, screenshots). */
export const RESULTS = join(PROJECT_ROOT, '.test-results');

/** A folder that is removed by `remove`. Its path is short: a socket in it must stay under 104 characters. */
export function temporaryFolder(purpose: string): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `gatehouse-${purpose}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) };
}

/** Fails with the sentence to follow when the build is missing. */
export function requireBuild(file: string): string {
  const path = join(PROJECT_ROOT, 'dist', file);
  if (!existsSync(path)) throw new Error(`dist/${file} is not there. Run "npm run build" first.`);
  return path;
}
