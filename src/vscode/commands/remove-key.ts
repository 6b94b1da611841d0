import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import { pickKey } from './pick-key.ts';

/** Erases a key after a second look; agents that used it get a clear error from the next request on. */
export async function removeKey(host: EditorHost): Promise<void> {
  const key = await pickKey(host, 'Remove which key?');
  if (key === undefined) return;
  const sure = await vscode.window.showQuickPick(
    [
      { label: `Remove "${key.label}" (${key.provider}, ends in ${key.lastFour})`, remove: true },
      { label: 'Keep it', remove: false },
    ],
    { title: 'The key is erased and cannot be brought back from here' },
  );
  if (!sure?.remove) return;
  await host.keys.remove(key.id);
  host.audit({ kind: 'key-revoked', key: key.id, provider: key.provider, inFlight: 'finish' });
  await host.refresh();
  void vscode.window.showInformationMessage(
    `"${key.label}" was removed. Revoke it with ${key.provider} too if it may have leaked.`,
  );
}
