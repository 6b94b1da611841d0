import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import { pickKey } from './pick-key.ts';

/** Erases a key after a second look. No request is sent with it any more; what is on its way goes on or is aborted, as the person chooses. */
export async function revokeKey(host: EditorHost, wanted?: string): Promise<void> {
  const key = await pickKey(host, l10n.t('Revoke which key?'), wanted);
  if (key === undefined) return;
  const running = await host.gateway.call('requestsOnKey', { key: key.id }).catch(() => 0);
  const abort = running === 1 ? l10n.t('Revoke and Abort It') : l10n.t('Revoke and Abort Them');
  const finish = running === 1 ? l10n.t('Revoke, Let It Finish') : l10n.t('Revoke, Let Them Finish');
  const choice = await vscode.window.showWarningMessage(
    l10n.t('Revoke "{0}" ({1}, ends in {2})?', key.label, key.provider, key.lastFour),
    { modal: true, detail: detailText(running) },
    ...(running === 0 ? [l10n.t('Revoke')] : [finish, abort]),
  );
  if (choice === undefined) return;
  const inFlight = choice === abort ? 'abort' : 'finish';
  await host.keyLife.revoke(key.id, inFlight);
  host.audit({ kind: 'key-revoked', key: key.id, provider: key.provider, inFlight });
  await host.refresh();
  void vscode.window.showInformationMessage(
    l10n.t('"{0}" was revoked. Revoke it with {1} too if it may have leaked.', key.label, key.provider),
  );
}

/** `running`: requests that are on their way with the key. */
function detailText(running: number): string {
  const erased = l10n.t('It is erased here and cannot be brought back. Agents that use it are told at their next request.');
  if (running === 0) return erased;
  const under = running === 1 ? l10n.t('One request is using it now.') : l10n.t('{0} requests are using it now.', running);
  return `${erased} ${under}`;
}
