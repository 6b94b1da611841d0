import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import type { KeyInfo } from '../keys/key-info.ts';
import { keyStanding } from '../routing/key-standing.ts';

/** One of the stored keys, by label and last four characters, with what is held against it. `wanted`: the id of one that is chosen already. */
export async function pickKey(host: EditorHost, title: string, wanted?: string): Promise<KeyInfo | undefined> {
  const keys = await host.keys.list();
  const chosen = keys.find(({ id }) => id === wanted);
  if (chosen !== undefined) return chosen;
  if (keys.length === 0) {
    const choice = await vscode.window.showInformationMessage('There is no key yet.', 'Add Key');
    if (choice) await vscode.commands.executeCommand('gatehouse.addKey');
    return undefined;
  }
  const places = await host.keyHealth();
  const now = Date.now();
  const items = keys.map((key) => ({
    key,
    label: key.label,
    description: [`${key.provider}, ends in ${key.lastFour}`, keyStanding(key.id, places, now)].filter(Boolean).join('; '),
    detail: `added ${new Date(key.createdAt).toLocaleDateString()}${key.rotatedAt === undefined ? '' : `, rotated ${new Date(key.rotatedAt).toLocaleDateString()}`}`,
  }));
  const picked = await vscode.window.showQuickPick(items, { title, matchOnDescription: true });
  return picked?.key;
}
