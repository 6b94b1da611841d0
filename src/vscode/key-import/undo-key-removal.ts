import os from 'node:os';
import * as vscode from 'vscode';
import { shortPath } from '../../host/key-import/find-keys.ts';
import { undoRemoval } from '../../host/key-import/undo-removal.ts';
import type { EditorHost } from '../editor-host.ts';

/** Puts a key back into the file it was removed from, or forgets what is kept for that. */
export async function undoKeyRemoval(host: EditorHost): Promise<void> {
  const kept = await host.removals.list();
  if (kept.length === 0) {
    void vscode.window.showInformationMessage('No key was removed from a file.');
    return;
  }
  const items = kept.map(({ id, removal }) => ({
    label: removal.name,
    description: shortPath(removal.file, os.homedir()),
    detail: `removed ${new Date(removal.at).toLocaleString()}`,
    id,
    removal,
  }));
  const picked = await vscode.window.showQuickPick(items, { title: 'Undo which removal?', matchOnDescription: true });
  if (picked === undefined) return;
  const what = await vscode.window.showQuickPick(
    [
      { label: 'Put it back', description: `in plain text into ${picked.description}`, forget: false },
      { label: 'Forget it', description: 'it cannot be put back then', forget: true },
    ],
    { title: `${picked.label}, ${picked.detail}` },
  );
  if (what === undefined) return;
  if (what.forget) return host.removals.forget(picked.id);
  const fault = undoRemoval(picked.removal);
  if (fault !== undefined) {
    void vscode.window.showWarningMessage(`${picked.description}: ${fault}.`);
    return;
  }
  await host.removals.forget(picked.id);
  void vscode.window.showInformationMessage(`${picked.label} is in ${picked.description} again.`);
}
