// How the real agents are installed and run, one task each, without a terminal.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
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
}

export interface AgentResult {
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
  /** The last message of the model, as the agent reports it; undefined when it reports a failure. */
  readonly final: string | undefined;
}

/** With --ignore-scripts the programs that npm links are stubs; the platform's own package holds the real one. */
const PACKAGES = {
  'claude-code': {
    name: '@anthropic-ai/claude-code',
    version: '2.1.329',
    binary: `../claude-code-${process.platform}-${process.arch}/claude`,
  },
  codex: {
    name: '@openai/codex',
    version: '0.169.0',
    binary: `../codex-${process.platform}-${process.arch}/vendor/${codexTarget()}/bin/codex`,
  },
} as const;

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

export async function runClaudeCode(run: AgentRun): Promise<AgentResult> {
  const result = await runAgent('claude-code', run, {
    // As root the flag that skips all permissions is refused; these do the same for two tools.
    args: ['-p', run.task, '--permission-mode', 'acceptEdits', '--allowedTools', 'Bash', 'Write', '--output-format', 'json'],
    env: {
      DISABLE_TELEMETRY: '1',
      DISABLE_ERROR_REPORTING: '1',
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    },
  });
  const report = jsonLines(result.stdout).at(-1);
  const succeeded = report?.['is_error'] === false && typeof report['result'] === 'string';
  return { ...result, final: succeeded ? String(report['result']) : undefined };
}

export async function runCodex(run: AgentRun): Promise<AgentResult> {
  mkdirSync(join(run.home, '.codex'), { recursive: true });
  writeFileSync(
    join(run.home, '.codex/config.toml'),
    [
      'model = "gpt-5.5"',
      'model_provider = "gatehouse"',
      'approval_policy = "never"',
      'sandbox_mode = "danger-full-access"',
      'check_for_update_on_startup = false',
      '[analytics]',
      'enabled = false',
      '[model_providers.gatehouse]',
      'name = "Gatehouse"',
      `base_url = "${run.url}/v1"`,
      'wire_api = "responses"',
      'env_key = "GATEHOUSE_TOKEN"',
      '',
    ].join('\n'),
  );
  const result = await runAgent('codex', run, {
    // Both features look hosts up at start, even with a provider of one's own.
    args: ['exec', '--skip-git-repo-check', '--json', '--disable', 'plugins', '--disable', 'apps', run.task],
    env: {},
  });
  const events = jsonLines(result.stdout);
  const messages = events.map((event) => event['item']).filter(isAgentMessage);
  const completed = events.some((event) => event['type'] === 'turn.completed');
  return { ...result, final: completed ? messages.at(-1)?.text : undefined };
}

async function runAgent(
  agent: AgentName,
  run: AgentRun,
  { args, env }: { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> },
): Promise<Omit<AgentResult, 'final'>> {
  const { binary } = await installAgent(agent);
  return runProgram({
    command: binary,
    args,
    cwd: run.workspace,
    // Built from nothing: what a developer has exported must neither help an agent nor reach it.
    env: { PATH: process.env['PATH'], HOME: run.home, LANG: 'C.UTF-8', TERM: 'dumb', ...run.env, ...env },
    timeoutMs: RUN_TIMEOUT_MS,
  });
}

function jsonLines(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function isAgentMessage(item: unknown): item is { readonly text: string } {
  return typeof item === 'object' && item !== null && 'type' in item && item.type === 'agent_message' && 'text' in item;
}

function codexTarget(): string {
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  return process.platform === 'darwin' ? `${machine}-apple-darwin` : `${machine}-unknown-linux-musl`;
}
