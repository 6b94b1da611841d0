import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import { agentEnvironment } from '../terminals.ts';
import { pickAgent } from './pick-agent.ts';

/** Puts what an agent outside this editor needs on the clipboard. The token is shown nowhere else. */
export async function copyEndpoint(host: EditorHost, wanted?: string): Promise<void> {
  const gateway = host.gateway.state;
  if (gateway.phase !== 'running') {
    void vscode.window.showErrorMessage('The gateway is not running, so there is no endpoint. "Gatehouse: Show Log" says why.');
    return;
  }
  const agent = wanted ?? (await pickAgent(host, 'Copy the endpoint for which agent?'));
  if (agent === undefined) return;
  const token = await host.tokens.of(agent);
  const variables = Object.entries(await agentEnvironment(host, agent)).map(([name, value]) => `export ${name}=${quoted(value)}`);
  const choices = [
    { label: 'Shell variables', description: 'export lines for this agent', text: variables.join('\n') },
    { label: 'Base URL', description: gateway.url, text: gateway.url },
    { label: 'Base URL, OpenAI style', description: `${gateway.url}/v1`, text: `${gateway.url}/v1` },
    { label: 'Token', description: 'use it as the API key', text: token },
  ];
  const picked = await vscode.window.showQuickPick(choices, { title: `Endpoint of ${agent}: what to copy?` });
  if (picked === undefined) return;
  await vscode.env.clipboard.writeText(picked.text);
  void vscode.window.setStatusBarMessage(`Gatehouse: ${picked.label} of ${agent} copied`, 4000);
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`;
}
