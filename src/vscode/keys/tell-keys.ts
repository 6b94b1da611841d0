import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { systemClock, systemTimers } from '../../host/system-ports.ts';
import type { EditorHost } from '../editor-host.ts';
import { editorSetting } from '../settings.ts';
import { surroundings } from './examine-store.ts';
import { FormerValues } from './former-values.ts';
import type { LostKey } from './key-store.ts';
import { lostText, movedKeys, movedText, overdueKeys, overdueText } from './key-worries.ts';

const NOT_AGAIN = 'gatehouse.keysNotAgain';
const DAY_MS = 24 * 60 * 60 * 1000;

/** Milliseconds for which the former value of a rotated key is kept. */
export function overlapMs(): number {
  return editorSetting('keyRotation.overlapMinutes', 20) * 60_000;
}

/** What a person should hear of keys, each once: a store that does not keep, lost keys, keys whose address changed, keys that are too old. */
export function tellOfKeys(context: vscode.ExtensionContext, host: EditorHost): vscode.Disposable {
  const told = new Set<string>();
  const ended = (key: { readonly id: string; readonly provider: string }): void => {
    host.audit({ kind: 'key-overlap-ended', key: key.id, provider: key.provider }, 'gateway');
    void host.refresh();
  };
  const formers = new FormerValues(host.keys, overlapMs, ended, systemClock, systemTimers);
  const notAgain = (): readonly string[] => context.globalState.get<string[]>(NOT_AGAIN) ?? [];

  const neverAgain = (what: string): void => void context.globalState.update(NOT_AGAIN, [...new Set([...notAgain(), what])]);

  const once = (what: string, tell: () => unknown): void => {
    if (told.has(what) || notAgain().includes(what)) return;
    told.add(what);
    tell();
  };
  const look = (): void => {
    const { state, keyLife } = host;
    const { trouble } = keyLife.place;
    if (state === undefined) return;
    formers.watch(state.keys);
    if (trouble !== undefined) once('store', () => void tellOfStore(context, trouble, neverAgain));
    const lost = keyLife.place.lost.filter(({ uid }) => !notAgain().includes(`lost ${uid}`));
    if (lost.length > 0) once('lost', () => void tellOfLost(host, lost, neverAgain));
    for (const moved of movedKeys(state.keys, state.config.providers))
      once(`moved ${moved.key.id} ${moved.to.join()}`, () => void tell(movedText(moved), confirmButtons(), moved.key.id));
    remind();
  };
  const remind = (): void => {
    const now = Date.now();
    for (const key of overdueKeys(host.state?.keys ?? [], now))
      once(`old ${key.id} ${Math.floor(now / DAY_MS)}`, () => void tell(overdueText(key, now), rotateButtons(), key.id));
  };
  const daily = setInterval(remind, DAY_MS / 4);
  const changed = host.onChanged(look);
  return new vscode.Disposable(() => {
    changed.dispose();
    formers.dispose();
    clearInterval(daily);
  });
}

type Button = vscode.MessageItem & { readonly command: string };

const confirmButtons = (): readonly Button[] => [
  { title: l10n.t('Confirm Address'), command: 'gatehouse.confirmKeyAddress' },
  { title: l10n.t('Open Settings'), command: 'workbench.action.openSettings' },
];
const rotateButtons = (): readonly Button[] => [
  { title: l10n.t('Rotate Key'), command: 'gatehouse.rotateKey' },
  { title: l10n.t('Edit Key'), command: 'gatehouse.editKey' },
];

async function tell(text: string, buttons: readonly Button[], key: string): Promise<void> {
  const command = (await vscode.window.showWarningMessage(text, ...buttons))?.command;
  if (command !== undefined)
    await vscode.commands.executeCommand(command, command.startsWith('gatehouse.') ? key : 'gatehouse.providers');
}

async function tellOfStore(
  { extensionUri }: vscode.ExtensionContext,
  trouble: string,
  neverAgain: (what: string) => void,
): Promise<void> {
  const learnMore = l10n.t('Learn More');
  const notAgain = l10n.t("Don't Show Again");
  const button = await vscode.window.showWarningMessage(trouble, learnMore, notAgain);
  if (button === learnMore) {
    const page = vscode.Uri.joinPath(extensionUri, 'README.md').with({ fragment: 'where-keys-are-kept' });
    await vscode.commands.executeCommand('markdown.showPreview', page);
  }
  if (button === notAgain) neverAgain('store');
}

async function tellOfLost(host: EditorHost, lost: readonly LostKey[], neverAgain: (what: string) => void): Promise<void> {
  const text = lostText(lost, await surroundings());
  const addAgain = l10n.t('Add Again');
  const reload = l10n.t('Reload Window');
  const forget = l10n.t('Forget');
  const button = await vscode.window.showWarningMessage(text, addAgain, reload, forget);
  if (button === reload) await vscode.commands.executeCommand('workbench.action.reloadWindow');
  if (button !== addAgain && button !== forget) return;
  for (const one of lost) {
    const before = (await host.keys.list()).length;
    if (button === addAgain) await vscode.commands.executeCommand('gatehouse.addKey', one.provider);
    if (button === addAgain && (await host.keys.list()).length === before) continue;
    await host.keyLife.forget([one]);
    // Another browser that still has it brings it to mind again.
    neverAgain(`lost ${one.uid}`);
  }
}
