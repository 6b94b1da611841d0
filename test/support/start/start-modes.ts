// Each mode runs until it is asked to stop, and leaves nothing behind: its state is in a folder of its own, removed at the end.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT, requireBuild, temporaryFolder } from '../../vscode/launch/project.ts';
import { environmentWithoutEditor, provisionVsCodeServer, startVsCodeServer } from '../../vscode/launch/vscode-server.ts';
import { type Program, startProgram, stopRequested } from './child-process.ts';
import settings from './demo-settings.json' with { type: 'json' };

/** The gateway lets running requests end for ten seconds. */
const DRAIN_MS = 15_000;
const START_TIMEOUT_MS = 20_000;

export async function startServer(why: string): Promise<void> {
  requireBuild('extension.js');
  const asked = stopRequested();
  say(`VS Code Server in the browser, because ${why}.`);
  const { ms } = await provisionVsCodeServer();
  if (ms > 0) say(`It was installed into .vscode-test in ${(ms / 1000).toFixed(1)} s.`);
  const state = temporaryFolder('start');
  const server = await startVsCodeServer({
    extensionPath: PROJECT_ROOT,
    workspace: sampleWorkspace(state.path),
    userSettings: settings,
    trusted: true,
    // A person at the keyboard wants their own shell and agents in the terminal.
    env: { HOME: process.env['HOME'] },
  });
  try {
    say(
      `\nOpen  ${server.url}\n\nThen ask  @gatehouse hello  in the chat view and look at the status bar. Ctrl+C stops everything.`,
    );
    say('Keys that you add here are kept in memory only and are gone when the page is reloaded.');
    await asked;
  } finally {
    await server.close();
    state.remove();
  }
}

export async function startDesktop(code: string): Promise<void> {
  requireBuild('extension.js');
  const asked = stopRequested();
  say(`The installed VS Code (${code}), with settings and extensions of its own.`);
  const state = temporaryFolder('start');
  const userData = join(state.path, 'data');
  mkdirSync(join(userData, 'User'), { recursive: true });
  writeFileSync(join(userData, 'User/settings.json'), JSON.stringify(settings, undefined, 2));
  const program = startProgram({
    command: code,
    args: [
      '--new-window',
      '--wait',
      '--skip-welcome',
      '--disable-workspace-trust',
      `--extensionDevelopmentPath=${PROJECT_ROOT}`,
      `--user-data-dir=${userData}`,
      `--extensions-dir=${join(state.path, 'extensions')}`,
      sampleWorkspace(state.path),
    ],
    env: environmentWithoutEditor(),
  });
  try {
    say('\nAsk  @gatehouse hello  in the chat view and look at the status bar. Ctrl+C, or closing the window, stops everything.');
    await Promise.race([asked, program.exited]);
  } finally {
    stopEditor(userData);
    await program.stop();
    state.remove();
  }
}

export async function startHeadless(): Promise<void> {
  const cli = requireBuild('cli.js');
  const asked = stopRequested();
  const state = temporaryFolder('start');
  const config = join(state.path, 'config.json');
  const data = join(state.path, 'data');
  writeFileSync(config, JSON.stringify(headlessConfig(), undefined, 2));
  const gateway = startProgram({
    command: process.execPath,
    args: [cli, 'serve', '--config', config, '--data', data],
    onOutput: (text, from) => from === 'stderr' && process.stderr.write(text),
  });
  try {
    const { url, token } = await firstAgent(gateway);
    const body = JSON.stringify({ model: 'demo/echo', messages: [{ role: 'user', content: 'hello' }] });
    say(`The gateway listens on ${url}. Try:\n`);
    say(
      `curl -s ${url}/v1/chat/completions -H 'authorization: Bearer ${token}' -H 'content-type: application/json' -d '${body}'\n`,
    );
    say(`and then what it cost:\n\nnode dist/cli.js usage --data ${data} --by agent,model --json\n\nCtrl+C stops it.`);
    await Promise.race([asked, gateway.exited]);
  } finally {
    await gateway.stop(DRAIN_MS);
    state.remove();
  }
}

function sampleWorkspace(state: string): string {
  const target = join(state, 'sample-workspace');
  cpSync(join(import.meta.dirname, 'sample-workspace'), target, { recursive: true });
  return target;
}

/** The headless file is the settings without their prefix. */
function headlessConfig(): object {
  const prefix = 'gatehouse.';
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])),
  );
}

async function firstAgent(gateway: Program): Promise<{ readonly url: string; readonly token: string }> {
  const ready = await gateway.waitForOutput((text) => (text.includes('\n') ? text : undefined), START_TIMEOUT_MS);
  const { url, agents } = JSON.parse(ready) as {
    readonly url: string;
    readonly agents: Readonly<Record<string, { readonly token: string }>>;
  };
  const [agent] = Object.values(agents);
  if (agent === undefined) throw new Error('the demo configuration names no agent');
  return { url, token: agent.token };
}

/** `code` starts the editor apart from itself; the lock file in its user data names the editor's process. */
function stopEditor(userData: string): void {
  try {
    process.kill(Number(readFileSync(join(userData, 'code.lock'), 'utf8')), 'SIGTERM');
  } catch {
    // No such file or process: the window was closed.
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
