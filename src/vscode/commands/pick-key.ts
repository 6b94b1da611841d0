import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { dateLocale } from '../date-locale.ts';
import type { EditorHost } from '../editor-host.ts';
import type { KeyInfo } from '../keys/key-info.ts';
import { keyStanding } from '../routing/key-standing.ts';

/**
 * One of the stored keys, by label and last four characters, with what is held against it. `wanted`: the id of one that is chosen already.
 * `fits`: which of them it may be; `none` is said where there is none.
 */
export async function pickKey(
  host: EditorHost,
  title: string,
  wanted?: string,
  fits: (key: KeyInfo) => boolean = () => true,
  none = l10n.t('There is no key yet.'),
): Promise<KeyInfo | undefined> {
  const all = await host.keys.list();
  const chosen = all.find(({ id }) => id === wanted);
  if (chosen !== undefined) return chosen;
  const keys = all.filter(fits);
  if (keys.length === 0) {
    const choice = await vscode.window.showInformationMessage(none, ...(all.length === 0 ? [l10n.t('Add Key')] : []));
    if (choice) await vscode.commands.executeCommand('gatehouse.addKey');
    return undefined;
  }
  const places = await host.keyHealth();
  const now = Date.now();
  const items = keys.map((key) => ({
    key,
    label: key.label,
    description: [
      l10n.t('{0}, ends in {1}', key.provider, key.lastFour),
      ...(key.environment === undefined ? [] : [key.environment]),
      ...(key.disabled === true ? [l10n.t('disabled')] : []),
      keyStanding(key.id, places, now),
    ]
      .filter(Boolean)
      .join('; '),
    detail: keyTimes(key, host.keyLife.lastUsed.of(key.id)),
  }));
  const picked = await vscode.window.showQuickPick(items, { title, matchOnDescription: true });
  return picked?.key;
}

export function keyTimes({ createdAt, rotatedAt }: KeyInfo, usedAt: number | undefined): string {
  const day = (at: number): string => new Date(at).toLocaleDateString(dateLocale(vscode.env.language));
  const moment = (at: number): string =>
    new Date(at).toLocaleString(dateLocale(vscode.env.language), { dateStyle: 'short', timeStyle: 'short' });
  return [
    l10n.t('added {0}', day(createdAt)),
    ...(rotatedAt === undefined ? [] : [l10n.t('rotated {0}', day(rotatedAt))]),
    usedAt === undefined ? l10n.t('not used yet') : l10n.t('last used {0}', moment(usedAt)),
  ].join(', ');
}
