import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import { usagePanelHtml } from './html.ts';
import type { FromPanel, PanelGroup, PanelRange, ToPanel } from './messages.ts';
import { bucketOf, panelState, rangeStart } from './panel-state.ts';

const PANEL_TYPE = 'gatehouse.usage';

/** A panel that is open is redrawn at most this often, however many requests settle. */
const REDRAW_MS = 1000;
const LATEST = 100;

const RANGES: readonly PanelRange[] = ['today', '7d', '30d', '90d'];
const GROUPS: readonly PanelGroup[] = ['agent', 'provider', 'model'];
const COMMANDS: Readonly<Record<string, string>> = {
  addKey: 'gatehouse.addKey',
  openTerminal: 'gatehouse.openTerminal',
  showLog: 'gatehouse.showLog',
};

/** The usage panel: one at a time, restored after a reload. `show` opens it or brings it to the front. */
export function registerUsagePanel(context: vscode.ExtensionContext, host: EditorHost): { show(): void } & vscode.Disposable {
  const media = vscode.Uri.joinPath(context.extensionUri, 'dist', 'media');
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
    });
    const shown = showIn(panel, host);
    panel.onDidDispose(() => {
      shown.dispose();
      if (open === panel) open = undefined;
    });
  };

  const serializer = vscode.window.registerWebviewPanelSerializer(PANEL_TYPE, {
    deserializeWebviewPanel(panel) {
      adopt(panel);
      return Promise.resolve();
    },
  });
  return {
    show() {
      if (open !== undefined) return open.reveal();
      adopt(vscode.window.createWebviewPanel(PANEL_TYPE, 'Gatehouse Usage', vscode.ViewColumn.Active));
    },
    dispose() {
      serializer.dispose();
      open?.dispose();
    },
  };
}

/** Keeps one panel up to date for as long as it lives. */
function showIn(panel: vscode.WebviewPanel, host: EditorHost): vscode.Disposable {
  let range: PanelRange = 'today';
  let group: PanelGroup = 'agent';
  let timer: NodeJS.Timeout | undefined;

  const draw = async (): Promise<void> => {
    timer = undefined;
    const state = await readState(host, range, group).catch(() =>
      panelState(range, group, new Date(), { ...EMPTY, trouble: 'The ledger could not be read. The log says why.' }),
    );
    await panel.webview.postMessage({ type: 'state', state } satisfies ToPanel);
  };
  const redraw = (delay: number): void => {
    timer ??= setTimeout(() => void draw(), delay);
  };
  const show = (wanted: { range?: unknown; group?: unknown }): void => {
    range = RANGES.find((known) => known === wanted.range) ?? range;
    group = GROUPS.find((known) => known === wanted.group) ?? group;
    clearTimeout(timer);
    timer = undefined;
    redraw(0);
  };
  return vscode.Disposable.from(
    panel.webview.onDidReceiveMessage((message: FromPanel | undefined) => {
      if (message === undefined) return;
      if (message.type === 'ready' || message.type === 'show') show(message);
      else if (message.type === 'open') {
        // By the command, which tells a failure to the person.
        if (typeof message.request === 'string')
          void vscode.commands.executeCommand('gatehouse.showRoute', message.request, message.at);
      } else if (message.type === 'command' && Object.hasOwn(COMMANDS, message.command)) {
        void vscode.commands.executeCommand(COMMANDS[message.command] ?? '');
      }
    }),
    host.onSettled(() => redraw(REDRAW_MS)),
    host.onChanged(() => redraw(0)),
    { dispose: () => clearTimeout(timer) },
  );
}

async function readState(host: EditorHost, range: PanelRange, group: PanelGroup) {
  const now = new Date();
  const { gateway } = host;
  if (gateway.state.phase !== 'running') {
    const trouble = vscode.workspace.isTrusted ? 'The gateway is not running.' : 'Gatehouse does not start in Restricted Mode.';
    return panelState(range, group, now, { ...EMPTY, trouble });
  }
  const since = rangeStart(range, now);
  const usage = (...by: Parameters<typeof gateway.call<'usage'>>[1]['by'][number][]) => gateway.call('usage', { by, since });
  const [totals, byAgent, byProvider, byModel, overTime, latest, pricesAsOf] = await Promise.all([
    usage(),
    usage('agent'),
    usage('provider'),
    usage('model'),
    usage(bucketOf(range), group),
    gateway.call('requests', { since, limit: LATEST }),
    gateway.call('pricesAsOf', undefined),
  ]);
  return panelState(range, group, now, {
    totals,
    byAgent,
    byProvider,
    byModel,
    overTime,
    latest,
    pricesAsOf,
    trouble: host.trouble,
  });
}

const EMPTY = { totals: [], byAgent: [], byProvider: [], byModel: [], overTime: [], latest: [], pricesAsOf: '' };
