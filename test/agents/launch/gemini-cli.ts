import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentResult, type AgentRun, runInstalled } from './programs.ts';

export async function runGeminiCli(run: AgentRun): Promise<AgentResult> {
  const folder = join(run.home, '.gemini');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'settings.json'),
    JSON.stringify({
      // Without it the program asks which login to use and, having no terminal, ends.
      security: { auth: { selectedType: 'gemini-api-key' } },
      general: { enableAutoUpdate: false },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
    }),
  );
  const result = await runInstalled('gemini-cli', run, {
    args: [
      // Without a model of its own it asks a smaller one first, which of them to take.
      `--model=${run.model ?? 'gemini-2.5-flash'}`,
      '--yolo',
      '--output-format=json',
      ...(run.resume === true ? ['--resume=latest'] : []),
      '-p',
      run.task,
    ],
    env: { GEMINI_CLI_TRUST_WORKSPACE: 'true' },
  });
  return { ...result, final: result.code === 0 ? responseIn(result.stdout) : undefined };
}

/** The report is one JSON object over many lines, after whatever else was said. */
function responseIn(stdout: string): string | undefined {
  const report = JSON.parse(stdout.slice(Math.max(0, stdout.search(/^\{/m))) || '{}') as Readonly<Record<string, unknown>>;
  return typeof report['response'] === 'string' ? report['response'] : undefined;
}
