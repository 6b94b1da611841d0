import { globSync, readdirSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { emptyFile } from '../../host/purge/erase.ts';

/** The workspaces' states that are open in no window are out of reach; they are erased when they are opened (see `forgetIfPurged`). */
const HEEDED = 'gatehouse.purgeHeeded';

/** Everything in SecretStorage, whoever put it there and under whatever name. */
export async function eraseSecrets(secrets: vscode.SecretStorage): Promise<readonly string[]> {
  const names = await secrets.keys();
  for (const name of names) await secrets.delete(name);
  return names;
}

/** What the editor keeps for the extension: for all workspaces, and for the one that is open. */
export async function eraseMementos(context: vscode.ExtensionContext, purge: string): Promise<void> {
  for (const memento of [context.globalState, context.workspaceState]) {
    for (const key of memento.keys()) await memento.update(key, undefined);
  }
  await context.workspaceState.update(HEEDED, purge);
}

/** A workspace that was not open during a purge still remembers a port and a consent. */
export async function forgetIfPurged(context: vscode.ExtensionContext, purge: string | undefined): Promise<void> {
  if (purge === undefined || context.workspaceState.get(HEEDED) === purge) return;
  for (const key of context.workspaceState.keys()) await context.workspaceState.update(key, undefined);
  await context.workspaceState.update(HEEDED, purge);
}

/** Our logs of this session and earlier ones. Those of this session go on being written, so they are emptied where they stand. */
export function emptyLogs(logFolder: string): number {
  const files = logFiles(logFolder);
  for (const file of files) emptyFile(file);
  return files.length;
}

export function logFiles(logFolder: string): readonly string[] {
  const own = path.basename(logFolder);
  const session = logFolder.split(path.sep).findLastIndex((name) => /^\d{8}T\d{6}$/.test(name));
  const root = session < 0 ? path.dirname(logFolder) : logFolder.split(path.sep).slice(0, session).join(path.sep);
  return globSync(`**/${own}`, { cwd: root }).flatMap((folder) => filesIn(path.join(root, folder)));
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(folder, entry.name));
  } catch {
    return [];
  }
}

/** Names of our settings that the user has set. */
export function userSettings(): readonly string[] {
  const manifest = vscode.extensions.getExtension('gatehouse.gatehouse')?.packageJSON as
    | { contributes?: { configuration?: readonly { properties?: object }[] } }
    | undefined;
  const groups = manifest?.contributes?.configuration ?? [];
  const names = groups.flatMap(({ properties }) => Object.keys(properties ?? {}));
  return names.filter((name) => vscode.workspace.getConfiguration().inspect(name)?.globalValue !== undefined);
}

export async function eraseSettings(): Promise<void> {
  for (const name of userSettings())
    await vscode.workspace.getConfiguration().update(name, undefined, vscode.ConfigurationTarget.Global);
}
