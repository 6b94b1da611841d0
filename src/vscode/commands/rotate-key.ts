import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { originsOf, resolveProvider } from '../../core/providers/provider.ts';
import type { EditorHost } from '../editor-host.ts';
import type { KeyInfo } from '../keys/key-info.ts';
import { lastFourOf } from '../keys/key-records.ts';
import { overlapMs } from '../keys/tell-keys.ts';
import { enterTested } from './enter-key.ts';
import { pickKey } from './pick-key.ts';

/**
 * Replaces a key's value in one step. Requests under way finish with the old one; that is kept for a while as a fallback for what the new
 * one is refused.
 */
export async function rotateKey(host: EditorHost, wanted?: string): Promise<void> {
  const key = await pickKey(host, l10n.t('Rotate which key?'), wanted);
  if (key === undefined) return;
  const config = host.state?.config.providers[key.provider];
  if (config === undefined) {
    void vscode.window.showErrorMessage(
      l10n.t('The provider "{0}" of this key is not configured any more. Add the provider again, or revoke the key.', key.provider),
    );
    return;
  }
  const entered = await enterTested(host, key.provider, config.kind);
  if (entered === undefined) return;
  if ((await host.keys.secret(key.id)) === entered.secret) {
    void vscode.window.showInformationMessage(l10n.t('"{0}" has this value already. Nothing was changed.', key.label));
    return;
  }
  const origins = [...originsOf(resolveProvider(key.provider, config))];
  const lastFour = lastFourOf(entered.secret);
  // The old value was entered for another address, where nobody is asked any more.
  const overlap = origins.every((origin) => key.origins.includes(origin)) ? overlapMs() : 0;
  if (!(await host.keys.rotate(key.id, entered.secret, origins, overlap > 0))) return tellGone(key);
  host.audit({ kind: 'key-rotated', key: key.id, provider: key.provider, lastFour, overlapMinutes: overlap / 60_000 });
  await host.refresh();
  await offerUndo(host, key, lastFour, overlap);
}

async function offerUndo(host: EditorHost, key: KeyInfo, lastFour: string, overlap: number): Promise<void> {
  const now = l10n.t('"{0}" is the key ending in {1} now.', key.label, lastFour);
  if (overlap === 0) {
    void vscode.window.showInformationMessage(`${now} ${l10n.t('The old value was erased.')}`);
    return;
  }
  const minutes = Math.round(overlap / 60_000);
  const kept =
    minutes === 1
      ? l10n.t('The old one, ending in {0}, is kept for a minute in case the new one is refused.', key.lastFour)
      : l10n.t('The old one, ending in {0}, is kept for {1} minutes in case the new one is refused.', key.lastFour, minutes);
  const undo = l10n.t('Undo Rotation');
  // Nobody who runs the command should wait for somebody to close this.
  void vscode.window.showInformationMessage(`${now} ${kept}`, undo, l10n.t('Erase Old Value Now')).then(async (choice) => {
    if (choice === undo) await undoRotation(host, key.id);
    else if (choice !== undefined) await eraseFormer(host, key.id);
  });
}

/** The value before the rotation is the key again, and the new one is erased. */
export async function undoRotation(host: EditorHost, wanted?: string): Promise<void> {
  const key = await pickKey(
    host,
    l10n.t('Undo the rotation of which key?'),
    wanted,
    hasFormer,
    l10n.t('No key was rotated recently, so there is nothing to undo.'),
  );
  if (key === undefined) return;
  if (!(await host.keys.undoRotation(key.id))) {
    void vscode.window.showWarningMessage(
      l10n.t('The old value of "{0}" is erased already, so its rotation cannot be undone.', key.label),
    );
    return;
  }
  const lastFour = key.formerLastFour ?? '';
  host.audit({ kind: 'key-rotation-undone', key: key.id, provider: key.provider, lastFour });
  await host.refresh();
  void vscode.window.showInformationMessage(
    l10n.t('"{0}" is the key ending in {1} again. The new value was erased.', key.label, lastFour),
  );
}

/** Before its time. */
export async function eraseFormer(host: EditorHost, wanted?: string): Promise<void> {
  const key = await pickKey(
    host,
    l10n.t('Erase the old value of which key?'),
    wanted,
    hasFormer,
    l10n.t('No old value of a key is kept.'),
  );
  if (key === undefined || !(await host.keys.eraseFormer(key.id))) return;
  host.audit({ kind: 'key-overlap-ended', key: key.id, provider: key.provider });
  await host.refresh();
  void vscode.window.showInformationMessage(
    l10n.t('The old value of "{0}", ending in {1}, was erased.', key.label, key.formerLastFour ?? ''),
  );
}

function hasFormer({ formerLastFour }: KeyInfo): boolean {
  return formerLastFour !== undefined;
}

export function tellGone({ label }: KeyInfo): void {
  void vscode.window.showWarningMessage(l10n.t('"{0}" was revoked in another window in the meantime. Nothing was changed.', label));
}
