import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { SettledRequest, UsageRow } from '../../core/ledger/records.ts';
import { resolveProvider } from '../../core/providers/provider.ts';
import type { ModelChoice } from '../../host/list-provider-models.ts';
import type { EditorHost, EditorState } from '../editor-host.ts';
import { startOfDaysAgo } from '../local-day.ts';
import { targetsOf } from '../references.ts';
import { modelItems, pacesOf, type ModelFigures } from './model-items.ts';

/** What was picked: a `provider/model` or an alias, or one of `others`. */
export interface PickedModel {
  readonly reference?: string;
  readonly other?: string;
}

export interface PickModelOptions {
  readonly title: string;
  /** What serves the agent now. */
  readonly present?: string | undefined;
  /** Choices besides models, by an id of the caller's. */
  readonly others?: readonly { readonly id: string; readonly label: string }[];
}

type Item = vscode.QuickPickItem & PickedModel & { readonly custom?: boolean };

/** So many requests are looked through for the models in use, of which so many stand first. */
const LOOKED_THROUGH = 200;
const RECENT = 3;
const PACE_DAYS = 30;

/** Every model with its price, context, abilities, health and pace. The list fills while providers answer; it can be used at once. */
export async function pickModel(
  host: EditorHost,
  { title, present, others = [] }: PickModelOptions,
): Promise<PickedModel | undefined> {
  const { state } = host;
  if (state === undefined) return undefined;
  const picked = await showPick(host, state, title, present, others);
  if (picked?.custom !== true) return picked;
  const reference = await enterReference(Object.keys(state.config.providers), Object.keys(state.config.models));
  return reference === undefined ? undefined : { reference };
}

async function showPick(
  host: EditorHost,
  state: EditorState,
  title: string,
  present: string | undefined,
  others: NonNullable<PickModelOptions['others']>,
): Promise<Item | undefined> {
  const { config, keys } = state;
  const providers = Object.keys(config.providers);
  const lists = new Map<string, readonly ModelChoice[]>();
  let figures: ModelFigures = {
    lists,
    providers,
    keyless: new Set(
      Object.entries(config.providers)
        .filter(([id, provider]) => resolveProvider(id, provider).needsKey && !keys.some((key) => key.provider === id))
        .map(([id]) => id),
    ),
    aliases: Object.keys(config.models).map((name) => ({ name, targets: targetsOf(config, name) })),
    recent: [],
    paces: new Map(),
    health: [],
    present,
    now: Date.now(),
  };
  const fixed: readonly Item[] = [
    separator(l10n.t('other')),
    ...others.map(({ id, label }) => ({ label, other: id })),
    { label: l10n.t('Another model…'), description: l10n.t('enter provider/model'), custom: true },
  ];

  const pick = vscode.window.createQuickPick<Item>();
  pick.title = title;
  pick.placeholder = l10n.t('Type to find a model');
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.ignoreFocusOut = true;
  pick.busy = true;
  const draw = (): void => {
    const [active] = pick.activeItems;
    pick.items = [...modelItems(figures).map(itemOf), ...fixed];
    // The items are new ones: what was in hand stays in hand.
    const same = active && pick.items.find((item) => item.label === active.label && item.reference === active.reference);
    if (same !== undefined) pick.activeItems = [same];
  };
  draw();
  const add = (more: Partial<ModelFigures>): void => {
    figures = { ...figures, ...more };
    draw();
  };
  const month = { by: ['provider', 'model'], since: startOfDaysAgo(PACE_DAYS - 1) } as const;
  const { gateway } = host;
  const loading = [
    ...providers.map(async (provider) => {
      lists.set(provider, await gateway.call('listModels', { provider }).catch((): ModelChoice[] => []));
      draw();
    }),
    gateway.call('usage', month).then(
      (rows: readonly UsageRow[]) => add({ paces: pacesOf(rows) }),
      () => {},
    ),
    gateway.call('requests', { limit: LOOKED_THROUGH }).then(
      (requests) => add({ recent: recentOf(requests, providers) }),
      () => {},
    ),
    host.keyHealth().then((health) => add({ health })),
  ];
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

function recentOf(requests: readonly SettledRequest[], providers: readonly string[]): readonly string[] {
  const answered = requests.filter(({ settled, provider }) => settled === 'done' && providers.includes(provider));
  return [...new Set(answered.map(({ provider, model }) => `${provider}/${model}`))].slice(0, RECENT);
}

function itemOf({ reference, label, description, detail }: ReturnType<typeof modelItems>[number]): Item {
  if (reference === undefined) return separator(label);
  return { label, reference, ...(description && { description }), ...(detail && { detail }) };
}

function separator(label: string): Item {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

function enterReference(providers: readonly string[], aliases: readonly string[]): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: aliases.length === 0 ? l10n.t('Model as provider/model') : l10n.t('Model as provider/model, or an alias'),
    value: `${providers[0]}/`,
    validateInput: (text) =>
      aliases.includes(text) || providers.some((provider) => text.startsWith(`${provider}/`) && text.length > provider.length + 1)
        ? undefined
        : l10n.t('Begin with a configured provider: {0}', [...providers.map((provider) => `${provider}/`), ...aliases].join(', ')),
  });
}
