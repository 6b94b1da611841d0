import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentResult, type AgentRun, jsonLines, runInstalled } from './programs.ts';

export async function runCodex(run: AgentRun): Promise<AgentResult> {
  mkdirSync(join(run.home, '.codex'), { recursive: true });
  writeFileSync(
    join(run.home, '.codex/config.toml'),
    [
      `model = "${run.model ?? 'gpt-5.5'}"`,
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
  // Both features look hosts up at start, even with a provider of one's own.
  const options = ['--skip-git-repo-check', '--json', '--disable', 'plugins', '--disable', 'apps'];
  const result = await runInstalled('codex', run, {
    args: run.resume === true ? ['exec', ...options, 'resume', '--last', run.task] : ['exec', ...options, run.task],
    env: {},
  });
  const events = jsonLines(result.stdout);
  const messages = events.map((event) => event['item']).filter(isAgentMessage);
  const completed = events.some((event) => event['type'] === 'turn.completed');
  return { ...result, final: completed ? messages.at(-1)?.text : undefined };
}

function isAgentMessage(item: unknown): item is { readonly text: string } {
  return typeof item === 'object' && item !== null && 'type' in item && item.type === 'agent_message' && 'text' in item;
}
