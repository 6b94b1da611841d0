import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import { pickKey } from './pick-key.ts';

/** Erases a key after a second look. No request is sent with it any more; what is on its way goes on or is aborted, as the person chooses. */
export async function revokeKey(host: EditorHost, wanted?: string): Promise<void> {
  const key = await pickKey(host, 'Revoke which key?', wanted);
  if (key === undefined) return;
  const running = await host.gateway.call('requestsOnKey', { key: key.id }).catch(() => 0);
  const them = running === 1 ? 'It' : 'Them';
  const abort = `Revoke and Abort ${them}`;
  const detail = [
    'It is erased here and cannot be brought back. Agents that used it are told from their next request on.',
    ...(running === 0 ? [] : [`${running === 1 ? 'One request is' : `${running} requests are`} on the way with it.`]),
  ].join(' ');
  const choice = await vscode.window.showWarningMessage(
    `Revoke "${key.label}" (${key.provider}, ends in ${key.lastFour})?`,
    { modal: true, detail },
    ...(running === 0 ? ['Revoke'] : [`Revoke, Let ${them} Finish`, abort]),
  );
  if (choice === undefined) return;
  const inFlight = choice === abort ? 'abort' : 'finish';
  await host.keyLife.revoke(key.id, inFlight);
  host.audit({ kind: 'key-revoked', key: key.id, provider: key.provider, inFlight });
  await host.refresh();
  void vscode.window.showInformationMessage(
    `"${key.label}" was revoked. Revoke it with ${key.provider} too if it may have leaked.`,
  );
}
