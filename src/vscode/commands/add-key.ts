import * as vscode from 'vscode';
import { PROVIDER_KINDS, type ProviderKind } from '../../core/config/kinds.ts';
import { baseUrlFault } from '../../core/config/base-url.ts';
import { NEEDS_BASE_URL } from '../../core/config/parse.ts';
import type { ProviderConfig } from '../../core/config/schema.ts';
import { PRESETS } from '../../core/providers/presets.ts';
import { originsOf, resolveProvider } from '../../core/providers/provider.ts';
import type { EditorHost } from '../editor-host.ts';
import type { KeyInfo } from '../key-store.ts';
import { writeEntry } from '../settings.ts';
import { testEntered } from './test-key.ts';

/** Asks for provider and key, tests the key with a real call, and stores it for that provider's origin. */
export async function addKey(host: EditorHost, wanted?: string): Promise<void> {
  const provider = await chooseProvider(host, wanted);
  if (provider === undefined) return;
  if (!resolveProvider(provider.id, provider.config).needsKey) {
    void vscode.window.showInformationMessage(`"${provider.id}" needs no key and is ready to use.`);
    return;
  }
  const secret = await enterKey(provider.id, provider.config.kind);
  if (secret === undefined) return;
  const existing = await duplicateOf(host, provider.id, secret);
  if (existing !== undefined) {
    void vscode.window.showWarningMessage(`This key is already there as "${existing.label}". Nothing was changed.`);
    return;
  }
  const tested = await testEntered(host, provider.id, secret);
  if (tested === 'discard') return;

  const label = await vscode.window.showInputBox({
    title: `Label for the ${PRESETS[provider.config.kind].label} key`,
    prompt: 'A name to tell keys apart, such as "work". It is shown; the key never is.',
    value: await freeLabel(host, provider.id),
    ignoreFocusOut: true,
  });
  if (label === undefined) return;
  const key = newKey(provider.id, provider.config, label.trim() || 'default', secret, await host.keys.list());
  await host.keys.put(key, secret);
  host.audit({ kind: 'key-added', key: key.id, provider: key.provider, lastFour: key.lastFour });
  await host.refresh();
  void offerNext(provider.id, secret);
}

export function newKey(id: string, config: ProviderConfig, label: string, secret: string, others: readonly KeyInfo[]): KeyInfo {
  let key = `${id}/${label}`;
  for (let n = 2; others.some((other) => other.id === key); n++) key = `${id}/${label}-${n}`;
  return {
    id: key,
    provider: id,
    label,
    lastFour: secret.slice(-4),
    origins: [...originsOf(resolveProvider(id, config))],
    createdAt: Date.now(),
  };
}

interface ChosenProvider {
  readonly id: string;
  readonly config: ProviderConfig;
}

/** A configured provider, or a preset that becomes one. */
async function chooseProvider(host: EditorHost, wanted: string | undefined): Promise<ChosenProvider | undefined> {
  const configured = host.state?.config.providers ?? {};
  if (wanted !== undefined && configured[wanted] !== undefined) return { id: wanted, config: configured[wanted] };
  type Item = vscode.QuickPickItem & { readonly id: string; readonly kind_: ProviderKind };
  const known: Item[] = Object.entries(configured).map(([id, { kind, baseUrl }]) => ({
    id,
    kind_: kind,
    label: id,
    description: PRESETS[kind].label,
    ...(baseUrl !== undefined && { detail: baseUrl }),
  }));
  const presets: Item[] = PROVIDER_KINDS.filter((kind) => configured[kind] === undefined && kind !== 'demo').map((kind) => ({
    id: kind,
    kind_: kind,
    label: PRESETS[kind].label,
    ...(PRESETS[kind].free && { description: 'on this machine, needs no key' }),
  }));
  const items: (Item | (vscode.QuickPickItem & { readonly id?: undefined }))[] =
    known.length === 0
      ? presets
      : [
          { label: 'configured', kind: vscode.QuickPickItemKind.Separator },
          ...known,
          { label: 'more', kind: vscode.QuickPickItemKind.Separator },
          ...presets,
        ];
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Add a key for which provider?',
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  if (picked?.id === undefined) return undefined;
  const existing = configured[picked.id];
  if (existing !== undefined) return { id: picked.id, config: existing };

  const kind = picked.kind_;
  let baseUrl: string | undefined;
  if (NEEDS_BASE_URL.has(kind)) {
    baseUrl = await vscode.window.showInputBox({
      title: `Base URL of ${PRESETS[kind].label}`,
      prompt: 'OpenAI style with the version (https://host/v1), Anthropic and Gemini style without',
      placeHolder: 'https://',
      ignoreFocusOut: true,
      validateInput: (text) => (text === '' ? undefined : baseUrlFault(text.trim())),
    });
    if (!baseUrl) return undefined;
  }
  const config = { kind, ...(baseUrl !== undefined && { baseUrl: baseUrl.trim() }) } as ProviderConfig;
  await writeEntry('providers', picked.id, config);
  await host.refresh();
  return { id: picked.id, config };
}

/** Hidden input with a hint when what was pasted does not look like a key of this provider. */
export async function enterKey(provider: string, kind: ProviderKind): Promise<string | undefined> {
  const { label, keyPage, keyPrefix } = PRESETS[kind];
  const entered = await vscode.window.showInputBox({
    title: `${label} key for "${provider}"`,
    prompt: `It is kept in the editor's secret storage and shown nowhere.${keyPage ? ` Get one at ${keyPage}` : ''}`,
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) => {
      const value = text.trim();
      if (value === '') return undefined;
      if (/\s/.test(value)) return 'A key has no blanks or line breaks in it.';
      if (keyPrefix !== undefined && !value.startsWith(keyPrefix)) {
        return {
          message: `Keys of ${label} usually begin with "${keyPrefix}".`,
          severity: vscode.InputBoxValidationSeverity.Warning,
        };
      }
      return undefined;
    },
  });
  return entered?.trim() || undefined;
}

export async function duplicateOf(host: EditorHost, provider: string, secret: string): Promise<KeyInfo | undefined> {
  for (const key of await host.keys.list()) {
    if (key.provider === provider && (await host.keys.secret(key.id)) === secret) return key;
  }
  return undefined;
}

export async function freeLabel(host: EditorHost, provider: string): Promise<string> {
  const labels = new Set((await host.keys.list()).filter((key) => key.provider === provider).map((key) => key.label));
  let label = 'default';
  for (let n = 2; labels.has(label); n++) label = `key ${n}`;
  return label;
}

async function offerNext(provider: string, secret: string): Promise<void> {
  const choice = await vscode.window.showInformationMessage(
    `The key for "${provider}" ending in ${secret.slice(-4)} was added.`,
    'Open Terminal for Agent',
    'Choose Model for Agent',
  );
  if (choice === 'Open Terminal for Agent') await vscode.commands.executeCommand('gatehouse.openTerminal');
  if (choice === 'Choose Model for Agent') await vscode.commands.executeCommand('gatehouse.chooseModel');
}
