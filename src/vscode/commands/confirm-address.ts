import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import { movedKeys } from '../keys/key-worries.ts';
import { pickKey } from './pick-key.ts';
import { tellGone } from './rotate-key.ts';

/** A key is sent to the address it was entered for. Where its provider has moved, the person sees both addresses and decides. */
export async function confirmAddress(host: EditorHost, wanted?: string): Promise<void> {
  const moved = movedKeys(await host.keys.list(), host.state?.config.providers ?? {});
  const find = (id: string) => moved.find(({ key }) => key.id === id);
  const none = 'Every key may be sent where its provider is.';
  const key = await pickKey(host, 'Confirm the new address for which key?', wanted, ({ id }) => find(id) !== undefined, none);
  const to = key === undefined ? undefined : find(key.id)?.to;
  if (key === undefined) return;
  if (to === undefined) return void vscode.window.showInformationMessage(`"${key.label}" may be sent where its provider is.`);
  const choice = await vscode.window.showWarningMessage(
    `Send the key "${key.label}" (ends in ${key.lastFour}) to another address?`,
    {
      modal: true,
      detail: `Entered for ${key.origins.join(', ')}.\nThe settings of "${key.provider}" now say ${to.join(', ')}.\nWhoever runs that address will see the key.`,
    },
    'Send It There',
  );
  if (choice === undefined) return;
  // The addresses that were shown, whatever the settings say by now.
  if (!(await host.keys.bind(key.id, to))) return tellGone(key);
  host.audit({ kind: 'key-origin-confirmed', key: key.id, provider: key.provider, origins: to });
  await host.refresh();
}
