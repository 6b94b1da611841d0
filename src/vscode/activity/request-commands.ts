import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { explainRoute } from '../commands/explain-route.ts';
import type { EditorHost } from '../editor-host.ts';
import type { RouteDocuments } from '../routing/documents.ts';
import { curlOf } from './curl.ts';
import { knownRequest } from './known-request.ts';

/** Puts the call of a request on the clipboard, as a line for a shell, without anything secret. */
export async function copyAsCurl(host: EditorHost, wanted?: string): Promise<void> {
  const request = await knownRequest(host, l10n.t('Copy which request as curl?'), wanted);
  if (request === undefined) return;
  const { state } = host.gateway;
  if (state.phase !== 'running')
    throw new Error(l10n.t('The gateway is not running, so there is no endpoint. "Gatehouse: Show Log" says why.'));
  await vscode.env.clipboard.writeText(curlOf(request, state.url));
  const copyToken = l10n.t('Copy Endpoint');
  const text = l10n.t('Copied as curl, without the token and without what was asked: neither is kept with a request.');
  void vscode.window.showInformationMessage(text, copyToken).then((choice) => {
    if (choice !== undefined) void vscode.commands.executeCommand('gatehouse.copyEndpoint', request.agent);
  });
}

/** Where the same request would go now, and why. */
export async function explainRequest(host: EditorHost, documents: RouteDocuments, wanted?: string): Promise<void> {
  const request = await knownRequest(host, l10n.t('Explain which request?'), wanted);
  if (request !== undefined) await explainRoute(host, documents, request.agent, request.requestedModel);
}

/** Its agent is told that somebody stopped it; what it has used is booked. */
export async function cancelRequest(host: EditorHost, wanted?: string): Promise<void> {
  const request =
    wanted === undefined ? await knownRequest(host, l10n.t('Stop which request?'), undefined, 'running') : { id: wanted };
  if (request === undefined) return;
  const stopped = await host.gateway.call('cancelRequest', { request: request.id });
  const text = stopped ? l10n.t('Gatehouse: the request is stopped') : l10n.t('Gatehouse: the request is over already');
  void vscode.window.setStatusBarMessage(text, 5000);
}
