import os from 'node:os';
import * as vscode from 'vscode';
import { shortPath, type FoundKey } from '../../host/key-import/find-keys.ts';
import { applyRemoval, planRemoval, removalOf } from '../../host/key-import/remove-entry.ts';
import { variableOrigin } from '../../host/key-import/variable-origin.ts';
import type { EditorHost } from '../editor-host.ts';
import { withChangeShown } from './show-change.ts';

/** Offers to take keys that are stored now out of the files they were found in, one after the other, each change shown first. */
export async function offerRemoval(host: EditorHost, stored: readonly FoundKey[]): Promise<void> {
  const variables = stored.filter(({ entry }) => entry === undefined);
  if (variables.length > 0) {
    const origins = variables.map(({ name }) => `${name}: ${variableOrigin(name, os.homedir(), process.platform)}`);
    void vscode.window.showInformationMessage(
      `Variables of the environment cannot be removed from here. ${origins.join('; ')}. Take it out there and restart the editor.`,
    );
  }
  let removed = 0;
  for (const key of stored) {
    const answer = await offerOne(host, key);
    if (answer === 'stop') break;
    if (answer === 'removed') removed++;
  }
  if (removed === 0) return;
  const what = removed === 1 ? 'The plain text was removed.' : `The plain text was removed in ${removed} places.`;
  const choice = vscode.window.showInformationMessage(
    `${what} "Gatehouse: Undo Key Removal" puts it back. Keys that were committed to a repository or copied elsewhere should be replaced.`,
    'Undo Key Removal',
  );
  void choice.then((button) => button && vscode.commands.executeCommand('gatehouse.undoKeyRemoval'));
}

async function offerOne(host: EditorHost, key: FoundKey): Promise<'removed' | 'kept' | 'stop'> {
  if (key.entry === undefined) return 'kept';
  const planned = planRemoval(key.entry);
  if ('fault' in planned) {
    void vscode.window.showWarningMessage(`${key.place}: ${planned.fault}.`);
    return 'kept';
  }
  const { plan } = planned;
  // A notification, because a pick would lie over the first lines of the change.
  const choice = await withChangeShown(plan, key, () =>
    vscode.window.showInformationMessage(
      `Remove ${plan.name} from ${shortPath(plan.file, os.homedir())}, as shown? It can be put back with "Gatehouse: Undo Key Removal".`,
      'Remove',
      'Keep',
    ),
  );
  if (choice === undefined) return 'stop';
  if (choice === 'Keep') return 'kept';
  const kept = await host.removals.keep(removalOf(plan, Date.now()));
  const fault = applyRemoval(plan);
  if (fault === undefined) {
    if (plan.after.includes(key.secret.reveal()))
      void vscode.window.showWarningMessage(
        `The same key still stands elsewhere in ${shortPath(plan.file, os.homedir())}. Import again to remove it there.`,
      );
    return 'removed';
  }
  await host.removals.forget(kept);
  void vscode.window.showWarningMessage(`${key.place}: ${fault}.`);
  return 'kept';
}
