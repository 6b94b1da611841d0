// One start of VS Code for one set of suites, by either launcher. Both return the extension host's verdict as an exit code; 0 is only
// believed with the suites' own summary, because an editor that ran nothing ends well too.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../../support/start/child-process.ts';
import { launchChromium } from './chromium.ts';
import { SUITE_LINE, SUMMARY } from './line-reporter.ts';
import { PROJECT_ROOT, temporaryFolder } from './project.ts';
import { environmentWithoutEditor, QUIET_SETTINGS, startVsCodeServer } from './vscode-server.ts';
import type { Settings } from './vscode-server.ts';

export interface SuiteRun {
  readonly bundle: string;
  readonly workspace: string;
  readonly userSettings: Settings;
  readonly trusted: boolean;
  readonly timeoutMs: number;
  /** Where everything the editor prints goes that is not a suite's line: some hundred lines a start, none of them about us. */
  readonly log: string;
}

const TIMED_OUT = 124;
const NOTHING_RAN = 2;

export async function runInServer(run: SuiteRun): Promise<number> {
  const browser = await launchChromium();
  const output = sortLines(run.log);
  const server = await startVsCodeServer({
    extensionPath: PROJECT_ROOT,
    workspace: run.workspace,
    userSettings: run.userSettings,
    trusted: run.trusted,
    extensionTestsPath: run.bundle,
    onOutput: (text) => appendFileSync(run.log, text),
  });
  const { promise: ended, resolve: end } = Promise.withResolvers<number>();
  const timer = setTimeout(() => {
    say(`No verdict from the extension host within ${run.timeoutMs / 1000} s.`);
    end(TIMED_OUT);
  }, run.timeoutMs);
  try {
    await server.openPage(browser, {
      prepare: async (page) => {
        // The workbench calls these two when a page offers them: each console line of the extension host, and the end of the run.
        await page.exposeFunction('codeAutomationLog', (_type: string, parts: readonly unknown[]) => {
          output.take(parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' '));
        });
        await page.exposeFunction('codeAutomationExit', (code: number) => end(code));
        page.on('crash', () => {
          say('The page with the workbench crashed.');
          end(1);
        });
      },
    });
    return output.verdict(await ended);
  } finally {
    clearTimeout(timer);
    await server.close();
    await browser.close();
  }
}

export async function runInDesktop(executable: string, run: SuiteRun): Promise<number> {
  const output = sortLines(run.log);
  const data = temporaryFolder('desktop');
  const userData = join(data.path, 'data');
  const home = join(data.path, 'home');
  mkdirSync(join(userData, 'User'), { recursive: true });
  mkdirSync(home);
  writeFileSync(join(userData, 'User/settings.json'), JSON.stringify({ ...QUIET_SETTINGS, ...run.userSettings }, undefined, 2));
  try {
    // Not runTests() of @vscode/test-electron: it always adds --disable-workspace-trust, and Restricted Mode could not be tested.
    const { code } = await runProgram({
      command: executable,
      args: [
        run.workspace,
        `--extensionDevelopmentPath=${PROJECT_ROOT}`,
        `--extensionTestsPath=${run.bundle}`,
        `--user-data-dir=${userData}`,
        `--extensions-dir=${join(data.path, 'extensions')}`,
        '--no-sandbox',
        '--disable-gpu-sandbox',
        '--disable-updates',
        '--no-cached-data',
        '--skip-welcome',
        '--skip-release-notes',
        '--disable-telemetry',
        ...(run.trusted ? ['--disable-workspace-trust'] : []),
      ],
      // On macOS the keychain is found through the home folder, and SecretStorage through the keychain.
      env: { ...environmentWithoutEditor(), ...(process.platform === 'darwin' ? {} : { HOME: home }) },
      onOutput: byLine(output.take),
      timeoutMs: run.timeoutMs,
    });
    return output.verdict(typeof code === 'number' ? code : TIMED_OUT);
  } finally {
    data.remove();
  }
}

function sortLines(log: string): { readonly take: (line: string) => void; readonly verdict: (code: number) => number } {
  let summed = false;
  return {
    take: (line) => {
      const at = line.indexOf(SUITE_LINE);
      if (at < 0) return appendFileSync(log, `${line}\n`);
      const text = line.slice(at + SUITE_LINE.length);
      summed ||= SUMMARY.test(text);
      say(text);
    },
    verdict: (code) => (code === 0 && !summed ? NOTHING_RAN : code),
  };
}

/** Output comes in pieces of any length; a line is given on when it is whole. */
function byLine(take: (line: string) => void): (piece: string) => void {
  let rest = '';
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  };
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
