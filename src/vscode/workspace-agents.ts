import * as vscode from 'vscode';
import type { AuditEvent } from '../core/ledger/audit/audit-event.ts';
import { userAgents, workspaceAgents } from './settings.ts';
import { wishesText } from './workspace-wishes.ts';

const ACCEPTED = 'gatehouse.acceptedWorkspaceAgents';

/**
 * A workspace may say which configured model its agents use, which can be a dearer one or one at another company. It counts once the
 * user has seen it; a change asks again. Until then the user's own settings serve.
 */
export async function mayUseWorkspaceAgents(
  memory: vscode.Memento,
  fingerprint: string,
  audit: (event: AuditEvent) => void,
  accepted: () => Promise<void>,
): Promise<boolean> {
  const known = memory.get<{ fingerprint: string; answer: boolean }>(ACCEPTED);
  if (known?.fingerprint === fingerprint) return known.answer;
  const list = wishesText(workspaceAgents(), userAgents());
  void vscode.window
    .showInformationMessage(`This workspace chooses where requests of agents go (${list}). Use its choice?`, 'Use', 'Ignore')
    .then(async (choice) => {
      if (choice === undefined) return;
      await memory.update(ACCEPTED, { fingerprint, answer: choice === 'Use' });
      if (choice === 'Use')
        audit({ kind: 'workspace-agents-accepted', workspace: vscode.workspace.name ?? 'no folder', choice: list });
      await accepted();
    });
  return false;
}
