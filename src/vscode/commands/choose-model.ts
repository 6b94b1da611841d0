import * as vscode from 'vscode';
import type { ModelChoice } from '../../host/list-provider-models.ts';
import type { EditorHost } from '../editor-host.ts';
import { priceText } from '../gateway-view-of.ts';
import { targetsOf } from '../references.ts';
import { writeEntry } from '../settings.ts';
import { pickAgent } from './pick-agent.ts';

type Item = vscode.QuickPickItem & { readonly reference?: string; readonly pass?: string; readonly custom?: boolean };

/** Which model serves an agent, in effect from its next request on. */
export async function chooseModel(host: EditorHost, wanted?: string): Promise<void> {
  const agent =
    wanted !== undefined && host.state?.agents[wanted] !== undefined
      ? wanted
      : await pickAgent(host, 'Choose the model of which agent?');
  if (agent === undefined) return;
  const providers = Object.keys(host.state?.config.providers ?? {});
  if (providers.length === 0) {
    const choice = await vscode.window.showInformationMessage('No provider is set up yet. Add a key first.', 'Add Key');
    if (choice) await vscode.commands.executeCommand('gatehouse.addKey');
    return;
  }
  const picked = await pickModel(host, agent, providers);
  if (picked === undefined) return;
  const aliases = Object.keys(host.state?.config.models ?? {});
  const reference = picked.custom ? await enterReference(providers, aliases) : picked.reference;
  if (picked.pass !== undefined) await setAgent(agent, { model: undefined, provider: picked.pass });
  else if (reference !== undefined) await setAgent(agent, { model: reference, provider: undefined });
  else return;
  await host.refresh();
  void vscode.window.setStatusBarMessage(`Gatehouse: ${agent} → ${reference ?? `what it asks for, from ${picked.pass}`}`, 5000);
}

/** `undefined` takes a setting away: JSON leaves it out. */
async function setAgent(agent: string, entry: { model: string | undefined; provider: string | undefined }): Promise<void> {
  await writeEntry('agents', agent, JSON.parse(JSON.stringify(entry)) as object, ['model', 'provider']);
}

/** The list fills while providers answer; it can be used at once. */
async function pickModel(host: EditorHost, agent: string, providers: readonly string[]): Promise<Item | undefined> {
  const pick = vscode.window.createQuickPick<Item>();
  pick.title = `Model for ${agent}`;
  pick.placeholder = 'Type to find a model';
  pick.matchOnDescription = true;
  pick.busy = true;
  const fixed: Item[] = [
    ...providers.map((provider) => ({ label: `What the agent asks for, from ${provider}`, pass: provider })),
    { label: 'Another model…', description: 'enter provider/model', custom: true },
  ];
  const aliases = aliasItems(host);
  const lists = new Map<string, Item[]>();
  const draw = (): void => {
    const active = pick.activeItems;
    pick.items = [
      ...(aliases.length === 0 ? [] : [separator('aliases'), ...aliases]),
      ...providers.flatMap((provider) => [separator(provider), ...(lists.get(provider) ?? [])]),
      separator('other'),
      ...fixed,
    ];
    pick.activeItems = active;
  };
  draw();
  const loading = providers.map(async (provider) => {
    const models = await host.gateway.call('listModels', { provider }).catch((): ModelChoice[] => []);
    lists.set(provider, models.map(itemOf));
    draw();
  });
  void Promise.all(loading).then(() => (pick.busy = false));

  const { promise, resolve } = Promise.withResolvers<Item | undefined>();
  pick.onDidAccept(() => resolve(pick.selectedItems[0]));
  pick.onDidHide(() => resolve(undefined));
  pick.show();
  try {
    return await promise;
  } finally {
    pick.dispose();
  }
}

function aliasItems({ state }: EditorHost): Item[] {
  if (state === undefined) return [];
  return Object.keys(state.config.models).map((alias) => ({
    label: alias,
    description: targetsOf(state.config, alias).join(', '),
    reference: alias,
  }));
}

function itemOf(model: ModelChoice): Item {
  const context = model.contextTokens === undefined ? undefined : `${Math.round(model.contextTokens / 1000)}k context`;
  return {
    label: model.name,
    description: [priceText(model) ?? 'unpriced', context].filter(Boolean).join(', '),
    reference: model.reference,
  };
}

function separator(label: string): Item {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

function enterReference(providers: readonly string[], aliases: readonly string[]): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: aliases.length === 0 ? 'Model as provider/model' : 'Model as provider/model, or an alias',
    value: `${providers[0]}/`,
    validateInput: (text) =>
      aliases.includes(text) || providers.some((provider) => text.startsWith(`${provider}/`) && text.length > provider.length + 1)
        ? undefined
        : `Begin with a configured provider: ${[...providers.map((provider) => `${provider}/`), ...aliases].join(', ')}`,
  });
}
