// Keeps package.json in step with the schema: `node test/support/manifest.ts` compares, `--write` writes.
import { readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { manifestSettings } from '../../src/core/config/manifest-settings.ts';

const file = new URL('../../package.json', import.meta.url);
const manifest = JSON.parse(readFileSync(file, 'utf8')) as { contributes: { configuration: unknown } };
const wanted = manifestSettings();

if (process.argv.includes('--write')) {
  manifest.contributes.configuration = wanted;
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
} else if (!isDeepStrictEqual(manifest.contributes.configuration, wanted)) {
  process.stderr.write('The settings in package.json are not those of the schema. Run "npm run manifest".\n');
  process.exitCode = 1;
}
