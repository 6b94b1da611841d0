import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import { terminalsHolding } from '../terminals.ts';
import { pickAgent } from './pick-agent.ts';

/** The old token stops at once. Agents that still have it must be started again. */
export async function rotateToken(host: EditorHost, wanted?: string): Promise<void> {
  const agent = wanted ?? (await pickAgent(host, l10n.t('Rotate the token of which agent?')));
  if (agent === undefined) return;
  const old = await host.tokens.rotate(agent);
  const done =
    old === undefined
      ? l10n.t('"{0}" has a new token.', agent)
      : l10n.t('"{0}" has a new token, and the old one is refused from now on.', agent);
  const terminal = l10n.t('Open Terminal');
  const copy = l10n.t('Copy Endpoint');
  void vscode.window.showInformationMessage(`${done} ${reopenText(old)}`, terminal, copy).then((choice) => {
    if (choice === terminal) void vscode.commands.executeCommand('gatehouse.openTerminal', agent);
    if (choice === copy) void vscode.commands.executeCommand('gatehouse.copyEndpoint', agent);
  });
}

/** The agent cannot connect until it is given a new token. */
export async function revokeToken(host: EditorHost, wanted?: string): Promise<void> {
  const agent = wanted ?? (await pickAgent(host, l10n.t('Revoke the token of which agent?'), (id) => !host.tokens.isRevoked(id)));
  if (agent === undefined) return;
  await host.tokens.revoke(agent);
  const text = l10n.t(
    'The token of "{0}" is revoked: its requests are refused until you make a new one. Requests that are running now may finish.',
    agent,
  );
  void vscode.window.showInformationMessage(text, l10n.t('Rotate Token')).then((choice) => {
    if (choice !== undefined) void vscode.commands.executeCommand('gatehouse.rotateToken', agent);
  });
}

function reopenText(old: string | undefined): string {
  if (old === undefined) return l10n.t('Start the agent with it.');
  const names = terminalsHolding(old).map((name) => `"${name}"`);
  const elsewhere = l10n.t('Programs that you gave the old token need the new one.');
  return names.length === 0 ? elsewhere : `${l10n.t('Close and reopen {0}.', names.join(', '))} ${elsewhere}`;
}
