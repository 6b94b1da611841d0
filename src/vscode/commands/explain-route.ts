import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { SettledRequest } from '../../core/ledger/records.ts';
import type { ModelChoice } from '../../host/list-provider-models.ts';
import type { EditorHost } from '../editor-host.ts';
import { targetsOf } from '../references.ts';
import type { RouteDocuments } from '../routing/documents.ts';
import { explanationDocument } from '../routing/explanation-document.ts';
import { pickAgent } from './pick-agent.ts';

/** So many requests are looked through for the models that an agent really asks for. */
const LATEST = 500;

/** Shows where a request of an agent would go now, and why. Asks nobody. */
export async function explainRoute(host: EditorHost, documents: RouteDocuments, wanted?: string, asked?: string): Promise<void> {
  const agent = wanted ?? (await pickAgent(host, l10n.t('Explain the route of which agent?')));
  if (agent === undefined) return;
  const requests = await host.gateway.call('requests', { limit: LATEST }).catch((): SettledRequest[] => []);
  const own = requests.filter((request) => request.agent === agent);
  const model = asked ?? (await pickModel(host, agent, own));
  if (model === undefined) return;
  // Some programs speak several: what this one spoke last is what it will speak.
  const dialect = (own.find(({ requestedModel }) => requestedModel === model) ?? own[0])?.dialect;
  const answer = await host.gateway.call('explain', { agent, model, ...(dialect !== undefined && { dialect }) });
  if ('error' in answer) throw new Error(answer.error);
  const labels = new Map((host.state?.keys ?? []).map((key) => [key.id, key.label]));
  await documents.show(
    l10n.t('Route of {0} for {1}', agent, model),
    explanationDocument(answer, (key) => labels.get(key) ?? key),
  );
}

type Item = vscode.QuickPickItem & { readonly model?: string };

/** What the agent asked for of late stands first; the list fills while providers answer, and anything can be typed. */
async function pickModel(host: EditorHost, agent: string, requests: readonly SettledRequest[]): Promise<string | undefined> {
  const recent = [...new Set(requests.map(({ requestedModel }) => requestedModel))]
    .filter((model) => model !== '')
    .map((model): Item => ({ label: model, model }));
  const known = [...group(l10n.t('asked for of late'), recent), ...group(l10n.t('aliases'), aliases(host))];
  const listed: Item[] = [];

  const pick = vscode.window.createQuickPick<Item>();
  pick.title = l10n.t('Explain the route of {0}: for which model?', agent);
  pick.placeholder = l10n.t('The model that the agent would ask for; type any name');
  pick.matchOnDescription = true;
  pick.busy = true;
  const draw = (): void => {
    const items = [...known, ...listed];
    const typed = pick.value.trim();
    const isThere = typed === '' || items.some(({ model }) => model === typed);
    const { activeItems } = pick;
    pick.items = isThere ? items : [...items, { label: typed, description: l10n.t('as typed'), model: typed, alwaysShow: true }];
    pick.activeItems = activeItems.filter((item) => pick.items.includes(item));
  };
  draw();
  pick.onDidChangeValue(draw);
  const own = host.state?.agents[agent]?.provider;
  const loading = (own === undefined ? Object.keys(host.state?.config.providers ?? {}) : [own]).map(async (provider) => {
    const models = await host.gateway.call('listModels', { provider }).catch((): ModelChoice[] => []);
    // An agent with a provider of its own asks for its models by their bare names.
    const names = models.map(({ reference }) => (own === undefined ? reference : reference.slice(provider.length + 1)));
    const fresh = names.filter((model) => !recent.some((item) => item.model === model));
    listed.push(
      ...group(
        l10n.t('models of {0}', provider),
        fresh.map((model) => ({ label: model, model })),
      ),
    );
    draw();
  });
  void Promise.all(loading).then(() => (pick.busy = false));
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  // Enter may come before the typed name is in the list.
  pick.onDidAccept(() => resolve(pick.selectedItems[0]?.model ?? (pick.value.trim() || undefined)));
  pick.onDidHide(() => resolve(undefined));
  pick.show();
  try {
    return await promise;
  } finally {
    pick.dispose();
  }
}

function aliases({ state }: EditorHost): readonly Item[] {
  if (state === undefined) return [];
  return Object.keys(state.config.models).map((model) => ({
    label: model,
    description: targetsOf(state.config, model).join(', '),
    model,
  }));
}

function group(label: string, items: readonly Item[]): readonly Item[] {
  return items.length === 0 ? [] : [{ label, kind: vscode.QuickPickItemKind.Separator }, ...items];
}
