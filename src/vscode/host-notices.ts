import * as vscode from 'vscode';

/** Once for a window: a gateway that keeps dying is not worth a notification each time. */
export function deathNotice(log: vscode.LogOutputChannel): (reason: string, retryMs: number) => void {
  let told = false;
  return (reason, retryMs) => {
    log.error(`the gateway stopped: ${reason}; it is started again in ${retryMs} ms`);
    if (told) return;
    told = true;
    void vscode.window
      .showWarningMessage('The Gatehouse gateway stopped and is being restarted. Running requests were cut.', 'Show Log')
      .then((choice) => {
        if (choice) log.show();
      });
  };
}

export function showFaults(faults: readonly string[], log: vscode.LogOutputChannel): void {
  for (const fault of faults) log.error(fault);
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  void vscode.window
    .showErrorMessage(`Gatehouse keeps its last good settings: ${faults[0]}${more}`, 'Open Settings')
    .then((choice) => {
      if (choice) void vscode.commands.executeCommand('workbench.action.openSettings', 'gatehouse');
    });
}
