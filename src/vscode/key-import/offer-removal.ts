import os from 'node:os';
import * as l10n from '@vscode/l10n';
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
      variables.length === 1
        ? l10n.t(
            'A variable of the environment cannot be removed from here. {0}. Take it out there and restart the editor.',
            origins.join('; '),
          )
        : l10n.t(
            'Variables of the environment cannot be removed from here. {0}. Take them out there and restart the editor.',
            origins.join('; '),
          ),
    );
  }
  let removed = 0;
  for (const key of stored) {
    const answer = await offerOne(host, key);
    if (answer === 'stop') break;
    if (answer === 'removed') removed++;
  }
  if (removed === 0) return;
  const what =
    removed === 1 ? l10n.t('The plain text was removed.') : l10n.t('The plain text was removed from {0} places.', removed);
  const advice = l10n.t(
    '"Gatehouse: Undo Key Removal" puts it back. Keys that were committed to a repository or copied elsewhere should be replaced.',
  );
  const choice = vscode.window.showInformationMessage(`${what} ${advice}`, l10n.t('Undo Key Removal'));
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
  const file = shortPath(plan.file, os.homedir());
  const keep = l10n.t('Keep');
  const choice = await withChangeShown(plan, key, () =>
    vscode.window.showInformationMessage(
      l10n.t('Remove {0} from {1}, as shown? It can be put back with "Gatehouse: Undo Key Removal".', plan.name, file),
      l10n.t('Remove'),
      keep,
    ),
  );
  if (choice === undefined) return 'stop';
  if (choice === keep) return 'kept';
  const kept = await host.removals.keep(removalOf(plan, Date.now()));
  const fault = applyRemoval(plan);
  if (fault === undefined) {
    if (plan.after.includes(key.secret.reveal()))
      void vscode.window.showWarningMessage(
        l10n.t('The same key is also elsewhere in {0}. Import again to remove it there.', file),
      );
    return 'removed';
  }
  await host.removals.forget(kept);
  void vscode.window.showWarningMessage(`${key.place}: ${fault}.`);
  return 'kept';
}
