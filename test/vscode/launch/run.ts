// node test/vscode/launch/run.ts [--restricted] [--only NAME]
// Runs the suites in the extension host of a real VS Code: first the trusted ones, then, in a start of its own, those of Restricted
// Mode. --restricted runs only the latter, --only NAME the files whose names contain NAME.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleSuites, findSuites } from './bundle-suites.ts';
import type { SuiteKind } from './bundle-suites.ts';
import { chooseLauncher } from './choose-launcher.ts';
import type { Launcher } from './choose-launcher.ts';
import { leaveCounts } from './line-reporter.ts';
import { PROJECT_ROOT, requireBuild, RESULTS, temporaryFolder } from './project.ts';
import { runInDesktop, runInServer, say } from './run-suites.ts';
import settings from './settings.json' with { type: 'json' };
import { provisionVsCodeServer } from './vscode-server.ts';

const RUN_TIMEOUT_MS = 240_000;
/** The extension host ended with this code when it ran to its end and some tests failed: those are in its own counts. */
const TESTS_FAILED = 1;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { restricted: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
  });
  requireBuild('extension.js');
  const launcher = await chooseLauncher();
  say(
    `VS Code: ${launcher.kind === 'desktop' ? '@vscode/test-electron' : 'VS Code Server and headless Chromium'}, because ${launcher.why}.`,
  );
  if (launcher.kind === 'server') {
    const { ms } = await provisionVsCodeServer();
    say(
      ms === 0
        ? 'VS Code Server is in .vscode-test already.'
        : `VS Code Server was installed into .vscode-test in ${(ms / 1000).toFixed(1)} s.`,
    );
  }

  let worst = 0;
  let ran = 0;
  const kinds: readonly SuiteKind[] = values.restricted ? ['restricted'] : ['trusted', 'restricted'];
  for (const kind of kinds) {
    const files = findSuites(kind, values.only);
    if (files.length === 0) continue;
    ran += files.length;
    say(`\n${kind === 'trusted' ? 'Trusted workspace' : 'Restricted Mode'}: ${files.join(', ')}`);
    worst = Math.max(worst, await runKind(launcher, kind, files));
  }
  if (ran > 0) return worst;
  say(`No suite matches "${values.only}".`);
  return 1;
}

async function runKind(launcher: Launcher, kind: SuiteKind, files: readonly string[]): Promise<number> {
  const bundle = await bundleSuites(kind, files);
  const workspace = temporaryFolder('workspace');
  try {
    writeFileSync(join(workspace.path, 'readme.md'), '# A workspace for the tests\n');
    const log = join(RESULTS, 'vscode', `${kind}.log`);
    mkdirSync(join(RESULTS, 'vscode'), { recursive: true });
    writeFileSync(log, '');
    const trusted = kind === 'trusted';
    const run = { bundle, workspace: workspace.path, userSettings: settings, trusted, timeoutMs: RUN_TIMEOUT_MS, log };
    const code = launcher.kind === 'desktop' ? await runInDesktop(await launcher.executable(), run) : await runInServer(run);
    if (code !== 0) say(`VS Code ended with ${code}. What it printed besides is in ${relative(PROJECT_ROOT, log)}.`);
    // A host that died has left no counts: it is one failure, so that a sum over the counts cannot look green.
    if (code !== 0 && code !== TESTS_FAILED) leaveCounts({ passes: 0, failures: 1, pending: 0 });
    return code;
  } finally {
    workspace.remove();
  }
}

process.exitCode = await main();
