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
      once(`moved ${moved.key.id} ${moved.to.join()}`, () => void tell(movedText(moved), CONFIRM, moved.key.id));
    remind();
  };
  const remind = (): void => {
    const now = Date.now();
    for (const key of overdueKeys(host.state?.keys ?? [], now))
      once(`old ${key.id} ${Math.floor(now / DAY_MS)}`, () => void tell(overdueText(key, now), ROTATE, key.id));
  };
  const daily = setInterval(remind, DAY_MS / 4);
  const changed = host.onChanged(look);
  return new vscode.Disposable(() => {
    changed.dispose();
    formers.dispose();
    clearInterval(daily);
  });
}

const CONFIRM = { 'Confirm Address': 'gatehouse.confirmKeyAddress', 'Open Settings': 'workbench.action.openSettings' } as const;
const ROTATE = { 'Rotate Key': 'gatehouse.rotateKey', 'Edit Key': 'gatehouse.editKey' } as const;

async function tell(text: string, buttons: Readonly<Record<string, string>>, key: string): Promise<void> {
  const button = await vscode.window.showWarningMessage(text, ...Object.keys(buttons));
  const command = button === undefined ? undefined : buttons[button];
  if (command !== undefined)
    await vscode.commands.executeCommand(command, command.startsWith('gatehouse.') ? key : 'gatehouse.providers');
}

async function tellOfStore(
  { extensionUri }: vscode.ExtensionContext,
  trouble: string,
  neverAgain: (what: string) => void,
): Promise<void> {
  const button = await vscode.window.showWarningMessage(trouble, 'Learn More', "Don't Show Again");
  if (button === 'Learn More') {
    const page = vscode.Uri.joinPath(extensionUri, 'README.md').with({ fragment: 'where-keys-are-kept' });
    await vscode.commands.executeCommand('markdown.showPreview', page);
  }
  if (button === "Don't Show Again") neverAgain('store');
}

async function tellOfLost(host: EditorHost, lost: readonly LostKey[], neverAgain: (what: string) => void): Promise<void> {
  const text = lostText(lost, await surroundings());
  const button = await vscode.window.showWarningMessage(text, 'Add Again', 'Reload Window', 'Forget');
  if (button === 'Reload Window') await vscode.commands.executeCommand('workbench.action.reloadWindow');
  if (button !== 'Add Again' && button !== 'Forget') return;
  for (const one of lost) {
    const before = (await host.keys.list()).length;
    if (button === 'Add Again') await vscode.commands.executeCommand('gatehouse.addKey', one.provider);
    if (button === 'Add Again' && (await host.keys.list()).length === before) continue;
    await host.keyLife.forget([one]);
    // Another browser that still has it brings it to mind again.
    neverAgain(`lost ${one.uid}`);
  }
}
