import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DialectId } from '../../../src/core/ir/dialect.ts';
import { type AgentResult, type AgentRun, runInstalled } from './programs.ts';

/** What `--auth-type` calls each dialect, the variable that names the model there, and a model that its vendor would have. */
const MODES: Readonly<Record<DialectId, { readonly type: string; readonly variable: string; readonly model: string }>> = {
  'openai-chat': { type: 'openai', variable: 'OPENAI_MODEL', model: 'qwen3-coder' },
  'openai-responses': { type: 'openai-responses', variable: 'OPENAI_MODEL', model: 'gpt-5.5' },
  'anthropic-messages': { type: 'anthropic', variable: 'ANTHROPIC_MODEL', model: 'claude-sonnet-4-5' },
  gemini: { type: 'gemini', variable: 'GEMINI_MODEL', model: 'gemini-2.5-pro' },
};

export async function runQwenCode(run: AgentRun): Promise<AgentResult> {
  const { type, variable, model } = MODES[run.dialect ?? 'openai-chat'];
  mkdirSync(join(run.home, '.qwen'), { recursive: true });
  writeFileSync(
    join(run.home, '.qwen/settings.json'),
    JSON.stringify({
      general: { enableAutoUpdate: false },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
    }),
  );
  const result = await runInstalled('qwen-code', run, {
    args: [`--auth-type=${type}`, '--yolo', '--output-format=json', ...(run.resume === true ? ['--continue'] : []), '-p', run.task],
    env: { [variable]: run.model ?? model },
  });
  return { ...result, final: result.code === 0 ? resultIn(result.stdout) : undefined };
}

/** The report is one JSON array of messages, the last of which is the result. */
function resultIn(stdout: string): string | undefined {
  const messages = JSON.parse(stdout.slice(Math.max(0, stdout.search(/^\[/m))) || '[]') as readonly Readonly<
    Record<string, unknown>
  >[];
  const last = messages.findLast((message) => message['type'] === 'result');
  return typeof last?.['result'] === 'string' ? last['result'] : undefined;
}
