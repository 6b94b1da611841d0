import type { EditorHost } from '../editor-host.ts';
import * as vscode from 'vscode';
import { pickKey } from './pick-key.ts';
import { tellGone } from './rotate-key.ts';

/** A disabled key stays in the store and is sent nowhere. */
export async function setDisabled(host: EditorHost, disabled: boolean, wanted?: string): Promise<void> {
  const key = await pickKey(
    host,
    disabled ? 'Disable which key?' : 'Enable which key?',
    wanted,
    (one) => (one.disabled ?? false) !== disabled,
    disabled ? 'No key is enabled.' : 'No key is disabled.',
  );
  if (key === undefined) return;
  if (!(await host.keys.change(key.id, { disabled: disabled ? true : undefined }))) return tellGone(key);
  host.audit({ kind: disabled ? 'key-disabled' : 'key-enabled', key: key.id, provider: key.provider });
  await host.refresh();
  void vscode.window.setStatusBarMessage(`Gatehouse: "${key.label}" is ${disabled ? 'disabled' : 'enabled'}`, 5000);
}
