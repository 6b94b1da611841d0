import os from 'node:os';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { shortPath } from '../../host/key-import/find-keys.ts';
import { undoRemoval } from '../../host/key-import/undo-removal.ts';
import { dateLocale } from '../date-locale.ts';
import type { EditorHost } from '../editor-host.ts';

/** Puts a key back into the file it was removed from, or forgets what is kept for that. */
export async function undoKeyRemoval(host: EditorHost): Promise<void> {
  const kept = await host.removals.list();
  if (kept.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('No key was removed from a file.'));
    return;
  }
  const items = kept.map(({ id, removal }) => ({
    label: removal.name,
    description: shortPath(removal.file, os.homedir()),
    detail: l10n.t('removed {0}', new Date(removal.at).toLocaleString(dateLocale(vscode.env.language))),
    id,
    removal,
  }));
  const picked = await vscode.window.showQuickPick(items, { title: l10n.t('Undo which removal?'), matchOnDescription: true });
  if (picked === undefined) return;
  const what = await vscode.window.showQuickPick(
    [
      { label: l10n.t('Put it back'), description: l10n.t('in plain text into {0}', picked.description), forget: false },
      { label: l10n.t('Forget it'), description: l10n.t('it cannot be put back then'), forget: true },
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
  void vscode.window.showInformationMessage(l10n.t('{0} is in {1} again.', picked.label, picked.description));
}
