import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import type { GatewayView } from '../gateway-view.ts';
import { agentRows } from './agent-rows.ts';
import { registerRowsView } from './rows-view.ts';

/** Every agent with its model, what it cost today, its budgets and its state. */
export function registerAgentsView(host: EditorHost, view: GatewayView): vscode.Disposable {
  return registerRowsView({
    id: 'gatehouse.agents',
    async read() {
      const { state } = host;
      if (state === undefined) return [];
      const [costs, budgets] =
        view.state() === 'on' ? await Promise.all([view.costToday(), host.gateway.call('budgets', undefined)]) : [[], []];
      const { config, agents, internalAgents: internal } = state;
      return agentRows({ config, agents, internal, paused: host.pausedAgents, costs, budgets, now: Date.now() });
    },
    changes: (redraw) =>
      vscode.Disposable.from(
        host.onChanged(() => redraw(true)),
        host.onSettled(() => redraw(false)),
      ),
  });
}
