import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { NEEDS_BASE_URL, PROVIDER_KINDS, type ProviderKind } from '../../core/config/kinds.ts';
import { baseUrlFault } from '../../core/config/base-url.ts';
import type { ProviderConfig } from '../../core/config/schema.ts';
import { PRESETS } from '../../core/providers/presets.ts';
import { originsOf, resolveProvider } from '../../core/providers/provider.ts';
import type { EditorHost } from '../editor-host.ts';
import type { KeyInfo } from '../keys/key-info.ts';
import { lastFourOf } from '../keys/key-records.ts';
import { writeEntry } from '../settings.ts';
import { enterTested } from './enter-key.ts';

/** Asks for provider and key, tests the key with a real call, and stores it for that provider's origin. */
export async function addKey(host: EditorHost, wanted?: string): Promise<void> {
  const provider = await chooseProvider(host, wanted);
  if (provider === undefined) return;
  if (!resolveProvider(provider.id, provider.config).needsKey) {
    void vscode.window.showInformationMessage(l10n.t('"{0}" needs no key and is ready to use.', provider.id));
    return;
  }
  const { kind } = provider.config;
  const origins = [...originsOf(resolveProvider(provider.id, provider.config))];
  const entered = await enterTested(host, provider.id, kind, async (secret) =>
    duplicateText(await duplicateOf(host, provider.id, origins, secret), provider.id),
  );
  if (entered === undefined) return;
  const { secret, verdict } = entered;
  const label = await vscode.window.showInputBox({
    title: l10n.t('Label for the {0} key', PRESETS[kind].label),
    prompt: l10n.t('A name to tell keys apart, such as "work". It is shown; the key never is.'),
    value: await freeLabel(host, provider.id),
    ignoreFocusOut: true,
  });
  if (label === undefined) return;
  const key = newKey(provider.id, origins, label.trim() || 'default', secret, await host.keys.list());
  await host.keys.put(key, secret);
  host.audit({ kind: 'key-added', key: key.id, provider: provider.id, lastFour: key.lastFour });
  await host.refresh();
  void offerNext(key, verdict);
}

export function newKey(
  provider: string,
  origins: readonly string[],
  label: string,
  secret: string,
  others: readonly Pick<KeyInfo, 'id'>[],
): KeyInfo {
  let id = `${provider}/${label}`;
  for (let n = 2; others.some((other) => other.id === id); n++) id = `${provider}/${label}-${n}`;
  return { id, provider, label, lastFour: lastFourOf(secret), origins, createdAt: Date.now() };
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
    ...(PRESETS[kind].free && { description: l10n.t('on this machine, needs no key') }),
  }));
  const items: (Item | (vscode.QuickPickItem & { readonly id?: undefined }))[] =
    known.length === 0
      ? presets
      : [
          { label: l10n.t('configured providers'), kind: vscode.QuickPickItemKind.Separator },
          ...known,
          { label: l10n.t('more providers'), kind: vscode.QuickPickItemKind.Separator },
          ...presets,
        ];
  const picked = await vscode.window.showQuickPick(items, {
    title: l10n.t('Add a key for which provider?'),
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
      title: l10n.t('Base URL of {0}', PRESETS[kind].label),
      prompt: l10n.t('OpenAI style with the version (https://host/v1), Anthropic and Gemini style without'),
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

/** A key with this value that is there already: for this provider, or under another name for the same address. */
export async function duplicateOf(
  host: EditorHost,
  provider: string,
  origins: readonly string[],
  secret: string,
): Promise<KeyInfo | undefined> {
  const same = (await host.keys.held()).filter((held) => held.secret === secret).map(({ info }) => info);
  return (
    same.find((info) => info.provider === provider) ?? same.find((info) => info.origins.some((origin) => origins.includes(origin)))
  );
}

function duplicateText(there: KeyInfo | undefined, provider: string): string | undefined {
  if (there === undefined) return undefined;
  if (there.provider === provider) return l10n.t('This key is already there as "{0}". Nothing was changed.', there.label);
  return l10n.t(
    'This key is already there as "{0}" of "{1}", which is at the same address. Use that provider, or another key. Nothing was changed.',
    there.label,
    there.provider,
  );
}

export async function freeLabel(host: EditorHost, provider: string): Promise<string> {
  const labels = new Set((await host.keys.list()).filter((key) => key.provider === provider).map((key) => key.label));
  let label = 'default';
  for (let n = 2; labels.has(label); n++) label = `key ${n}`;
  return label;
}

async function offerNext({ id, provider, lastFour }: KeyInfo, verdict: string | undefined): Promise<void> {
  const text = [
    l10n.t('The key for "{0}" ending in {1} was added.', provider, lastFour),
    ...(verdict === undefined ? [l10n.t('It was not tested, because the gateway is not running.')] : []),
  ].join(' ');
  const terminal = l10n.t('Open Terminal for Agent');
  const model = l10n.t('Choose Model for Agent');
  const edit = l10n.t('Edit Key');
  const choice = await vscode.window.showInformationMessage(text, terminal, model, edit);
  if (choice === terminal) await vscode.commands.executeCommand('gatehouse.openTerminal');
  if (choice === model) await vscode.commands.executeCommand('gatehouse.chooseModel');
  if (choice === edit) await vscode.commands.executeCommand('gatehouse.editKey', id);
}
