// Builds what ships: three programs for Node, what they load when it is on, and the panel's browser code. `--watch` rebuilds on change,
// `--into FOLDER` builds there instead of `dist`.
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import esbuild from 'esbuild';
import * as yaml from 'yaml';

const { watch, into } = parseArgs({
  options: { watch: { type: 'boolean', default: false }, into: { type: 'string', default: 'dist' } },
}).values;
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

/** Few use telemetry: what it needs is a bundle of its own, and stays an import in the others. */
const telemetryApart = {
  name: 'telemetry-apart',
  setup(build) {
    build.onResolve({ filter: /\/otlp\/start\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './telemetry.js', external: true } : undefined,
    );
  },
};

/**
 * What the editor's extension host does not need at the start: the codecs are for chat and models, YAML is for other tools'
 * files, and the schema of the settings is wanted a moment later. Even what is never run has to be read. Measured in Node with the built-in
 * modules loaded: 21 to 23 ms of processor time to load the extension without the three, 40 to 46 with the schema.
 */
const forLater = {
  name: 'for-later',
  setup(build) {
    build.onResolve({ filter: /^\.\/yaml\.js$/ }, () => ({ path: './yaml.js', external: true }));
    build.onResolve({ filter: /^yaml$/ }, () => ({ path: 'yaml', namespace: 'for-later' }));
    // What is imported is a getter, and loads the package when it is called for.
    build.onLoad({ filter: /.*/, namespace: 'for-later' }, () => ({
      contents: Object.keys(yaml)
        .map((name) => `Object.defineProperty(exports, '${name}', { enumerable: true, get: () => require('./yaml.js').${name} });`)
        .join('\n'),
    }));
    for (const [filter, bundle] of [
      [/\/dialects\/codecs\.ts$/, './codecs.js'],
      [/\/config\/parse\.ts$/, './config.js'],
    ])
      build.onResolve({ filter }, ({ kind, importer }) =>
        kind === 'dynamic-import'
          ? { path: bundle, external: true }
          : { errors: [{ text: `${path.relative('.', importer)} loads ${bundle} at the start: import it where it is used` }] },
      );
  },
};

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
  plugins: [telemetryApart],
  define: { GATEHOUSE_VERSION: JSON.stringify(version) },
};

/** @type {import('esbuild').BuildOptions[]} */
const builds = [
  {
    ...node,
    entryPoints: ['src/extension.ts'],
    outfile: path.join(into, 'extension.js'),
    external: ['vscode'],
    plugins: [telemetryApart, forLater],
  },
  { ...node, entryPoints: ['src/core/dialects/codecs.ts'], outfile: path.join(into, 'codecs.js') },
  { ...node, entryPoints: ['src/core/config/parse.ts'], outfile: path.join(into, 'config.js') },
  { ...node, entryPoints: ['yaml'], outfile: path.join(into, 'yaml.js') },
  // `vscode` is not external here: an import that leaks into the core fails the build.
  { ...node, entryPoints: ['src/worker.ts'], outfile: path.join(into, 'worker.js') },
  { ...node, entryPoints: ['src/cli.ts'], outfile: path.join(into, 'cli.js') },
  {
    ...node,
    entryPoints: ['src/host/telemetry/otlp/start.ts'],
    outfile: path.join(into, 'telemetry.js'),
    banner: { js: '/*! OpenTelemetry JavaScript. Apache License 2.0. The OpenTelemetry Authors <https://opentelemetry.io> */' },
  },
  {
    bundle: true,
    platform: 'browser',
    target: 'es2023',
    minify: !watch,
    logLevel: 'warning',
    entryPoints: ['media/usage-panel.ts', 'media/usage-panel.css'],
    outdir: path.join(into, 'media'),
  },
];

/** Kilobytes. A bundle that grows past its bound has caught something it should not carry. */
const BOUNDS = {
  'extension.js': 450,
  'codecs.js': 250,
  'config.js': 250,
  'yaml.js': 150,
  'worker.js': 2600,
  'cli.js': 2600,
  'telemetry.js': 160,
  'media/usage-panel.js': 200,
};

rmSync(into, { recursive: true, force: true });
mkdirSync(into, { recursive: true });
if (watch) {
  for (const options of builds) await (await esbuild.context(options)).watch();
} else {
  await Promise.all(builds.map((options) => esbuild.build(options)));
  for (const [file, bound] of Object.entries(BOUNDS)) {
    const kilobytes = Math.round(statSync(path.join(into, file)).size / 1024);
    if (kilobytes > bound) throw new Error(`${file} is ${kilobytes} KB, more than its bound of ${bound} KB`);
  }
}
