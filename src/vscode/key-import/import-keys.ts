import os from 'node:os';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { PRESETS } from '../../core/providers/presets.ts';
import { originsOf, resolveProvider } from '../../core/providers/provider.ts';
import { findKeys, type FoundKey } from '../../host/key-import/find-keys.ts';
import { providerFor, type ProviderOfKey } from '../../host/key-import/provider-for.ts';
import { duplicateOf, freeLabel, newKey } from '../commands/add-key.ts';
import { testEntered } from '../commands/test-key.ts';
import type { EditorHost } from '../editor-host.ts';
import { writeEntry } from '../settings.ts';
import { offerRemoval } from './offer-removal.ts';

const MOST_FILES = 200;

interface Item extends vscode.QuickPickItem {
  readonly found: FoundKey;
}

/** Finds keys that lie about in plain text, stores the chosen ones, and offers to remove them there. Runs on the user's command only. */
export async function importKeys(host: EditorHost): Promise<void> {
  const { keys, notes } = await look();
  if (notes.length > 0) void vscode.window.showInformationMessage(l10n.t('Left alone: {0}.', notes.join('; ')));
  if (keys.length === 0) {
    void vscode.window.showInformationMessage(
      l10n.t('No API key was found in the environment, in .env files or where other tools keep theirs.'),
    );
    return;
  }
  const items = await Promise.all(keys.map((found) => itemOf(host, found)));
  const chosen = await vscode.window.showQuickPick(items, {
    canPickMany: true,
    title: l10n.t('Import which keys?'),
    placeHolder: l10n.t('Each is tested and stored; then you can remove the plain text'),
    matchOnDescription: true,
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  if (chosen === undefined) return;
  const stored: FoundKey[] = [];
  let added = 0;
  for (const { found } of chosen) {
    const outcome = await store(host, found);
    if (outcome === 'added') added++;
    if (outcome !== 'discarded') stored.push(found);
  }
  if (added > 0)
    void vscode.window.showInformationMessage(
      added === 1 ? l10n.t('1 key was imported.') : l10n.t('{0} keys were imported.', added),
    );
  await offerRemoval(host, stored);
}

async function look(): Promise<ReturnType<typeof findKeys>> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath);
  const deeper = await vscode.workspace.findFiles('**/{.env,.env.*}', '**/{node_modules,.git,.venv,vendor}/**', MOST_FILES);
  const envFiles = deeper.filter(({ scheme }) => scheme === 'file').map(({ fsPath }) => fsPath);
  return findKeys({ env: process.env, home: os.homedir(), folders, envFiles: envFiles.sort() });
}

async function itemOf(host: EditorHost, found: FoundKey): Promise<Item> {
  const provider = providerOf(host, found);
  const duplicate = await duplicateOf(host, provider.id, originsFor(provider), found.secret.reveal());
  const where =
    found.baseUrl === undefined ? PRESETS[found.kind].label : `${PRESETS[found.kind].label}, ${new URL(found.baseUrl).host}`;
  return {
    label: `${where} ····${found.secret.reveal().slice(-4)}`,
    description:
      duplicate === undefined
        ? provider.isNew
          ? l10n.t('adds the provider "{0}"', provider.id)
          : l10n.t('for "{0}"', provider.id)
        : l10n.t('already stored as "{0}"', duplicate.label),
    detail: found.place,
    picked: duplicate === undefined,
    found,
  };
}

function providerOf(host: EditorHost, found: FoundKey): ProviderOfKey {
  return providerFor(found, host.state?.config.providers ?? {});
}

function originsFor({ id, config }: ProviderOfKey): readonly string[] {
  return [...originsOf(resolveProvider(id, config))];
}

/** Bound to the provider's address, like a key that was entered. */
async function store(host: EditorHost, found: FoundKey): Promise<'added' | 'there' | 'discarded'> {
  const provider = providerOf(host, found);
  const { id, config, isNew } = provider;
  const secret = found.secret.reveal();
  const origins = originsFor(provider);
  if ((await duplicateOf(host, id, origins, secret)) !== undefined) return 'there';
  if (isNew) {
    await writeEntry('providers', id, config);
    await host.refresh();
  }
  if ((await testEntered(host, id, config.kind, secret)).next !== 'keep') return 'discarded';
  const key = newKey(id, origins, await freeLabel(host, id), secret, await host.keys.list());
  await host.keys.put(key, secret);
  host.audit({ kind: 'key-imported', key: key.id, provider: id, lastFour: key.lastFour, source: found.place });
  await host.refresh();
  return 'added';
}
