import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { SetUp } from '../../host/agent-setup/record.ts';
import { isListening } from '../ask.ts';
import type { EditorHost } from '../editor-host.ts';
import { workspaceId } from '../settings.ts';
import { placeOf } from './endpoint.ts';
import { pointAnew } from './set-up-agent.ts';
import { SetUpStore } from './setup-store.ts';
import { labelOf } from './undo-agent-setup.ts';

/**
 * A program that was set up for this workspace holds an address and a token. When one of them is another one now, an update is offered, once
 * for each. A second window on the same folder has an address of its own: while the former one still answers, it is the right one.
 */
export function followGateway(host: EditorHost, context: vscode.ExtensionContext): vscode.Disposable {
  const store = new SetUpStore(host.keys.shared);
  const asked = new Set<string>();
  const look = async (): Promise<void> => {
    const gateway = host.gateway.state;
    const workspace = workspaceId();
    if (gateway.phase !== 'running' || workspace === undefined) return;
    for (const record of await store.list()) {
      if (record.workspace !== workspace || host.tokens.isRevoked(record.agent)) continue;
      if (host.state?.agents[record.agent] === undefined) continue;
      const token = await host.tokens.of(record.agent);
      const moved = record.url !== gateway.url;
      const question = `${record.program} ${gateway.url} ${token}`;
      if ((!moved && record.token === token) || asked.has(question)) continue;
      if (record.token === token && (await isListening(record.url))) continue;
      asked.add(question);
      void offer(record, moved);
    }
  };
  const offer = async (record: SetUp, moved: boolean): Promise<void> => {
    const update = l10n.t('Update');
    const what = moved
      ? l10n.t('Gatehouse has another address in this workspace now, and {0} is still set up with the former one.', labelOf(record))
      : l10n.t('The token of {0} was rotated, and its settings still hold the former one.', labelOf(record));
    if ((await vscode.window.showWarningMessage(what, update)) !== update) return;
    try {
      await pointAnew(host, placeOf(context), record);
      void vscode.window.showInformationMessage(l10n.t('{0} was updated. Start it anew if it is running.', labelOf(record)));
    } catch (error) {
      void vscode.window.showErrorMessage(`Gatehouse: ${error instanceof Error ? error.message : l10n.t('something went wrong')}`);
    }
  };
  let last: Promise<void> = Promise.resolve();
  const subscription = host.onChanged(() => {
    last = last.then(look).catch(() => {});
  });
  return subscription;
}
