import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import type { KeyInfo, KeySettings } from '../keys/key-info.ts';
import { ageInDays, movedKeys } from '../keys/key-worries.ts';
import { keyStanding } from '../routing/key-standing.ts';
import { editPart, isPart, PARTS, partText } from './key-parts.ts';
import { keyTimes, pickKey } from './pick-key.ts';
import { tellGone } from './rotate-key.ts';

/** Everything that can be done with a key, in one list. It needs the store alone: no gateway, and no provider that is configured. */
export async function editKey(host: EditorHost, wanted?: string, wantedPart?: string): Promise<void> {
  const chosen = await pickKey(host, l10n.t('Edit which key?'), wanted);
  if (chosen === undefined) return;
  if (wantedPart !== undefined && isPart(wantedPart)) return change(host, chosen, await editPart(wantedPart, chosen, host));
  for (let key: KeyInfo | undefined = chosen; key !== undefined; key = await again(host, key.id)) {
    const picked = await vscode.window.showQuickPick(await itemsFor(host, key), {
      title: l10n.t('"{0}" of {1}, ends in {2}', key.label, key.provider, key.lastFour),
      placeHolder: keyTimes(key, host.keyLife.lastUsed.of(key.id)),
      matchOnDescription: true,
    });
    if (picked?.part !== undefined) await change(host, key, await editPart(picked.part, key, host));
    else return void (picked?.command !== undefined && (await vscode.commands.executeCommand(picked.command, key.id)));
  }
}

async function change(
  host: EditorHost,
  key: KeyInfo,
  settings: Partial<Record<keyof KeySettings, unknown>> | undefined,
): Promise<void> {
  if (settings === undefined) return;
  if (!(await host.keys.change(key.id, settings as Partial<KeySettings>))) return tellGone(key);
  host.audit({ kind: 'key-changed', key: key.id, provider: key.provider, fields: Object.keys(settings) });
  await host.refresh();
}

async function again(host: EditorHost, id: string): Promise<KeyInfo | undefined> {
  return (await host.keys.list()).find((key) => key.id === id);
}

interface Item extends vscode.QuickPickItem {
  readonly part?: (typeof PARTS)[number];
  readonly command?: string;
}

async function itemsFor(host: EditorHost, key: KeyInfo): Promise<readonly Item[]> {
  const { state, gateway } = host;
  const now = Date.now();
  const configured = state?.config.providers[key.provider] !== undefined;
  const standing = keyStanding(key.id, await host.keyHealth(), now);
  const moved = movedKeys([key], state?.config.providers ?? {})[0];
  const item = (icon: string, label: string, command: string, description = ''): Item => ({
    label: `$(${icon}) ${label}`,
    command: `gatehouse.${command}`,
    description,
  });
  const separator = (label: string): Item => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const down = gateway.state.phase === 'running' ? undefined : l10n.t('the gateway is not running');
  return [
    ...(moved === undefined
      ? []
      : [
          item(
            'warning',
            l10n.t('Confirm Address'),
            'confirmKeyAddress',
            l10n.t('{0}; until then it is not sent', moved.to.join(', ')),
          ),
        ]),
    separator(l10n.t('value')),
    item('beaker', l10n.t('Test Key'), 'testKey', down ?? standing ?? ''),
    item(
      'sync',
      l10n.t('Rotate Key'),
      'rotateKey',
      configured ? ageText(ageInDays(key, now)) : l10n.t('"{0}" is not configured any more', key.provider),
    ),
    ...(key.formerLastFour === undefined
      ? []
      : [
          item('discard', l10n.t('Undo Rotation'), 'undoRotation', l10n.t('back to the one ending in {0}', key.formerLastFour)),
          item('trash', l10n.t('Erase Old Value Now'), 'eraseOldValue', l10n.t('the one ending in {0}', key.formerLastFour)),
        ]),
    key.disabled === true
      ? item('play', l10n.t('Enable Key'), 'enableKey', l10n.t('it is disabled and sent nowhere'))
      : item('debug-pause', l10n.t('Disable Key'), 'disableKey', l10n.t('keep it, and send it nowhere')),
    item('circle-slash', l10n.t('Revoke Key'), 'revokeKey', l10n.t('erase it')),
    separator(l10n.t('what it is for')),
    ...PARTS.map((part): Item => ({ ...partText(part, key), part })),
  ];
}

function ageText(days: number): string {
  if (days === 0) return l10n.t('entered today');
  return days === 1 ? l10n.t('a day old') : l10n.t('{0} days old', days);
}
