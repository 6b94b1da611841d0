// node test/support/dependencies/bill-of-materials.ts FILE: writes what ships as CycloneDX JSON. `npm sbom` would list what is installed.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bundled, bundledPackages, ROOT } from './bundled.ts';

const [file = 'gatehouse.cdx.json'] = process.argv.slice(2);
const { name, version, license } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, string>;

function component({ name, version, license, integrity }: Bundled): object {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const [algorithm = '', digest = ''] = (integrity ?? '').split('-');
  const hashes = algorithm === 'sha512' ? [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }] : [];
  return { type: 'library', 'bom-ref': purl, name, version, purl, licenses: [{ license: { id: license } }], hashes };
}

// Without a time and a serial number: the same release has the same bill.
const bill = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  version: 1,
  metadata: { component: { type: 'application', 'bom-ref': name, name, version, licenses: [{ license: { id: license } }] } },
  components: (await bundledPackages()).map(component),
};
writeFileSync(join(ROOT, file), `${JSON.stringify(bill, undefined, 2)}\n`);
