import * as vscode from 'vscode';
import { shortUsd } from '../core/ledger/money.ts';
import type { EditorHost } from './editor-host.ts';
import type { AgentCost, GatewayView } from './gateway-view.ts';

/** Updates are grouped: at most one a second, however many requests settle. */
const REDRAW_MS = 1000;

/** One item: what today cost, and how the gateway is. The tooltip says by whom, and where to go on. */
export function registerStatusBar(host: EditorHost, view: GatewayView): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('gatehouse.status', vscode.StatusBarAlignment.Left, 10);
  item.name = 'Gatehouse';
  let timer: NodeJS.Timeout | undefined;
  let latest: string | undefined;

  const draw = async (): Promise<void> => {
    timer = undefined;
    const costs = host.gateway.state.phase === 'running' ? await view.costToday().catch(() => []) : [];
    const look = lookOf(host, costs);
    item.text = look.text;
    item.command = look.command;
    item.backgroundColor = look.alarm ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    item.accessibilityInformation = { label: look.spoken, role: 'button' };
    item.tooltip = tooltip(host, look.spoken, costs, latest);
    item.show();
  };
  const redraw = (delay = REDRAW_MS): void => {
    timer ??= setTimeout(() => void draw(), delay);
  };
  redraw(0);
  return vscode.Disposable.from(
    item,
    host.onChanged(() => redraw(0)),
    host.onSettled((requests) => {
      const last = requests.at(-1);
      if (last) latest = `${last.agent} → ${last.provider}/${last.model}, ${last.settled}`;
      redraw();
    }),
    { dispose: () => clearTimeout(timer) },
  );
}

interface Look {
  readonly text: string;
  readonly spoken: string;
  readonly command: string;
  readonly alarm: boolean;
}

function lookOf(host: EditorHost, costs: readonly AgentCost[]): Look {
  const showUsage = { command: 'gatehouse.showUsage', alarm: false };
  if (!vscode.workspace.isTrusted) {
    return {
      text: '$(shield) Gatehouse: restricted',
      spoken: 'Gatehouse does not start in Restricted Mode',
      command: 'workbench.trust.manage',
      alarm: false,
    };
  }
  const { state } = host.gateway;
  switch (state.phase) {
    case 'running': {
      const nano = costs.reduce((sum, cost) => sum + cost.costNano, 0);
      const unpriced = costs.reduce((sum, cost) => sum + cost.unpriced, 0);
      const more = unpriced > 0 ? '+' : '';
      // Local models cost nothing: without the tokens their work would not be seen at all.
      const tokens = costs.reduce((sum, cost) => sum + cost.inputTokens + cost.outputTokens, 0);
      const free = nano === 0 && tokens > 0 ? `, ${tokens.toLocaleString('en-US')} tokens` : '';
      const spoken = `Gatehouse: ${shortUsd(nano)}${free}${unpriced > 0 ? ` and ${unpriced} unpriced requests` : ''} today`;
      if (host.trouble !== undefined) return { text: `$(warning) ${shortUsd(nano)}${more}`, spoken: host.trouble, ...showUsage };
      const paused = [...host.pausedAgents];
      if (paused.length > 0) {
        const who = paused.length === 1 ? `${paused[0]} is paused` : `${paused.length} agents are paused`;
        return {
          text: `$(debug-pause) ${shortUsd(nano)}${more}, ${who}`,
          spoken: `${spoken}. Paused: ${paused.join(', ')}`,
          ...showUsage,
        };
      }
      return { text: `$(key) ${shortUsd(nano)}${more}${free}`, spoken, ...showUsage };
    }
    case 'starting':
    case 'stopped':
      return { text: '$(loading~spin) Gatehouse', spoken: 'Gatehouse is starting', ...showUsage };
    case 'waiting':
      return {
        text: '$(error) Gatehouse',
        spoken: `The Gatehouse gateway is down: ${state.reason}`,
        command: 'gatehouse.showLog',
        alarm: true,
      };
    default:
      return state satisfies never;
  }
}

const LINKS = [
  'gatehouse.showUsage',
  'gatehouse.openTerminal',
  'gatehouse.chooseModel',
  'gatehouse.addKey',
  'gatehouse.copyEndpoint',
  'gatehouse.resumeAgent',
  'gatehouse.showLog',
];

function tooltip(host: EditorHost, spoken: string, costs: readonly AgentCost[], latest: string | undefined): vscode.MarkdownString {
  const text = new vscode.MarkdownString('', true);
  text.isTrusted = { enabledCommands: LINKS };
  // Names come from agents and providers: appended as text, never as markdown.
  text.appendText(spoken).appendMarkdown('\n\n');
  if (costs.length > 0) {
    text.appendMarkdown('| Agent | Requests | Tokens | Today |\n|:--|--:|--:|--:|\n');
    for (const cost of costs) {
      text.appendMarkdown('| ').appendText(cost.agent);
      const tokens = (cost.inputTokens + cost.outputTokens).toLocaleString('en-US');
      const price = `${shortUsd(cost.costNano)}${cost.unpriced > 0 ? ` + ${cost.unpriced} unpriced` : ''}`;
      text.appendMarkdown(` | ${cost.requests} | ${tokens} | ${price.replace('<', '&lt;')} |\n`);
    }
    text.appendMarkdown('\n');
  }
  if (latest !== undefined) text.appendText(`Latest: ${latest}`).appendMarkdown('\n\n');
  if (host.pausedAgents.size > 0) text.appendMarkdown('[Resume Agent](command:gatehouse.resumeAgent)\n\n');
  const { state } = host.gateway;
  if (state.phase === 'running') text.appendMarkdown(`Endpoint \`${state.url}\`\n\n`);
  text.appendMarkdown(
    '[Usage](command:gatehouse.showUsage) · [Open Terminal](command:gatehouse.openTerminal) · [Choose Model](command:gatehouse.chooseModel) · [Add Key](command:gatehouse.addKey) · [Log](command:gatehouse.showLog)',
  );
  return text;
}
