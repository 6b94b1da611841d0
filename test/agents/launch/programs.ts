// How the real agents are installed, and what the run of one of them is told and tells. How each is called: the files beside this one.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DialectId } from '../../../src/core/ir/dialect.ts';
import { runProgram } from '../../support/start/child-process.ts';
import { installPackage } from '../../support/start/install-package.ts';

const PROJECT_ROOT = resolve(import.meta.dirname, '../../..');
const CACHE = join(PROJECT_ROOT, '.agents-test');
const RUN_TIMEOUT_MS = 120_000;

export interface AgentRun {
  /** What `serve` told of this agent. */
  readonly url: string;
  readonly token: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where the agent works, and its home folder: both empty before, both searched afterwards. */
  readonly workspace: string;
  readonly home: string;
  readonly task: string;
  /** The model that the agent asks for by itself; the gateway may serve another one. Left out: one that its vendor would choose. */
  readonly model?: string;
  /** For those that speak several. Left out: the one that `src/core/routing/agent-kinds.ts` names first. */
  readonly dialect?: DialectId;
  /** Goes on with the last session of this home and workspace instead of beginning one. */
  readonly resume?: boolean;
  /** Variables of the agent's own, such as one that turns its thinking off. */
  readonly variables?: Readonly<Record<string, string>>;
}

export interface AgentResult {
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
  /** The last message of the model, as the agent reports it; undefined when it reports a failure. */
  readonly final: string | undefined;
}

export type RunAgent = (run: AgentRun) => Promise<AgentResult>;

interface Package {
  readonly name: string;
  readonly version: string;
  /** What is started, seen from the package. With --ignore-scripts the programs that npm links are stubs; the platform's own package holds the real one. */
  readonly binary: string;
  /** The binary is a script for Node. */
  readonly script?: boolean;
}

const MACHINE = `${process.platform}-${process.arch}`;

const PACKAGES = {
  'claude-code': {
    name: '@anthropic-ai/claude-code',
    version: '2.1.329',
    binary: `../claude-code-${MACHINE}/claude`,
  },
  codex: {
    name: '@openai/codex',
    version: '0.169.0',
    binary: `../codex-${MACHINE}/vendor/${codexTarget()}/bin/codex`,
  },
  'gemini-cli': {
    name: '@google/gemini-cli',
    version: '0.61.0',
    binary: 'bundle/gemini.js',
    script: true,
  },
  opencode: {
    name: 'opencode-ai',
    version: '1.18.33',
    // The build without AVX2: one download serves every machine that a judge may run on.
    binary: `../opencode-${MACHINE}${process.arch === 'x64' ? '-baseline' : ''}/bin/opencode`,
  },
  'qwen-code': {
    name: '@qwen-code/qwen-code',
    version: '0.24.4',
    binary: 'cli-entry.js',
    script: true,
  },
} as const satisfies Readonly<Record<string, Package>>;

export type AgentName = keyof typeof PACKAGES;
export const AGENT_NAMES = Object.keys(PACKAGES) as readonly AgentName[];

/** Returns how long the installation took; 0: it was there. */
export async function installAgent(
  agent: AgentName,
): Promise<{ readonly binary: string; readonly version: string; readonly ms: number }> {
  const { name, version, binary } = PACKAGES[agent];
  const { folder, ms } = await installPackage({ cache: CACHE, name, version });
  return { binary: join(folder, binary), version, ms };
}

export async function runInstalled(
  agent: AgentName,
  run: AgentRun,
  { args, env }: { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> },
): Promise<Omit<AgentResult, 'final'>> {
  const { binary } = await installAgent(agent);
  const { script = false }: Package = PACKAGES[agent];
  // In its own home, so that what an agent leaves behind is searched and removed with it.
  const temporary = join(run.home, 'tmp');
  mkdirSync(temporary, { recursive: true });
  return runProgram({
    command: script ? process.execPath : binary,
    args: script ? [binary, ...args] : args,
    cwd: run.workspace,
    // Built from nothing: what a developer has exported must neither help an agent nor reach it.
    env: {
      PATH: process.env['PATH'],
      HOME: run.home,
      TMPDIR: temporary,
      LANG: 'C.UTF-8',
      TERM: 'dumb',
      ...run.env,
      ...env,
      ...run.variables,
    },
    timeoutMs: RUN_TIMEOUT_MS,
  });
}

/** The lines of an agent's output that are JSON objects. */
export function jsonLines(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function codexTarget(): string {
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  return process.platform === 'darwin' ? `${machine}-apple-darwin` : `${machine}-unknown-linux-musl`;
}
