// Builds what ships: three programs for Node and the panel's browser code. `--watch` rebuilds on change.
import { mkdirSync, rmSync, statSync } from 'node:fs';
import esbuild from 'esbuild';

const watch = process.argv.includes('--watch');

/** @type {import('esbuild').BuildOptions} */
const node = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  // The oldest Node among the supported editors: VS Code 1.122 runs Node 22.
  target: 'node22.19',
  minify: !watch,
  sourcemap: watch,
  legalComments: 'linked',
  logLevel: 'warning',
};

/** @type {import('esbuild').BuildOptions[]} */
const builds = [
  { ...node, entryPoints: ['src/extension.ts'], outfile: 'dist/extension.js', external: ['vscode'] },
  // `vscode` is not external here: an import that leaks into the core fails the build.
  { ...node, entryPoints: ['src/worker.ts'], outfile: 'dist/worker.js' },
  { ...node, entryPoints: ['src/cli.ts'], outfile: 'dist/cli.js' },
  {
    bundle: true,
    platform: 'browser',
    target: 'es2023',
    minify: !watch,
    logLevel: 'warning',
    entryPoints: ['media/usage-panel.ts', 'media/usage-panel.css'],
    outdir: 'dist/media',
  },
];

/** Kilobytes. A bundle that grows past its bound has caught something it should not carry. */
const BOUNDS = { 'dist/extension.js': 600, 'dist/worker.js': 2600, 'dist/cli.js': 2600, 'dist/media/usage-panel.js': 200 };

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist', { recursive: true });
if (watch) {
  for (const options of builds) await (await esbuild.context(options)).watch();
} else {
  await Promise.all(builds.map((options) => esbuild.build(options)));
  for (const [file, bound] of Object.entries(BOUNDS)) {
    const kilobytes = Math.round(statSync(file).size / 1024);
    if (kilobytes > bound) throw new Error(`${file} is ${kilobytes} KB, more than its bound of ${bound} KB`);
  }
}
