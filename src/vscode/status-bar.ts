import * as vscode from 'vscode';
import type { SettledRequest } from '../core/ledger/records.ts';
import type { EditorHost } from './editor-host.ts';
import type { Standing } from './standing.ts';
import { statusLook, statusTooltip, TOOLTIP_COMMANDS, type StatusFigures } from './status-look.ts';

/** One item: what today cost, and how the gateway is. The tooltip says by whom, and where to go on. */
export function registerStatusBar(host: EditorHost, standing: Standing): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('gatehouse.status', vscode.StatusBarAlignment.Left, 10);
  item.name = 'Gatehouse';
  let latest: SettledRequest | undefined;

  const draw = (): void => {
    const figures: StatusFigures = {
      ...standing.figures,
      trusted: vscode.workspace.isTrusted,
      gateway: host.gateway.state,
      trouble: host.trouble,
      paused: [...host.pausedAgents],
      latest,
      now: Date.now(),
    };
    const look = statusLook(figures);
    item.text = look.text;
    item.command = look.command;
    item.backgroundColor = look.alarm ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    item.accessibilityInformation = { label: look.spoken, role: 'button' };
    const tooltip = new vscode.MarkdownString(statusTooltip(figures, look.spoken), true);
    tooltip.isTrusted = { enabledCommands: TOOLTIP_COMMANDS };
    item.tooltip = tooltip;
    item.show();
  };
  draw();
  return vscode.Disposable.from(
    item,
    standing.onRead(draw),
    // Of these the figures are read in a moment.
    host.onSettled((requests) => (latest = requests.at(-1) ?? latest)),
  );
}
