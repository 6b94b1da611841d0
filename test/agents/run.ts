// node test/agents/run.ts: real agents, the built gateway and a fake provider together in a network namespace that has only loopback.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startProgram } from '../support/start/child-process.ts';
import { provisionVsCodeServer } from '../vscode/launch/vscode-server.ts';
import { findNamespace } from './launch/namespace.ts';
import { AGENT_NAMES, installAgent } from './launch/programs.ts';

const PROJECT_ROOT = resolve(import.meta.dirname, '../..');

async function main(): Promise<number> {
  if (!existsSync(join(PROJECT_ROOT, 'dist/cli.js'))) {
    say('dist/cli.js is not there. Run "npm run build" first.');
    return 1;
  }
  const namespace = await findNamespace();
  if (!namespace.possible) {
    const inCi = process.env['CI'] === 'true';
    say(`No network namespace can be made here: ${namespace.why}`);
    say(
      inCi
        ? 'Without one the test would not show that the agents dial nothing else, so it counts as failed.'
        : 'SKIPPED: run it as root, or where unprivileged user namespaces are allowed, with unshare and ip installed.',
    );
    return inCi ? 1 : 0;
  }
  try {
    for (const agent of AGENT_NAMES) {
      const { version, ms } = await installAgent(agent);
      say(
        `${agent} ${version} ${ms === 0 ? 'is in .agents-test already' : `was installed into .agents-test in ${(ms / 1000).toFixed(1)} s`}`,
      );
    }
    // Inside the namespace nothing can be fetched any more.
    await provisionVsCodeServer();
    const mocha = join(PROJECT_ROOT, 'node_modules/mocha/bin/mocha.js');
    const [command = '', ...args] = namespace.enter([process.execPath, mocha, '--timeout', '180000', 'test/agents/*.test.ts']);
    const program = startProgram({ command, args, cwd: PROJECT_ROOT, onOutput: (text) => process.stdout.write(text) });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void program.stop(0));
    const code = await program.exited;
    return typeof code === 'number' ? code : 1;
  } finally {
    namespace.remove();
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main();
