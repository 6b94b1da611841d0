// Keeps package.json in step with the schema, and package.nls.json with package.json: `keep-in-step.ts` compares, `--write` writes.
import { readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { manifestSettings } from '../../../src/core/config/manifest-settings.ts';
import { withKeys } from './words.ts';

const MANIFEST = new URL('../../../package.json', import.meta.url);
const WORDS = new URL('../../../package.nls.json', import.meta.url);

const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { contributes: object };
const english = JSON.parse(readFileSync(WORDS, 'utf8')) as Record<string, string>;
const wanted = withKeys({ ...manifest, contributes: { ...manifest.contributes, configuration: manifestSettings() } }, english);

if (process.argv.includes('--write')) {
  write(MANIFEST, wanted.manifest);
  write(WORDS, wanted.english);
} else if (!isDeepStrictEqual(manifest, wanted.manifest) || !isDeepStrictEqual(english, wanted.english)) {
  process.stderr.write(
    'package.json and package.nls.json are not in step with the schema or each other. Run "npm run manifest".\n',
  );
  process.exitCode = 1;
}

function write(file: URL, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}
