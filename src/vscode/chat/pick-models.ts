import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { GatewayView, ModelView } from '../gateway-view.ts';

type Item = vscode.QuickPickItem & { readonly model?: string };

/** Several of all models that can be asked. The list can be used at once and fills while the providers answer. */
export async function pickModels(view: Pick<GatewayView, 'models' | 'offered'>): Promise<readonly string[] | undefined> {
  const pick = vscode.window.createQuickPick<Item>();
  pick.title = l10n.t('Compare which models?');
  pick.placeholder = l10n.t('Check two or more; each is asked, and each costs');
  pick.canSelectMany = true;
  pick.matchOnDescription = true;
  pick.busy = true;
  pick.items = itemsOf(view.models().filter(({ hasKey }) => hasKey));
  void view
    .offered()
    .catch((): readonly ModelView[] => [])
    .then((models) => {
      const chosen = new Set(pick.selectedItems.map(({ model }) => model));
      const active = pick.activeItems[0]?.model;
      if (models.length > 0) pick.items = itemsOf(models.filter(({ hasKey }) => hasKey));
      pick.selectedItems = pick.items.filter(({ model }) => model !== undefined && chosen.has(model));
      pick.activeItems = pick.items.filter(({ model }) => model !== undefined && model === active);
      pick.busy = false;
    });
  const { promise, resolve } = Promise.withResolvers<readonly string[] | undefined>();
  pick.onDidAccept(() => resolve(pick.selectedItems.flatMap(({ model }) => model ?? [])));
  pick.onDidHide(() => resolve(undefined));
  pick.show();
  try {
    return await promise;
  } finally {
    pick.dispose();
  }
}

function itemsOf(models: readonly ModelView[]): Item[] {
  const groups = Map.groupBy(models, ({ alias, provider }) => (alias === undefined ? provider : l10n.t('aliases')));
  return [...groups].flatMap(([label, group]) => [
    { label, kind: vscode.QuickPickItemKind.Separator },
    ...group.map((model): Item => ({
      label: model.id,
      model: model.id,
      description: [model.alias === undefined ? undefined : `${model.provider}/${model.model}`, model.price ?? l10n.t('unpriced')]
        .filter((words) => words !== undefined)
        .join(', '),
    })),
  ]);
}
