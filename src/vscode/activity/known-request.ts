import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { RunningRequest } from '../../core/gateway/running-requests.ts';
import { timeOf } from '../../core/ledger/ids.ts';
import type { SettledRequest } from '../../core/ledger/records.ts';
import type { EditorHost } from '../editor-host.ts';
import { clockTime } from '../routing/markdown.ts';
import { settledWords } from '../routing/words.ts';

/** What commands on a request know of it, whether it is on its way or over. */
export type KnownRequest = RunningRequest | SettledRequest;

const LATEST = 50;

/** The request with the id `wanted`, or one that is picked. Undefined: none was picked. */
export async function knownRequest(
  { gateway }: EditorHost,
  title: string,
  wanted: string | undefined,
  which: 'all' | 'running' = 'all',
): Promise<KnownRequest | undefined> {
  const running = await gateway.call('runningRequests', undefined);
  if (wanted !== undefined) {
    const at = timeOf(wanted);
    const known =
      running.find(({ id }) => id === wanted) ??
      (await gateway.call('requests', { since: at, until: at + 1 })).find(({ id }) => id === wanted);
    if (known === undefined) throw new Error(l10n.t('This request is not in the ledger any more.'));
    return known;
  }
  const settled = which === 'all' ? await gateway.call('requests', { limit: LATEST }) : [];
  if (running.length + settled.length === 0) {
    const text = which === 'all' ? l10n.t('No agent has asked for anything yet.') : l10n.t('No request is on its way.');
    void vscode.window.showInformationMessage(text);
    return undefined;
  }
  const now = Date.now();
  const items = [...running.toReversed(), ...settled].map((request) => ({ request, ...itemOf(request, now) }));
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: l10n.t('Type an agent or a model'),
    matchOnDescription: true,
  });
  return picked?.request;
}

function itemOf(request: KnownRequest, now: number): vscode.QuickPickItem {
  const time = clockTime(request.at, now);
  if (!('settled' in request)) {
    const target = request.asking?.target ?? request.requestedModel;
    return { label: `$(loading~spin) ${request.agent} → ${target}`, description: l10n.t('{0}, on its way', time) };
  }
  const icon = request.settled === 'done' ? '$(check)' : '$(error)';
  return {
    label: `${icon} ${request.agent} → ${request.provider}/${request.model}`,
    description: l10n.t('{0}, {1}', time, settledWords(request.settled, request.status, request.error)),
  };
}
