import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import { pickAgent } from './pick-agent.ts';

/** Refuses every request of an agent until it is resumed, or the gateway is restarted. */
export async function pauseAgent(host: EditorHost, wanted?: string): Promise<void> {
  const agent = wanted ?? (await pickAgent(host, l10n.t('Pause which agent?'), (id) => !host.pausedAgents.has(id)));
  if (agent === undefined) return;
  await host.pauseAgent(agent);
  const text = l10n.t('Gatehouse: {0} is paused, its requests are refused until you resume it', agent);
  void vscode.window.setStatusBarMessage(text, 5000);
}

export async function resumeAgent(host: EditorHost, wanted?: string): Promise<void> {
  const paused = [...host.pausedAgents];
  if (wanted === undefined && paused.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('No agent is paused.'));
    return;
  }
  // Also agents that stand for a caller inside the editor, which no other list has: a burst pauses those as well.
  const agent =
    wanted ??
    (
      await vscode.window.showQuickPick(
        paused.map((id) => ({ label: id })),
        { title: l10n.t('Resume which agent?') },
      )
    )?.label;
  if (agent === undefined) return;
  await host.resumeAgent(agent);
  void vscode.window.setStatusBarMessage(l10n.t('Gatehouse: {0} is resumed', agent), 5000);
}
