import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import type { KeyInfo } from '../key-store.ts';

/** One of the stored keys, by label and last four characters. */
export async function pickKey(host: EditorHost, title: string): Promise<KeyInfo | undefined> {
  const keys = await host.keys.list();
  if (keys.length === 0) {
    const choice = await vscode.window.showInformationMessage('There is no key yet.', 'Add Key');
    if (choice) await vscode.commands.executeCommand('gatehouse.addKey');
    return undefined;
  }
  const items = keys.map((key) => ({
    key,
    label: key.label,
    description: `${key.provider}, ends in ${key.lastFour}`,
    detail: `added ${new Date(key.createdAt).toLocaleDateString()}${key.rotatedAt === undefined ? '' : `, rotated ${new Date(key.rotatedAt).toLocaleDateString()}`}`,
  }));
  const picked = await vscode.window.showQuickPick(items, { title, matchOnDescription: true });
  return picked?.key;
}
