import { type AgentResult, type AgentRun, jsonLines, runInstalled } from './programs.ts';

export async function runClaudeCode(run: AgentRun): Promise<AgentResult> {
  const result = await runInstalled('claude-code', run, {
    args: [
      '-p',
      run.task,
      ...(run.resume === true ? ['--continue'] : []),
      ...(run.model === undefined ? [] : ['--model', run.model]),
      '--output-format=json',
      // As root the flag that skips all permissions is refused; these do the same for a few tools.
      '--permission-mode=acceptEdits',
      '--allowedTools=Bash,Write,Read,Edit,WebSearch',
    ],
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
