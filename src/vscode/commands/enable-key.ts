import * as l10n from '@vscode/l10n';
import type { EditorHost } from '../editor-host.ts';
import * as vscode from 'vscode';
import { pickKey } from './pick-key.ts';
import { tellGone } from './rotate-key.ts';

/** A disabled key stays in the store and is sent nowhere. */
export async function setDisabled(host: EditorHost, disabled: boolean, wanted?: string): Promise<void> {
  const key = await pickKey(
    host,
    disabled ? l10n.t('Disable which key?') : l10n.t('Enable which key?'),
    wanted,
    (one) => (one.disabled ?? false) !== disabled,
    disabled ? l10n.t('No key is enabled.') : l10n.t('No key is disabled.'),
  );
  if (key === undefined) return;
  if (!(await host.keys.change(key.id, { disabled: disabled ? true : undefined }))) return tellGone(key);
  host.audit({ kind: disabled ? 'key-disabled' : 'key-enabled', key: key.id, provider: key.provider });
  await host.refresh();
  const text = disabled ? l10n.t('Gatehouse: "{0}" is disabled', key.label) : l10n.t('Gatehouse: "{0}" is enabled', key.label);
  void vscode.window.setStatusBarMessage(text, 5000);
}
