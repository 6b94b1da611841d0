import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { setUpAgent } from '../agent-setup/set-up-agent.ts';
import { undoAgentSetup } from '../agent-setup/undo-agent-setup.ts';
import { cancelRequest, copyAsCurl, explainRequest } from '../activity/request-commands.ts';
import type { RetryRequest } from '../activity/retry-request.ts';
import type { EditorHost } from '../editor-host.ts';
import { asKnownPeriod } from '../export/choices.ts';
import { exportUsage } from '../export/export-usage.ts';
import { CHAT_AGENT } from '../gateway-view.ts';
import { importKeys } from '../key-import/import-keys.ts';
import { undoKeyRemoval } from '../key-import/undo-key-removal.ts';
import { KeysBehind } from '../keys/key-store.ts';
import { importPrices, refreshPrices, resetPrices } from '../prices/change-prices.ts';
import { showPrices } from '../prices/show-prices.ts';
import { purgeEverything } from '../purge/purge-everything.ts';
import type { RouteDocuments } from '../routing/documents.ts';
import { openAgentTerminal } from '../terminals.ts';
import type { Row } from '../views/row.ts';
import { addKey } from './add-key.ts';
import { exportAuditLog, showAuditLog, verifyAuditLog } from './audit-log.ts';
import { chooseModel } from './choose-model.ts';
import { editBudget } from './edit-budget.ts';
import { editLimits } from './edit-limits.ts';
import { editRoutes } from './edit-routes.ts';
import { confirmAddress } from './confirm-address.ts';
import { copyEndpoint } from './copy-endpoint.ts';
import { editKey } from './edit-key.ts';
import { setDisabled } from './enable-key.ts';
import { explainRoute } from './explain-route.ts';
import { raiseBudget } from './raise-budget.ts';
import { pauseAgent, resumeAgent } from './pause-agent.ts';
import { pickAgent } from './pick-agent.ts';
import { revokeKey } from './revoke-key.ts';
import { eraseFormer, rotateKey, undoRotation } from './rotate-key.ts';
import { revokeToken, rotateToken } from './rotate-token.ts';
import { setTelemetryHeader } from './set-telemetry-header.ts';
import { showRoute } from './show-route.ts';
import { testKey } from './test-key.ts';

