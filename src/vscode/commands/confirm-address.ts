import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import { movedKeys } from '../keys/key-worries.ts';
import { pickKey } from './pick-key.ts';
import { tellGone } from './rotate-key.ts';

/** A key is sent to the address it was entered for. Where its provider has moved, the person sees both addresses and decides. */
export async function confirmAddress(host: EditorHost, wanted?: string): Promise<void> {
  const moved = movedKeys(await host.keys.list(), host.state?.config.providers ?? {});
  const find = (id: string) => moved.find(({ key }) => key.id === id);
  const none = l10n.t('No key has an address to confirm.');
  const key = await pickKey(
    host,
    l10n.t('Confirm the new address for which key?'),
    wanted,
    ({ id }) => find(id) !== undefined,
    none,
  );
  const to = key === undefined ? undefined : find(key.id)?.to;
  if (key === undefined) return;
  if (to === undefined) {
    void vscode.window.showInformationMessage(l10n.t('The address of "{0}" is confirmed already.', key.label));
    return;
  }
  const detail = [
    l10n.t('Entered for {0}.', key.origins.join(', ')),
    l10n.t('The settings of "{0}" now say {1}.', key.provider, to.join(', ')),
    l10n.t('Whoever runs that address will see the key.'),
  ].join('\n');
  const choice = await vscode.window.showWarningMessage(
    l10n.t('Send the key "{0}" (ends in {1}) to another address?', key.label, key.lastFour),
    { modal: true, detail },
    l10n.t('Send It There'),
  );
  if (choice === undefined) return;
  // The addresses that were shown, whatever the settings say by now.
  if (!(await host.keys.bind(key.id, to))) return tellGone(key);
  host.audit({ kind: 'key-origin-confirmed', key: key.id, provider: key.provider, origins: to });
  await host.refresh();
}
