// node test/support/dependencies/check.ts: the lock file is in step, what ships has licences that allow it, and the registry knows of no
// fault. Where the registry does not answer such questions (closed networks), it says loudly that it was not asked.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { bundledPackages, ROOT } from './bundled.ts';

const LICENSES: ReadonlySet<string> = new Set(['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Apache-2.0']);

const faults: string[] = [];
const say = (line: string): void => void process.stdout.write(`${line}\n`);

function read(file: string): Record<string, Record<string, unknown>> {
  return JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as Record<string, Record<string, unknown>>;
}

function checkLock(): void {
  const manifest = read('package.json');
  const packages = read('package-lock.json')['packages'] as Record<string, Record<string, unknown>>;
  for (const kind of ['dependencies', 'devDependencies']) {
    if (!isDeepStrictEqual(manifest[kind], packages['']?.[kind]))
      faults.push(`package-lock.json is not in step with "${kind}". Run "npm install".`);
    for (const [name, version] of Object.entries(manifest[kind] ?? {}))
      // `npm:name@1.2.3` is the same package under another name.
      if (!/^(npm:(@[^/]+\/)?[^@]+@)?\d/.test(String(version)))
        faults.push(`${name} is not pinned to a version: ${String(version)}`);
  }
  for (const [folder, { version, integrity, link, inBundle }] of Object.entries(packages)) {
    if (folder === '') continue;
    const manifestFile = join(folder, 'package.json');
    // Those of other systems are optional and not there.
    if (!existsSync(join(ROOT, manifestFile))) continue;
    if (integrity === undefined && link !== true && inBundle !== true) faults.push(`the lock file has no digest for ${folder}`);
    if (read(manifestFile)['version'] !== version) faults.push(`${folder} is not what the lock file says`);
  }
}

async function checkLicenses(): Promise<void> {
  const bundled = await bundledPackages();
  for (const { name, license } of bundled)
    if (!LICENSES.has(license))
      faults.push(
        `${name} ships under "${license}", which is not on the list of licences in ${import.meta.filename.slice(ROOT.length + 1)}`,
      );
  say(
    `${bundled.length} packages ship: ${bundled.map(({ name, version, license }) => `${name} ${version} (${license})`).join(', ')}`,
  );
}

/** Its answer as JSON; undefined where the registry gave none. */
function npm(...args: readonly string[]): Record<string, unknown> | undefined {
  const { stdout } = spawnSync('npm', [...args, '--json'], { cwd: ROOT, encoding: 'utf8', timeout: 30_000 });
  try {
    return JSON.parse(stdout) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function notChecked(what: string): void {
  say(`NOT CHECKED: ${what}. The registry does not answer this question here; run "npm run check:dependencies" where it does.`);
}

function checkVulnerabilities(): void {
  const answer = npm('audit', '--omit=dev');
  const found = answer?.['vulnerabilities'] as Record<string, { severity: string }> | undefined;
  if (found === undefined) return notChecked('known vulnerabilities');
  for (const [name, { severity }] of Object.entries(found))
    faults.push(`npm audit: ${name} has a known vulnerability (${severity})`);
  if (Object.keys(found).length === 0) say('No known vulnerabilities.');
}

function checkSignatures(): void {
  const answer = npm('audit', 'signatures');
  const { invalid, missing } = (answer ?? {}) as { invalid?: { name: string }[]; missing?: { name: string }[] };
  if (!Array.isArray(invalid) || !Array.isArray(missing)) return notChecked('signatures of the registry');
  for (const { name } of invalid) faults.push(`npm audit signatures: the signature of ${name} is not valid`);
  // A mirror that gives no keys calls all of them unsigned.
  if (missing.length > 0) notChecked(`signatures of ${missing.length} packages`);
  else if (invalid.length === 0) say('All signatures are valid.');
}

checkLock();
await checkLicenses();
checkVulnerabilities();
checkSignatures();
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