/** Every command of the manifest. A failure is told to the person with the way to the log; it never ends in silence. */
export function registerCommands(
  host: EditorHost,
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  documents: RouteDocuments,
  showUsage: () => void,
  retryRequest: RetryRequest,
): vscode.Disposable {
  const commands: Readonly<Record<string, (argument?: unknown, second?: unknown) => unknown>> = {
    'gatehouse.addKey': (provider) => addKey(host, textOf(provider)),
    'gatehouse.rotateKey': (key) => rotateKey(host, textOf(key)),
    'gatehouse.editKey': (key, part) => editKey(host, textOf(key), textOf(part)),
    'gatehouse.undoRotation': (key) => undoRotation(host, textOf(key)),
    'gatehouse.eraseOldValue': (key) => eraseFormer(host, textOf(key)),
    'gatehouse.revokeKey': (key) => revokeKey(host, textOf(key)),
    'gatehouse.disableKey': (key) => setDisabled(host, true, textOf(key)),
    'gatehouse.enableKey': (key) => setDisabled(host, false, textOf(key)),
    'gatehouse.confirmKeyAddress': (key) => confirmAddress(host, textOf(key)),
    'gatehouse.testKey': (key) => testKey(host, textOf(key)),
    'gatehouse.rotateToken': (agent) => rotateToken(host, textOf(agent)),
    'gatehouse.revokeToken': (agent) => revokeToken(host, textOf(agent)),
    'gatehouse.importKeys': () => importKeys(host),
    'gatehouse.undoKeyRemoval': () => undoKeyRemoval(host),
    'gatehouse.purge': () => purgeEverything(host, context),
    'gatehouse.chooseModel': (agent) => chooseModel(host, textOf(agent)),
    'gatehouse.copyEndpoint': (agent) => copyEndpoint(host, textOf(agent)),
    'gatehouse.setUpAgent': (program) => setUpAgent(host, context, textOf(program)),
    'gatehouse.undoAgentSetup': (program) => undoAgentSetup(host, textOf(program)),
    'gatehouse.openTerminal': async (agent) => {
      const chosen = textOf(agent) ?? (await pickAgent(host, 'Open a terminal for which agent?', (id) => id !== CHAT_AGENT));
      return chosen === undefined ? undefined : openAgentTerminal(host, chosen);
    },
    'gatehouse.explainRoute': (agent, model) => explainRoute(host, documents, textOf(agent), textOf(model)),
    'gatehouse.showRoute': (request, at) => showRoute(host, documents, textOf(request), typeof at === 'number' ? at : undefined),
    'gatehouse.pauseAgent': (agent) => pauseAgent(host, textOf(agent)),
    'gatehouse.copyAsCurl': (request) => copyAsCurl(host, textOf(request)),
    'gatehouse.explainRequest': (request) => explainRequest(host, documents, textOf(request)),
    'gatehouse.retryRequest': (request) => retryRequest(textOf(request)),
    'gatehouse.cancelRequest': (request) => cancelRequest(host, textOf(request)),
    'gatehouse.editLimits': (agent) => editLimits(host, textOf(agent)),
    'gatehouse.editBudget': (subject) => editBudget(host, textOf(subject)),
    'gatehouse.editRoutes': (agent) => editRoutes(host, textOf(agent)),
    'gatehouse.raiseBudget': (budget) => raiseBudget(host, typeof budget === 'number' ? budget : textOf(budget)),
    'gatehouse.resumeAgent': (agent) => resumeAgent(host, textOf(agent)),
    'gatehouse.showAuditLog': () => showAuditLog(host, documents),
    'gatehouse.verifyAuditLog': () => verifyAuditLog(host),
    'gatehouse.exportAuditLog': (target) => exportAuditLog(host, target instanceof vscode.Uri ? target : undefined),
    'gatehouse.setTelemetryHeader': () => setTelemetryHeader(host),
    'gatehouse.showUsage': showUsage,
    'gatehouse.importPrices': () => importPrices(host),
    'gatehouse.refreshPrices': () => refreshPrices(host, context.globalState),
    'gatehouse.showPrices': () => showPrices(host, documents),
    'gatehouse.resetPrices': () => resetPrices(host),
    'gatehouse.exportUsage': (period) => exportUsage(host, asKnownPeriod(period)),
    'gatehouse.showLog': () => log.show(),
    'gatehouse.getStarted': () => vscode.commands.executeCommand('workbench.action.openWalkthrough', 'gatehouse.gatehouse#start'),
    // For `${command:gatehouse.endpoint}` in launch configurations and tasks; it is in no palette.
    'gatehouse.endpoint': () => endpointOf(host),
    'gatehouse.restartGateway': () => host.gateway.restart(),
  };
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([id, run]) =>
      vscode.commands.registerCommand(id, (argument: unknown, second: unknown) => guarded(() => run(argument, second), log)),
    ),
  );
}

/** The address alone: whoever asks needs a token besides, and gets one from a person or by consent. */
function endpointOf({ gateway: { state } }: EditorHost): string {
  if (state.phase !== 'running') throw new Error(l10n.t('The Gatehouse gateway is not running. "Gatehouse: Show Log" says why.'));
  return state.url;
}

/** Notifications are not waited for: a caller of the command would wait for somebody to close them. */
async function guarded(run: () => unknown, log: vscode.LogOutputChannel): Promise<unknown> {
  if (!vscode.workspace.isTrusted) {
    const text = l10n.t('Gatehouse does nothing in Restricted Mode. Trust this workspace to use it.');
    void offer(vscode.window.showWarningMessage(text, l10n.t('Manage Trust')), () =>
      vscode.commands.executeCommand('workbench.trust.manage'),
    );
    return undefined;
  }
  try {
    return await run();
  } catch (error) {
    const message = error instanceof Error ? error.message : l10n.t('something went wrong');
    log.error(message);
    if (error instanceof KeysBehind) {
      void offer(vscode.window.showErrorMessage(`Gatehouse: ${message}`, l10n.t('Reload Window')), () =>
        vscode.commands.executeCommand('workbench.action.reloadWindow'),
      );
      return undefined;
    }
    void offer(vscode.window.showErrorMessage(`Gatehouse: ${message}`, l10n.t('Show Log')), () => log.show());
    return undefined;
  }
}

async function offer(question: Thenable<string | undefined>, action: () => unknown): Promise<void> {
  if ((await question) !== undefined) await action();
}

/** Rows of our views pass themselves, and say what they are about. Menus of the editor's own pass other objects, which say nothing to us. */
function textOf(argument: unknown): string | undefined {
  const text = (argument as Partial<Row> | null | undefined)?.subject ?? argument;
  return typeof text === 'string' ? text : undefined;
}
