import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import { terminalsHolding } from '../terminals.ts';
import { pickAgent } from './pick-agent.ts';

/** The old token stops at once. Agents that still have it must be started again. */
export async function rotateToken(host: EditorHost, wanted?: string): Promise<void> {
  const agent = wanted ?? (await pickAgent(host, 'Rotate the token of which agent?'));
  if (agent === undefined) return;
  const old = await host.tokens.rotate(agent);
  const reopen = reopenText(old);
  const text = `"${agent}" has a new token${old === undefined ? '' : ', and the old one is refused from now on'}. ${reopen}`;
  void vscode.window.showInformationMessage(text, 'Open Terminal', 'Copy Endpoint').then((choice) => {
    if (choice === 'Open Terminal') void vscode.commands.executeCommand('gatehouse.openTerminal', agent);
    if (choice === 'Copy Endpoint') void vscode.commands.executeCommand('gatehouse.copyEndpoint', agent);
  });
}

/** The agent cannot connect until it is given a new token. */
export async function revokeToken(host: EditorHost, wanted?: string): Promise<void> {
  const agent = wanted ?? (await pickAgent(host, 'Revoke the token of which agent?', (id) => !host.tokens.isRevoked(id)));
  if (agent === undefined) return;
  await host.tokens.revoke(agent);
  const text = `The token of "${agent}" is revoked: its requests are refused until you make a new one. What is running now is finished.`;
  void vscode.window.showInformationMessage(text, 'Rotate Token').then((choice) => {
    if (choice !== undefined) void vscode.commands.executeCommand('gatehouse.rotateToken', agent);
  });
}

function reopenText(old: string | undefined): string {
  if (old === undefined) return 'Start the agent with it.';
  const names = terminalsHolding(old).map((name) => `"${name}"`);
  const elsewhere = 'Programs that you gave the old token need the new one.';
  return names.length === 0 ? elsewhere : `Close and reopen ${names.join(', ')}. ${elsewhere}`;
}
