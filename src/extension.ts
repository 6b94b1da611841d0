import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { GatehouseExports } from '../gatehouse.d.ts';
import { followGateway } from './vscode/agent-setup/follow-gateway.ts';
import { registerRetries } from './vscode/activity/retry-request.ts';
import { registerChat } from './vscode/chat/register-chat.ts';
import { registerCommands } from './vscode/commands/register-commands.ts';
import { consentAsker } from './vscode/consent.ts';
import { keepContexts } from './vscode/contexts.ts';
import { EditorHost } from './vscode/editor-host.ts';
import { exportedApi } from './vscode/exported-api.ts';
import { createLog } from './vscode/log.ts';
import { gatewayViewOf } from './vscode/gateway-view-of.ts';
import { tellOfKeys } from './vscode/keys/tell-keys.ts';
import { registerModelProvider } from './vscode/model-provider/register-model-provider.ts';
import { tellDamagedPrices } from './vscode/prices/show-prices.ts';
import { registerRouteDocuments } from './vscode/routing/documents.ts';
import { tellNews } from './vscode/routing/tell-news.ts';
import { Standing } from './vscode/standing.ts';
import { registerStatusBar } from './vscode/status-bar.ts';
import { registerTerminalInjection, registerTerminalProfiles } from './vscode/terminals.ts';
import { registerUsagePanel } from './vscode/usage-panel/panel.ts';
import { registerActivityView } from './vscode/views/activity-view.ts';
import { registerAgentsView } from './vscode/views/agents-view.ts';
import { registerKeysView } from './vscode/views/keys-view.ts';

let running: { readonly host: EditorHost; readonly view: ReturnType<typeof gatewayViewOf> } | undefined;

/** Twice what an abort takes to be booked. */
const LEAVING_MS = 100;

export function activate(context: vscode.ExtensionContext): GatehouseExports {
  // Before anything says a word. Undefined: English, or a language that has no bundle.
  if (vscode.l10n.bundle !== undefined) l10n.config({ contents: vscode.l10n.bundle });
  const log = createLog();
  const host = new EditorHost(context, log);
  const view = gatewayViewOf(host, consentAsker(host));
  running = { host, view };
  const panel = registerUsagePanel(context, host);
  const documents = registerRouteDocuments(log);
  const retries = registerRetries(host, view);
  const standing = new Standing(host, view);
  context.subscriptions.push(
    log,
    host,
    view,
    panel,
    documents,
    retries,
    standing,
    registerCommands(host, context, log, documents, () => panel.show(), retries.retry),
    registerStatusBar(host, standing),
    registerAgentsView(host, standing),
    registerKeysView(host),
    registerActivityView(host),
    tellNews(host, log, context.globalState),
    tellOfKeys(context, host),
    keepContexts(host, context.globalState),
    tellDamagedPrices(host),
    registerTerminalInjection(context, host),
    registerTerminalProfiles(host),
    followGateway(host, context),
    registerModelProvider(view),
    registerChat(view),
  );
  void host.start();
  return exportedApi(host, view);
}

/** The editor waits for this: what was settled is written before the window is gone. */
export function deactivate(): Promise<void> | undefined {
  // Nobody will read what is still being answered: it ends now, and is booked as one that was stopped.
  if (running === undefined) return undefined;
  const { host, view } = running;
  view.leave();
  // The worker hears of closed sockets and of the stop on two ways. A stop that comes first would book them as cut off.
  return new Promise<void>((resolve) => setTimeout(resolve, LEAVING_MS)).then(() => host.stop());
}
