import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { AGENT_PROGRAMS } from '../../core/routing/agent-kinds.ts';
import { resolveAgent } from '../../core/routing/agent.ts';
import { curlLine, shellLines, type Shell } from '../../host/shell-lines.ts';
import type { EditorHost } from '../editor-host.ts';
import { referenceOf } from '../references.ts';
import { agentEnvironment } from '../terminals.ts';
import { pickAgent } from './pick-agent.ts';

type Choice = vscode.QuickPickItem & { readonly text: string };

/** Puts what an agent outside this editor needs on the clipboard. The token is shown nowhere else. */
export async function copyEndpoint(host: EditorHost, wanted?: string): Promise<void> {
  const gateway = host.gateway.state;
  if (gateway.phase !== 'running') {
    void vscode.window.showErrorMessage(
      l10n.t('The gateway is not running, so there is no endpoint. "Gatehouse: Show Log" says why.'),
    );
    return;
  }
  const agent = wanted ?? (await pickAgent(host, l10n.t('Copy the endpoint for which agent?')));
  if (agent === undefined) return;
  const picked = await vscode.window.showQuickPick(await choicesFor(host, agent, gateway.url), {
    title: l10n.t('Endpoint of {0}: what to copy?', agent),
    matchOnDescription: true,
  });
  if (picked === undefined) return;
  await vscode.env.clipboard.writeText(picked.text);
  void vscode.window.setStatusBarMessage(l10n.t('Gatehouse: {0} of {1} copied', picked.label, agent), 4000);
}

async function choicesFor(host: EditorHost, agent: string, url: string): Promise<readonly Choice[]> {
  const token = await host.tokens.of(agent);
  const variables = await agentEnvironment(host, agent);
  const config = host.state?.agents[agent] ?? {};
  const [dialect = 'openai-chat'] = AGENT_PROGRAMS[resolveAgent(agent, config).kind].dialects;
  const lines = (label: string, description: string, shell: Shell): Choice => ({
    label,
    description,
    text: shellLines(shell, variables),
  });
  const address = (label: string, text: string): Choice => ({ label, description: text, text });
  return [
    lines(l10n.t('Shell variables'), l10n.t('export lines for bash and zsh'), 'posix'),
    lines(l10n.t('Shell variables for fish'), l10n.t('set lines'), 'fish'),
    lines(l10n.t('Shell variables for PowerShell'), l10n.t('$env lines'), 'powershell'),
    lines(l10n.t('Shell variables for cmd'), l10n.t('set lines for the Windows command prompt'), 'cmd'),
    lines(l10n.t('Lines for a .env file'), l10n.t('keep it out of version control'), 'dotenv'),
    address(l10n.t('Base URL'), url),
    address(l10n.t('Base URL, OpenAI style'), `${url}/v1`),
    address(l10n.t('Base URL, Gemini with its version'), `${url}/v1beta`),
    { label: l10n.t('Token'), description: l10n.t('use it as the API key'), text: token },
    {
      label: l10n.t('curl line'),
      description: l10n.t('asks one question, to try it'),
      text: curlLine(dialect, url, token, referenceOf(config) ?? 'MODEL'),
    },
  ];
}
