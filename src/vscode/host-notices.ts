import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';

/** Once for a window: a gateway that keeps dying is not worth a notification each time. */
export function deathNotice(log: vscode.LogOutputChannel): (reason: string, retryMs: number) => void {
  let told = false;
  return (reason, retryMs) => {
    log.error(`the gateway stopped: ${reason}; it is started again in ${retryMs} ms`);
    if (told) return;
    told = true;
    void vscode.window
      .showWarningMessage(
        l10n.t('The Gatehouse gateway stopped and is being restarted. Running requests were cut.'),
        l10n.t('Show Log'),
      )
      .then((choice) => {
        if (choice) log.show();
      });
  };
}

export function showFaults(faults: readonly string[], log: vscode.LogOutputChannel): void {
  for (const fault of faults) log.error(fault);
  const [first = '', ...others] = faults;
  const text =
    others.length === 0
      ? l10n.t('Gatehouse keeps its last good settings: {0}', first)
      : l10n.t('Gatehouse keeps its last good settings: {0} (and {1} more)', first, others.length);
  void vscode.window.showErrorMessage(text, l10n.t('Open Settings')).then((choice) => {
    if (choice) void vscode.commands.executeCommand('workbench.action.openSettings', 'gatehouse');
  });
}
