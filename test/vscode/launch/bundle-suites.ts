import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { RESULTS } from './project.ts';

const HERE = import.meta.dirname;
const SUITES = join(HERE, '../suites');

export type SuiteKind = 'trusted' | 'restricted';

/** The suite files of a kind whose name contains `only`. */
export function findSuites(kind: SuiteKind, only = ''): readonly string[] {
  return readdirSync(SUITES)
    .filter((file) => file.endsWith('.test.ts') && file.endsWith('.restricted.test.ts') === (kind === 'restricted'))
    .filter((file) => file.includes(only))
    .toSorted();
}

/** Bundles the files into one CommonJS module that exports run(); returns its path. */
export async function bundleSuites(kind: SuiteKind, files: readonly string[]): Promise<string> {
  const outfile = join(RESULTS, 'vscode', `${kind}.cjs`);
  const suites = files.map(
    (file) => `{ file: ${JSON.stringify(file)}, load: () => require(${JSON.stringify(`../suites/${file}`)}) }`,
  );
  await build({
    stdin: {
      contents: `const { runSuites } = require('./host-entry.ts');\nexports.run = () => runSuites([${suites.join(', ')}]);\n`,
      resolveDir: HERE,
      sourcefile: 'suites.cjs',
    },
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    sourcemap: 'inline',
    // mocha looks some of its own files up at run time; the bundle lies inside the project, so the installed one is found.
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
  return outfile;
}
