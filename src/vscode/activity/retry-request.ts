import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { pickModel } from '../commands/pick-model.ts';
import type { EditorHost } from '../editor-host.ts';
import type { ActivityEvent } from '../gateway-process.ts';
import type { GatewayView } from '../gateway-view.ts';
import { editorSetting } from '../settings.ts';
import { knownRequest, type KnownRequest } from './known-request.ts';
import { RetryText } from './retry-text.ts';

const SCHEME = 'gatehouse-retry';
const KEEP = 'activity.keepForRetry';

type RetriedEvent = Extract<ActivityEvent, { event: 'retried' }>;

/** Asks a request again of a model that is picked, and shows the answer beside as it comes. */
export type RetryRequest = (wanted?: string) => Promise<void>;

/**
 * Bodies stay in the gateway: they are kept there in memory, of the latest few requests, and only where the setting says so. A request
 * that is on its way needs no keeping.
 */
export function registerRetries(host: EditorHost, view: GatewayView): vscode.Disposable & { readonly retry: RetryRequest } {
  const texts = new Map<string, RetryText>();
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const tellGateway = (): void =>
    void host.gateway.call('keepAsked', editorSetting(KEEP, false)).catch(() => {
      // Not running: told when it is.
    });
  let told: unknown;
  const subscriptions = vscode.Disposable.from(
    changed,
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: changed.event,
      provideTextDocumentContent: (uri) => texts.get(uri.toString())?.text ?? l10n.t('This answer is gone: it was not kept.'),
    }),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => void texts.delete(uri.toString())),
    host.onChanged(() => {
      if (told === host.gateway.state || host.gateway.state.phase !== 'running') return;
      told = host.gateway.state;
      if (editorSetting(KEEP, false)) tellGateway();
    }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(`gatehouse.${KEEP}`)) tellGateway();
    }),
  );

  async function retry(wanted?: string): Promise<void> {
    const request = await knownRequest(host, l10n.t('Ask which request again?'), wanted);
    if (request === undefined) return;
    if (!(await host.gateway.call('isAskedKept', { request: request.id }))) return offerToKeep();
    const target = await pickModel(host, { title: l10n.t('Ask the request of {0} again, of which model?', request.agent) });
    if (target?.reference !== undefined) await ask(request, target.reference);
  }

  async function ask(request: KnownRequest, target: string): Promise<void> {
    const text = new RetryText(request.agent, target, request.requestedModel);
    const { promise: ended, resolve } = Promise.withResolvers<string | undefined>();
    let uri: vscode.Uri | undefined;
    const take = ({ pieces, ended: end }: RetriedEvent): void => {
      text.say(pieces);
      if (uri !== undefined) changed.fire(uri);
      if (end !== undefined) resolve(end.trouble);
    };
    // One that is refused at once has ended before we hear which id it has.
    const early: RetriedEvent[] = [];
    let hear = (event: RetriedEvent): void => void early.push(event);
    const listening = vscode.Disposable.from(
      host.onActivity((event) => (event.event === 'retried' ? hear(event) : undefined)),
      host.onChanged(() => {
        if (host.gateway.state.phase !== 'running') resolve(l10n.t('The gateway stopped.'));
      }),
    );
    try {
      const id = await host.gateway.call('retryRequest', { request: request.id, target });
      hear = (event) => (event.request === id ? take(event) : undefined);
      for (const event of early) hear(event);
      uri = vscode.Uri.from({ scheme: SCHEME, path: `/${fileName(`${request.agent} on ${target}`)} ${id.slice(-6)}.md` });
      texts.set(uri.toString(), text);
      const document = await vscode.workspace.openTextDocument(uri);
      await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: false });
      const trouble = await whileShown(id, ended);
      text.end(trouble, await view.settled(id));
      changed.fire(uri);
    } finally {
      listening.dispose();
    }
  }

  /** Resolves with what went wrong, undefined: nothing. Cancelled, it stops like any request on its way. */
  function whileShown(id: string, ended: Promise<string | undefined>): Thenable<string | undefined> {
    const title = l10n.t('Gatehouse asks again');
    return vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title, cancellable: true }, (_, token) => {
      token.onCancellationRequested(() => void host.gateway.call('cancelRequest', { request: id }).catch(() => false));
      return ended;
    });
  }

  return { retry, dispose: () => subscriptions.dispose() };
}

async function offerToKeep(): Promise<void> {
  const keep = l10n.t('Keep From Now On');
  const text = l10n.t(
    'What this request asked is not in memory: a request can be asked again while it is on its way. Gatehouse can also keep what the latest 20 requests asked (at most 32 MB), in memory and never on disk.',
  );
  if ((await vscode.window.showInformationMessage(text, keep)) === undefined) return;
  await vscode.workspace.getConfiguration('gatehouse').update(KEEP, true, vscode.ConfigurationTarget.Global);
  void vscode.window.setStatusBarMessage(l10n.t('Gatehouse: requests can be asked again from now on'), 5000);
}

function fileName(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cf}/\\?#%:]/gu, '-').slice(0, 80);
}
