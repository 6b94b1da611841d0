import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { timeOf } from '../../core/ledger/ids.ts';
import type { SettledRequest } from '../../core/ledger/records.ts';
import { dollars } from '../chat/wording.ts';
import type { EditorHost } from '../editor-host.ts';
import type { RouteDocuments } from '../routing/documents.ts';
import { clockTime } from '../routing/markdown.ts';
import { routeDocument } from '../routing/route-document.ts';
import { settledWords } from '../routing/words.ts';

const LATEST = 50;

/** Shows how a request came to its answer: that with the id `wanted`, asked for at `at`, or one that is picked from the latest. */
export async function showRoute(host: EditorHost, documents: RouteDocuments, wanted?: string, at?: number): Promise<void> {
  if (wanted !== undefined) {
    const since = at ?? timeOf(wanted);
    const known = (await host.gateway.call('requests', { since, until: since + 1 })).find(({ id }) => id === wanted);
    if (known === undefined) throw new Error(l10n.t('This request is not in the ledger any more.'));
    return showRouteOf(host, documents, known);
  }
  const requests = await host.gateway.call('requests', { limit: LATEST });
  if (requests.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('No agent has asked for anything yet.'));
    return;
  }
  const now = Date.now();
  const items = requests.map((request) => ({ request, ...itemOf(request, now) }));
  const picked = await vscode.window.showQuickPick(items, {
    title: l10n.t('Show the route of which request?'),
    placeHolder: l10n.t('Type an agent or a model'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked !== undefined) await showRouteOf(host, documents, picked.request);
}

async function showRouteOf(host: EditorHost, documents: RouteDocuments, request: SettledRequest): Promise<void> {
  const labels = new Map((await host.keys.list()).map((key) => [key.id, key.label]));
  const text = routeDocument(request, (key) => labels.get(key) ?? key, Date.now());
  // The end of an id is what differs between requests of the same moment.
  await documents.show(l10n.t('Route of {0} {1}', request.agent, request.id.slice(-6)), text);
}

function itemOf(request: SettledRequest, now: number): vscode.QuickPickItem {
  const icon = request.settled === 'done' ? (request.attempts > 1 ? '$(debug-restart)' : '$(check)') : '$(error)';
  return {
    label: `${icon} ${request.agent} → ${request.provider}/${request.model}`,
    description: `${clockTime(request.at, now)}, ${dollars(request.costNano)}`,
    detail: [
      settledWords(request.settled, request.status, request.error),
      ...(request.attempts === 1 ? [] : [l10n.t('{0} attempts', request.attempts)]),
      ...(request.trace?.rule === undefined ? [] : [l10n.t('rule {0}', request.trace.rule)]),
      l10n.t('asked for {0}', request.requestedModel || l10n.t('no model')),
    ].join(', '),
  };
}
