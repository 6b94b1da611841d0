import * as l10n from '@vscode/l10n';
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import { ToldAnomalies } from '../routing/told-anomalies.ts';
import { usagePanelHtml } from './html.ts';
import { Pace } from './pace.ts';
import { panelState } from './panel-state.ts';
import { asRange, FIRST_VIEW, rangeName, rangeStart, viewAfter } from './panel-view.ts';
import { StateReader } from './read-state.ts';
import type { FromPanel, PanelCommand, PanelState, PanelView, ToPanel } from './messages.ts';

const PANEL_TYPE = 'gatehouse.usage';

const COMMANDS: Readonly<Record<PanelCommand, readonly [command: string, ...args: readonly unknown[]]>> = {
  addKey: ['gatehouse.addKey'],
  openTerminal: ['gatehouse.openTerminal'],
  showLog: ['gatehouse.showLog'],
  editBudgets: ['workbench.action.openSettings', 'gatehouse.budgets'],
};

/** The usage panel: one at a time, restored after a reload. `show` opens it or brings it to the front. */
export function registerUsagePanel(context: vscode.ExtensionContext, host: EditorHost): { show(): void } & vscode.Disposable {
  const media = vscode.Uri.joinPath(context.extensionUri, 'dist', 'media');
  const anomalies = new ToldAnomalies(context.globalState);
  let open: vscode.WebviewPanel | undefined;

  const adopt = (panel: vscode.WebviewPanel): void => {
    open = panel;
    // `currentColor` is black in a tab, so each theme has a file of its own.
    const icon = (theme: string) => vscode.Uri.joinPath(context.extensionUri, 'media', 'icons', `gatehouse-${theme}.svg`);
    panel.iconPath = { light: icon('light'), dark: icon('dark') };
    panel.webview.options = { enableScripts: true, localResourceRoots: [media] };
    panel.webview.html = usagePanelHtml({
      scriptUri: panel.webview.asWebviewUri(vscode.Uri.joinPath(media, 'usage-panel.js')).toString(),
      styleUri: panel.webview.asWebviewUri(vscode.Uri.joinPath(media, 'usage-panel.css')).toString(),
      cspSource: panel.webview.cspSource,
      nonce: randomBytes(16).toString('base64url'),
      language: vscode.env.language,
      words: vscode.l10n.bundle,
    });
    const shown = showIn(panel, host, anomalies);
    panel.onDidDispose(() => {
      shown.dispose();
      if (open === panel) open = undefined;
    });
  };

  const heard = host.onNews((news) => void anomalies.hear(news, Date.now()));
  const serializer = vscode.window.registerWebviewPanelSerializer(PANEL_TYPE, {
    deserializeWebviewPanel(panel) {
      adopt(panel);
      return Promise.resolve();
    },
  });
  return {
    show() {
      if (open !== undefined) return open.reveal();
      adopt(vscode.window.createWebviewPanel(PANEL_TYPE, l10n.t('Gatehouse Usage'), vscode.ViewColumn.Active));
    },
    dispose() {
      heard.dispose();
      serializer.dispose();
      open?.dispose();
    },
  };
}

/** Keeps one panel up to date for as long as it lives. A panel that is out of sight has no page, and asks again when it comes back. */
function showIn(panel: vscode.WebviewPanel, host: EditorHost, anomalies: ToldAnomalies): vscode.Disposable {
  let view: PanelView = FIRST_VIEW;
  const reader = new StateReader({
    call: (name, ask) => host.gateway.call(name, ask),
    anomaliesSince: (since) => anomalies.since(since),
    trouble: () => host.trouble,
  });
  const draw = async (): Promise<void> => {
    if (!panel.visible) return;
    const state = await readState(host, reader, view);
    await panel.webview.postMessage({ type: 'state', state } satisfies ToPanel);
  };
  // A panel that was closed meanwhile throws.
  const pace = new Pace(() => draw().catch(() => {}), {
    now: () => performance.now(),
    later: (run, ms) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  });
  const run = (command: string, ...args: readonly unknown[]) => void vscode.commands.executeCommand(command, ...args);
  return vscode.Disposable.from(
    panel.webview.onDidReceiveMessage((message: FromPanel | undefined) => {
      switch (message?.type) {
        case 'ready':
        case 'show':
          view = viewAfter(view, message);
          return pace.now();
        case 'open':
          // By the command, which tells a failure to the person.
          return typeof message.request === 'string' ? run('gatehouse.showRoute', message.request, message.at) : undefined;
        case 'export': {
          const range = asRange(message.range);
          return run(
            'gatehouse.exportUsage',
            range && { since: rangeStart(range, new Date()), name: range, label: rangeName(range) },
          );
        }
        case 'raiseBudget':
          return run('gatehouse.raiseBudget', message.index);
        case 'command':
          return Object.hasOwn(COMMANDS, message.command) ? run(...COMMANDS[message.command]) : undefined;
        default:
          return undefined;
      }
    }),
    host.onSettled(() => pace.later()),
    host.onChanged(() => {
      reader.forget();
      pace.now();
    }),
    { dispose: () => pace.stop() },
  );
}

async function readState(host: EditorHost, reader: StateReader, view: PanelView): Promise<PanelState> {
  const now = new Date();
  const broken = (trouble: string) => panelState(view, now, { totals: [], pricesAsOf: '', unused: true, trouble });
  if (host.gateway.state.phase !== 'running')
    return broken(
      vscode.workspace.isTrusted ? l10n.t('The gateway is not running.') : l10n.t('Gatehouse does not start in Restricted Mode.'),
    );
  return reader.read(view, now).catch(() => broken(l10n.t('The ledger could not be read. The log says why.')));
}
